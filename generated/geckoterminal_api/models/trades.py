from __future__ import annotations

from typing import Any, Literal

from attrs import define

from hummingbot_api import decode


@define(kw_only=True)
class Trade:
    id: str
    type: str
    attributes: TradeAttributes

    @classmethod
    def from_dict(cls, data: Any) -> Trade:
        fields = decode.Fields(data)
        return cls(
            id=fields.required("id", decode.text),
            type=fields.required("type", decode.text),
            attributes=fields.required("attributes", TradeAttributes.from_dict),
        )


@define(kw_only=True)
class TradeAttributes:
    block_timestamp: str
    kind: Literal["buy", "sell"]
    block_number: int | None = None
    tx_hash: str | None = None
    tx_from_address: str | None = None
    from_token_amount: str | None = None
    to_token_amount: str | None = None
    price_from_in_currency_token: str | None = None
    price_to_in_currency_token: str | None = None
    price_from_in_usd: str | None = None
    price_to_in_usd: str | None = None
    volume_in_usd: str | None = None
    from_token_address: str | None = None
    to_token_address: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TradeAttributes:
        fields = decode.Fields(data)
        return cls(
            block_timestamp=fields.required("block_timestamp", decode.text),
            kind=fields.required("kind", decode.literal(Literal["buy", "sell"])),
            block_number=fields.optional("block_number", decode.integer),
            tx_hash=fields.optional("tx_hash", decode.text),
            tx_from_address=fields.optional("tx_from_address", decode.text),
            from_token_amount=fields.optional("from_token_amount", decode.text),
            to_token_amount=fields.optional("to_token_amount", decode.text),
            price_from_in_currency_token=fields.optional("price_from_in_currency_token", decode.text),
            price_to_in_currency_token=fields.optional("price_to_in_currency_token", decode.text),
            price_from_in_usd=fields.optional("price_from_in_usd", decode.text),
            price_to_in_usd=fields.optional("price_to_in_usd", decode.text),
            volume_in_usd=fields.optional("volume_in_usd", decode.text),
            from_token_address=fields.optional("from_token_address", decode.text),
            to_token_address=fields.optional("to_token_address", decode.text),
        )


@define(kw_only=True)
class Trades:
    data: list[Trade]
    included: list[dict[str, Any]] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Trades:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", decode.array(Trade.from_dict)),
            included=fields.optional("included", decode.array(decode.mapping(decode.anything))),
        )
