from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from attrs import define

from hummingbot_api import decode, encode


@define(kw_only=True)
class ActiveOrderFilterRequest:
    limit: int | None = None
    cursor: str | None = None
    account_names: list[str] | None = None
    connector_names: list[str] | None = None
    trading_pairs: list[str] | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "limit": self.limit,
                "cursor": self.cursor,
                "account_names": self.account_names,
                "connector_names": self.connector_names,
                "trading_pairs": self.trading_pairs,
            }
        )


@define(kw_only=True)
class FundingPaymentFilterRequest:
    limit: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    cursor: str | None = None
    account_names: list[str] | None = None
    connector_names: list[str] | None = None
    trading_pair: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "limit": self.limit,
                "start_time": self.start_time,
                "end_time": self.end_time,
                "cursor": self.cursor,
                "account_names": self.account_names,
                "connector_names": self.connector_names,
                "trading_pair": self.trading_pair,
            }
        )


@define(kw_only=True)
class LeverageRequest:
    trading_pair: str
    leverage: int

    def to_dict(self) -> dict[str, Any]:
        return {"trading_pair": self.trading_pair, "leverage": self.leverage}


@define(kw_only=True)
class OrderFilterRequest:
    limit: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    cursor: str | None = None
    account_names: list[str] | None = None
    connector_names: list[str] | None = None
    trading_pairs: list[str] | None = None
    status: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "limit": self.limit,
                "start_time": self.start_time,
                "end_time": self.end_time,
                "cursor": self.cursor,
                "account_names": self.account_names,
                "connector_names": self.connector_names,
                "trading_pairs": self.trading_pairs,
                "status": self.status,
            }
        )


@define(kw_only=True)
class PositionFilterRequest:
    limit: int | None = None
    cursor: str | None = None
    account_names: list[str] | None = None
    connector_names: list[str] | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "limit": self.limit,
                "cursor": self.cursor,
                "account_names": self.account_names,
                "connector_names": self.connector_names,
            }
        )


@define(kw_only=True)
class PositionModeRequest:
    position_mode: str

    def to_dict(self) -> dict[str, Any]:
        return {"position_mode": self.position_mode}


@define(kw_only=True)
class TradeFilterRequest:
    limit: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    cursor: str | None = None
    account_names: list[str] | None = None
    connector_names: list[str] | None = None
    trading_pairs: list[str] | None = None
    trade_types: list[str] | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "limit": self.limit,
                "start_time": self.start_time,
                "end_time": self.end_time,
                "cursor": self.cursor,
                "account_names": self.account_names,
                "connector_names": self.connector_names,
                "trading_pairs": self.trading_pairs,
                "trade_types": self.trade_types,
            }
        )


@define(kw_only=True)
class TradeRequest:
    account_name: str
    connector_name: str
    trading_pair: str
    trade_type: Literal["BUY", "SELL"]
    #: Base units
    amount: Decimal
    #: LIMIT_MAKER: post-only
    order_type: Literal["LIMIT", "MARKET", "LIMIT_MAKER"] | None = None
    #: Needed unless MARKET
    price: Decimal | None = None
    #: CLOSE reduces a perpetual position
    position_action: Literal["OPEN", "CLOSE"] | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "account_name": self.account_name,
                "connector_name": self.connector_name,
                "trading_pair": self.trading_pair,
                "trade_type": self.trade_type,
                "amount": encode.plain(self.amount),
                "order_type": self.order_type,
                "price": None if self.price is None else encode.plain(self.price),
                "position_action": self.position_action,
            }
        )


@define(kw_only=True)
class TradeResponse:
    order_id: str
    account_name: str
    connector_name: str
    trading_pair: str
    trade_type: str
    amount: str
    order_type: str
    price: str | None
    status: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TradeResponse:
        fields = decode.Fields(data)
        return cls(
            order_id=fields.required("order_id", decode.text),
            account_name=fields.required("account_name", decode.text),
            connector_name=fields.required("connector_name", decode.text),
            trading_pair=fields.required("trading_pair", decode.text),
            trade_type=fields.required("trade_type", decode.text),
            amount=fields.required("amount", decode.text),
            order_type=fields.required("order_type", decode.text),
            price=fields.required("price", decode.optional(decode.text)),
            status=fields.optional("status", decode.text),
        )
