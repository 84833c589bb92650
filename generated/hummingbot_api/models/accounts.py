from __future__ import annotations

from typing import Any

from attrs import define

from hummingbot_api import encode


@define(kw_only=True)
class GatewayWalletCredential:
    #: solana or ethereum (all EVM)
    chain: str
    private_key: str
    set_default: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present({"chain": self.chain, "private_key": self.private_key, "set_default": self.set_default})


@define(kw_only=True)
class SetDefaultWalletRequest:
    #: solana or ethereum (all EVM)
    chain: str
    address: str

    def to_dict(self) -> dict[str, Any]:
        return {"chain": self.chain, "address": self.address}
