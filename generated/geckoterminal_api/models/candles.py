from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import decode


@define(kw_only=True)
class CandleAttributes:
    ohlcv_list: list[list[Decimal]]

    @classmethod
    def from_dict(cls, data: Any) -> CandleAttributes:
        fields = decode.Fields(data)
        return cls(ohlcv_list=fields.required("ohlcv_list", decode.array(decode.array(decode.decimal))))


@define(kw_only=True)
class Candles:
    id: str
    type: str
    attributes: CandleAttributes

    @classmethod
    def from_dict(cls, data: Any) -> Candles:
        fields = decode.Fields(data)
        return cls(
            id=fields.required("id", decode.text),
            type=fields.required("type", decode.text),
            attributes=fields.required("attributes", CandleAttributes.from_dict),
        )


@define(kw_only=True)
class CandlesAnswer:
    data: Candles
    meta: CandlesAnswerMeta | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CandlesAnswer:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", Candles.from_dict), meta=fields.optional("meta", CandlesAnswerMeta.from_dict)
        )


@define(kw_only=True)
class CandlesAnswerMeta:
    base: CandlesToken | None = None
    quote: CandlesToken | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CandlesAnswerMeta:
        fields = decode.Fields(data)
        return cls(
            base=fields.optional("base", CandlesToken.from_dict), quote=fields.optional("quote", CandlesToken.from_dict)
        )


@define(kw_only=True)
class CandlesToken:
    address: str | None = None
    name: str | None = None
    symbol: str | None = None
    coingecko_coin_id: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CandlesToken:
        fields = decode.Fields(data)
        return cls(
            address=fields.optional("address", decode.text),
            name=fields.optional("name", decode.text),
            symbol=fields.optional("symbol", decode.text),
            coingecko_coin_id=fields.optional("coingecko_coin_id", decode.text),
        )
