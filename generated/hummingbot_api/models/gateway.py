from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import decode, encode


@define(kw_only=True)
class AddPoolRequest:
    connector_name: str
    type: str
    address: str
    base: str
    quote: str
    base_address: str
    quote_address: str
    network: str | None = None
    fee_pct: Decimal | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector_name": self.connector_name,
                "type": self.type,
                "address": self.address,
                "base": self.base,
                "quote": self.quote,
                "base_address": self.base_address,
                "quote_address": self.quote_address,
                "network": self.network,
                "fee_pct": self.fee_pct,
            }
        )


@define(kw_only=True)
class AddTokenRequest:
    address: str
    symbol: str
    decimals: int
    name: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {"address": self.address, "symbol": self.symbol, "decimals": self.decimals, "name": self.name}
        )


@define(kw_only=True)
class GatewayConfig:
    image: str | None = None
    port: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present({"image": self.image, "port": self.port})


@define(kw_only=True)
class GatewayStatus:
    running: bool
    container_id: str | None = None
    image: str | None = None
    created_at: str | None = None
    port: int | None = None

    @classmethod
    def from_dict(cls, data: Any) -> GatewayStatus:
        fields = decode.Fields(data)
        return cls(
            running=fields.required("running", decode.boolean),
            container_id=fields.optional("container_id", decode.text),
            image=fields.optional("image", decode.text),
            created_at=fields.optional("created_at", decode.text),
            port=fields.optional("port", decode.integer),
        )


@define(kw_only=True)
class UpdateApiKeysRequest:
    #: Provider to key, e.g. {"helius": "…"}
    api_keys: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"api_keys": self.api_keys}
