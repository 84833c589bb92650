from __future__ import annotations

from typing import Any

from attrs import define

from hummingbot_api import decode


@define(kw_only=True)
class Changes:
    m5: str | None = None
    m15: str | None = None
    m30: str | None = None
    h1: str | None = None
    h6: str | None = None
    h24: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Changes:
        fields = decode.Fields(data)
        return cls(
            m5=fields.optional("m5", decode.text),
            m15=fields.optional("m15", decode.text),
            m30=fields.optional("m30", decode.text),
            h1=fields.optional("h1", decode.text),
            h6=fields.optional("h6", decode.text),
            h24=fields.optional("h24", decode.text),
        )


@define(kw_only=True)
class Pool:
    id: str
    type: str
    attributes: PoolAttributes
    relationships: dict[str, Relationship] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Pool:
        fields = decode.Fields(data)
        return cls(
            id=fields.required("id", decode.text),
            type=fields.required("type", decode.text),
            attributes=fields.required("attributes", PoolAttributes.from_dict),
            relationships=fields.optional("relationships", decode.mapping(Relationship.from_dict)),
        )


@define(kw_only=True)
class PoolAttributes:
    name: str
    address: str
    base_token_price_usd: str | None = None
    quote_token_price_usd: str | None = None
    base_token_price_native_currency: str | None = None
    quote_token_price_native_currency: str | None = None
    base_token_price_quote_token: str | None = None
    quote_token_price_base_token: str | None = None
    token_price_usd: str | None = None
    pool_created_at: str | None = None
    reserve_in_usd: str | None = None
    fdv_usd: str | None = None
    market_cap_usd: str | None = None
    price_change_percentage: Changes | None = None
    transactions: TradeCounts | None = None
    volume_usd: Volumes | None = None

    @classmethod
    def from_dict(cls, data: Any) -> PoolAttributes:
        fields = decode.Fields(data)
        return cls(
            name=fields.required("name", decode.text),
            address=fields.required("address", decode.text),
            base_token_price_usd=fields.optional("base_token_price_usd", decode.text),
            quote_token_price_usd=fields.optional("quote_token_price_usd", decode.text),
            base_token_price_native_currency=fields.optional("base_token_price_native_currency", decode.text),
            quote_token_price_native_currency=fields.optional("quote_token_price_native_currency", decode.text),
            base_token_price_quote_token=fields.optional("base_token_price_quote_token", decode.text),
            quote_token_price_base_token=fields.optional("quote_token_price_base_token", decode.text),
            token_price_usd=fields.optional("token_price_usd", decode.text),
            pool_created_at=fields.optional("pool_created_at", decode.text),
            reserve_in_usd=fields.optional("reserve_in_usd", decode.text),
            fdv_usd=fields.optional("fdv_usd", decode.text),
            market_cap_usd=fields.optional("market_cap_usd", decode.text),
            price_change_percentage=fields.optional("price_change_percentage", Changes.from_dict),
            transactions=fields.optional("transactions", TradeCounts.from_dict),
            volume_usd=fields.optional("volume_usd", Volumes.from_dict),
        )


@define(kw_only=True)
class Pools:
    data: list[Pool]
    included: list[dict[str, Any]] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Pools:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", decode.array(Pool.from_dict)),
            included=fields.optional("included", decode.array(decode.mapping(decode.anything))),
        )


@define(kw_only=True)
class Refusal:
    errors: list[RefusalErrorsItem]

    @classmethod
    def from_dict(cls, data: Any) -> Refusal:
        fields = decode.Fields(data)
        return cls(errors=fields.required("errors", decode.array(RefusalErrorsItem.from_dict)))


@define(kw_only=True)
class RefusalErrorsItem:
    status: str | None = None
    title: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> RefusalErrorsItem:
        fields = decode.Fields(data)
        return cls(status=fields.optional("status", decode.text), title=fields.optional("title", decode.text))


@define(kw_only=True)
class Relationship:
    data: ResourceId | list[ResourceId] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Relationship:
        fields = decode.Fields(data)
        return cls(data=fields.optional("data", decode.union(ResourceId.from_dict, decode.array(ResourceId.from_dict))))


@define(kw_only=True)
class ResourceId:
    id: str
    type: str

    @classmethod
    def from_dict(cls, data: Any) -> ResourceId:
        fields = decode.Fields(data)
        return cls(id=fields.required("id", decode.text), type=fields.required("type", decode.text))


@define(kw_only=True)
class TradeCount:
    buys: int | None = None
    sells: int | None = None
    buyers: int | None = None
    sellers: int | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TradeCount:
        fields = decode.Fields(data)
        return cls(
            buys=fields.optional("buys", decode.integer),
            sells=fields.optional("sells", decode.integer),
            buyers=fields.optional("buyers", decode.integer),
            sellers=fields.optional("sellers", decode.integer),
        )


@define(kw_only=True)
class TradeCounts:
    m5: TradeCount | None = None
    m15: TradeCount | None = None
    m30: TradeCount | None = None
    h1: TradeCount | None = None
    h6: TradeCount | None = None
    h24: TradeCount | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TradeCounts:
        fields = decode.Fields(data)
        return cls(
            m5=fields.optional("m5", TradeCount.from_dict),
            m15=fields.optional("m15", TradeCount.from_dict),
            m30=fields.optional("m30", TradeCount.from_dict),
            h1=fields.optional("h1", TradeCount.from_dict),
            h6=fields.optional("h6", TradeCount.from_dict),
            h24=fields.optional("h24", TradeCount.from_dict),
        )


@define(kw_only=True)
class Volumes:
    m5: str | None = None
    m15: str | None = None
    m30: str | None = None
    h1: str | None = None
    h6: str | None = None
    h24: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Volumes:
        fields = decode.Fields(data)
        return cls(
            m5=fields.optional("m5", decode.text),
            m15=fields.optional("m15", decode.text),
            m30=fields.optional("m30", decode.text),
            h1=fields.optional("h1", decode.text),
            h6=fields.optional("h6", decode.text),
            h24=fields.optional("h24", decode.text),
        )
