from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from geckoterminal_api.models.shared import Relationship, Volumes
from hummingbot_api import decode


@define(kw_only=True)
class Token:
    id: str
    type: str
    attributes: TokenAttributes
    relationships: dict[str, Relationship] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Token:
        fields = decode.Fields(data)
        return cls(
            id=fields.required("id", decode.text),
            type=fields.required("type", decode.text),
            attributes=fields.required("attributes", TokenAttributes.from_dict),
            relationships=fields.optional("relationships", decode.mapping(Relationship.from_dict)),
        )


@define(kw_only=True)
class TokenAnswer:
    data: Token
    included: list[dict[str, Any]] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TokenAnswer:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", Token.from_dict),
            included=fields.optional("included", decode.array(decode.mapping(decode.anything))),
        )


@define(kw_only=True)
class TokenAttributes:
    address: str
    name: str | None = None
    symbol: str | None = None
    decimals: int | None = None
    total_supply: str | None = None
    coingecko_coin_id: str | None = None
    price_usd: str | None = None
    fdv_usd: str | None = None
    total_reserve_in_usd: str | None = None
    volume_usd: Volumes | None = None
    market_cap_usd: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TokenAttributes:
        fields = decode.Fields(data)
        return cls(
            address=fields.required("address", decode.text),
            name=fields.optional("name", decode.text),
            symbol=fields.optional("symbol", decode.text),
            decimals=fields.optional("decimals", decode.integer),
            total_supply=fields.optional("total_supply", decode.text),
            coingecko_coin_id=fields.optional("coingecko_coin_id", decode.text),
            price_usd=fields.optional("price_usd", decode.text),
            fdv_usd=fields.optional("fdv_usd", decode.text),
            total_reserve_in_usd=fields.optional("total_reserve_in_usd", decode.text),
            volume_usd=fields.optional("volume_usd", Volumes.from_dict),
            market_cap_usd=fields.optional("market_cap_usd", decode.text),
        )


@define(kw_only=True)
class TokenInfo:
    id: str
    type: str
    attributes: TokenInfoAttributes

    @classmethod
    def from_dict(cls, data: Any) -> TokenInfo:
        fields = decode.Fields(data)
        return cls(
            id=fields.required("id", decode.text),
            type=fields.required("type", decode.text),
            attributes=fields.required("attributes", TokenInfoAttributes.from_dict),
        )


@define(kw_only=True)
class TokenInfoAnswer:
    data: TokenInfo
    included: list[dict[str, Any]] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TokenInfoAnswer:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", TokenInfo.from_dict),
            included=fields.optional("included", decode.array(decode.mapping(decode.anything))),
        )


@define(kw_only=True)
class TokenInfoAttributes:
    address: str
    name: str | None = None
    symbol: str | None = None
    decimals: int | None = None
    coingecko_coin_id: str | None = None
    image_url: str | None = None
    websites: list[str] | None = None
    description: str | None = None
    discord_url: str | None = None
    telegram_handle: str | None = None
    twitter_handle: str | None = None
    categories: list[str] | None = None
    gt_score: Decimal | None = None
    metadata_updated_at: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> TokenInfoAttributes:
        fields = decode.Fields(data)
        return cls(
            address=fields.required("address", decode.text),
            name=fields.optional("name", decode.text),
            symbol=fields.optional("symbol", decode.text),
            decimals=fields.optional("decimals", decode.integer),
            coingecko_coin_id=fields.optional("coingecko_coin_id", decode.text),
            image_url=fields.optional("image_url", decode.text),
            websites=fields.optional("websites", decode.array(decode.text)),
            description=fields.optional("description", decode.text),
            discord_url=fields.optional("discord_url", decode.text),
            telegram_handle=fields.optional("telegram_handle", decode.text),
            twitter_handle=fields.optional("twitter_handle", decode.text),
            categories=fields.optional("categories", decode.array(decode.text)),
            gt_score=fields.optional("gt_score", decode.decimal),
            metadata_updated_at=fields.optional("metadata_updated_at", decode.text),
        )
