from __future__ import annotations

from typing import Any

from attrs import define

from hummingbot_api import decode


@define(kw_only=True)
class Dex:
    id: str
    type: str
    attributes: DexAttributes

    @classmethod
    def from_dict(cls, data: Any) -> Dex:
        fields = decode.Fields(data)
        return cls(
            id=fields.required("id", decode.text),
            type=fields.required("type", decode.text),
            attributes=fields.required("attributes", DexAttributes.from_dict),
        )


@define(kw_only=True)
class DexAttributes:
    name: str

    @classmethod
    def from_dict(cls, data: Any) -> DexAttributes:
        fields = decode.Fields(data)
        return cls(name=fields.required("name", decode.text))


@define(kw_only=True)
class Dexes:
    data: list[Dex]
    included: list[dict[str, Any]] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Dexes:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", decode.array(Dex.from_dict)),
            included=fields.optional("included", decode.array(decode.mapping(decode.anything))),
        )


@define(kw_only=True)
class Network:
    id: str
    type: str
    attributes: NetworkAttributes

    @classmethod
    def from_dict(cls, data: Any) -> Network:
        fields = decode.Fields(data)
        return cls(
            id=fields.required("id", decode.text),
            type=fields.required("type", decode.text),
            attributes=fields.required("attributes", NetworkAttributes.from_dict),
        )


@define(kw_only=True)
class NetworkAttributes:
    name: str
    coingecko_asset_platform_id: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> NetworkAttributes:
        fields = decode.Fields(data)
        return cls(
            name=fields.required("name", decode.text),
            coingecko_asset_platform_id=fields.optional("coingecko_asset_platform_id", decode.text),
        )


@define(kw_only=True)
class Networks:
    data: list[Network]
    included: list[dict[str, Any]] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Networks:
        fields = decode.Fields(data)
        return cls(
            data=fields.required("data", decode.array(Network.from_dict)),
            included=fields.optional("included", decode.array(decode.mapping(decode.anything))),
        )
