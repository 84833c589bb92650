from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import decode, encode


@define(kw_only=True)
class AddTradingPairRequest:
    connector_name: str
    trading_pair: str
    account_name: str | None = None
    timeout: Decimal | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector_name": self.connector_name,
                "trading_pair": self.trading_pair,
                "account_name": self.account_name,
                "timeout": self.timeout,
            }
        )


@define(kw_only=True)
class CandlesConfigRequest:
    connector_name: str
    trading_pair: str
    interval: str | None = None
    max_records: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector_name": self.connector_name,
                "trading_pair": self.trading_pair,
                "interval": self.interval,
                "max_records": self.max_records,
            }
        )


@define(kw_only=True)
class FundingInfoRequest:
    connector_name: str
    trading_pair: str

    def to_dict(self) -> dict[str, Any]:
        return {"connector_name": self.connector_name, "trading_pair": self.trading_pair}


@define(kw_only=True)
class FundingInfoResponse:
    trading_pair: str
    funding_rate: Decimal | None
    next_funding_time: Decimal | None
    mark_price: Decimal | None
    index_price: Decimal | None

    @classmethod
    def from_dict(cls, data: Any) -> FundingInfoResponse:
        fields = decode.Fields(data)
        return cls(
            trading_pair=fields.required("trading_pair", decode.text),
            funding_rate=fields.required("funding_rate", decode.optional(decode.decimal)),
            next_funding_time=fields.required("next_funding_time", decode.optional(decode.decimal)),
            mark_price=fields.required("mark_price", decode.optional(decode.decimal)),
            index_price=fields.required("index_price", decode.optional(decode.decimal)),
        )


@define(kw_only=True)
class HistoricalCandlesConfig:
    connector_name: str
    trading_pair: str
    interval: str
    start_time: int
    end_time: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "connector_name": self.connector_name,
            "trading_pair": self.trading_pair,
            "interval": self.interval,
            "start_time": self.start_time,
            "end_time": self.end_time,
        }


@define(kw_only=True)
class OrderBookLevel:
    price: Decimal
    amount: Decimal

    @classmethod
    def from_dict(cls, data: Any) -> OrderBookLevel:
        fields = decode.Fields(data)
        return cls(price=fields.required("price", decode.decimal), amount=fields.required("amount", decode.decimal))


@define(kw_only=True)
class OrderBookQueryResult:
    trading_pair: str
    is_buy: bool
    timestamp: Decimal
    query_volume: Decimal | None = None
    query_price: Decimal | None = None
    result_price: Decimal | None = None
    result_volume: Decimal | None = None
    result_quote_volume: Decimal | None = None
    average_price: Decimal | None = None

    @classmethod
    def from_dict(cls, data: Any) -> OrderBookQueryResult:
        fields = decode.Fields(data)
        return cls(
            trading_pair=fields.required("trading_pair", decode.text),
            is_buy=fields.required("is_buy", decode.boolean),
            timestamp=fields.required("timestamp", decode.decimal),
            query_volume=fields.optional("query_volume", decode.decimal),
            query_price=fields.optional("query_price", decode.decimal),
            result_price=fields.optional("result_price", decode.decimal),
            result_volume=fields.optional("result_volume", decode.decimal),
            result_quote_volume=fields.optional("result_quote_volume", decode.decimal),
            average_price=fields.optional("average_price", decode.decimal),
        )


@define(kw_only=True)
class OrderBookRequest:
    connector_name: str
    trading_pair: str
    #: Levels a side
    depth: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {"connector_name": self.connector_name, "trading_pair": self.trading_pair, "depth": self.depth}
        )


@define(kw_only=True)
class OrderBookResponse:
    trading_pair: str
    bids: list[OrderBookLevel]
    asks: list[OrderBookLevel]
    timestamp: Decimal

    @classmethod
    def from_dict(cls, data: Any) -> OrderBookResponse:
        fields = decode.Fields(data)
        return cls(
            trading_pair=fields.required("trading_pair", decode.text),
            bids=fields.required("bids", decode.array(OrderBookLevel.from_dict)),
            asks=fields.required("asks", decode.array(OrderBookLevel.from_dict)),
            timestamp=fields.required("timestamp", decode.decimal),
        )


@define(kw_only=True)
class PriceForQuoteVolumeRequest:
    connector_name: str
    trading_pair: str
    is_buy: bool
    quote_volume: Decimal

    def to_dict(self) -> dict[str, Any]:
        return {
            "connector_name": self.connector_name,
            "trading_pair": self.trading_pair,
            "is_buy": self.is_buy,
            "quote_volume": self.quote_volume,
        }


@define(kw_only=True)
class PriceForVolumeRequest:
    connector_name: str
    trading_pair: str
    is_buy: bool
    #: Base units
    volume: Decimal

    def to_dict(self) -> dict[str, Any]:
        return {
            "connector_name": self.connector_name,
            "trading_pair": self.trading_pair,
            "is_buy": self.is_buy,
            "volume": self.volume,
        }


@define(kw_only=True)
class PriceRequest:
    connector_name: str
    trading_pairs: list[str]

    def to_dict(self) -> dict[str, Any]:
        return {"connector_name": self.connector_name, "trading_pairs": self.trading_pairs}


@define(kw_only=True)
class PricesResponse:
    connector: str
    prices: dict[str, Decimal]
    timestamp: Decimal

    @classmethod
    def from_dict(cls, data: Any) -> PricesResponse:
        fields = decode.Fields(data)
        return cls(
            connector=fields.required("connector", decode.text),
            prices=fields.required("prices", decode.mapping(decode.decimal)),
            timestamp=fields.required("timestamp", decode.decimal),
        )


@define(kw_only=True)
class QuoteVolumeForPriceRequest:
    connector_name: str
    trading_pair: str
    is_buy: bool
    price: Decimal

    def to_dict(self) -> dict[str, Any]:
        return {
            "connector_name": self.connector_name,
            "trading_pair": self.trading_pair,
            "is_buy": self.is_buy,
            "price": self.price,
        }


@define(kw_only=True)
class RemoveTradingPairRequest:
    connector_name: str
    trading_pair: str
    account_name: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector_name": self.connector_name,
                "trading_pair": self.trading_pair,
                "account_name": self.account_name,
            }
        )


@define(kw_only=True)
class TradingPairResponse:
    success: bool
    connector_name: str
    trading_pair: str
    message: str

    @classmethod
    def from_dict(cls, data: Any) -> TradingPairResponse:
        fields = decode.Fields(data)
        return cls(
            success=fields.required("success", decode.boolean),
            connector_name=fields.required("connector_name", decode.text),
            trading_pair=fields.required("trading_pair", decode.text),
            message=fields.required("message", decode.text),
        )


@define(kw_only=True)
class VWAPForVolumeRequest:
    connector_name: str
    trading_pair: str
    is_buy: bool
    #: Base units
    volume: Decimal

    def to_dict(self) -> dict[str, Any]:
        return {
            "connector_name": self.connector_name,
            "trading_pair": self.trading_pair,
            "is_buy": self.is_buy,
            "volume": self.volume,
        }


@define(kw_only=True)
class VolumeForPriceRequest:
    connector_name: str
    trading_pair: str
    is_buy: bool
    price: Decimal

    def to_dict(self) -> dict[str, Any]:
        return {
            "connector_name": self.connector_name,
            "trading_pair": self.trading_pair,
            "is_buy": self.is_buy,
            "price": self.price,
        }
