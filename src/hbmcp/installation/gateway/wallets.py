"""Gateway's wallets, and whether the default of a chain is one of them."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from hbmcp.installation.installation import Installation
from hbmcp_tools import gateway

NONE = "trades that name no wallet_address fail"


@frozen
class Wallets:
    """Those of one chain. Gateway keeps a removed one as the default, and has a placeholder before the first."""

    chain: str
    addresses: tuple[str, ...]
    default: str

    @property
    def doubt(self) -> str:
        """What is wrong with the default; "" where nothing is."""
        if not self.default or self.has(self.default):
            return ""
        if self.default.startswith("<"):
            return f"{self.chain} has no default wallet, {self.default!r} is a placeholder: {NONE}."
        return (
            f"{self.chain}'s default {self.default!r} isn't among its wallets, so it was removed: {NONE} until "
            "set_default_wallet names another."
        )

    def has(self, address: str) -> bool:
        """Whether it is one of them. Ethereum's addresses mean the same in any case."""
        return address in self.addresses or (
            address[:2].lower() == "0x" and address.lower() in map(str.lower, self.addresses)
        )


async def answered(installation: Installation) -> Any:
    """What Gateway says of all its wallets. The workflow uses read_wallets. Raises CallError."""
    return await installation.ask(gateway.read_wallets)


def wallets(answer: Any) -> Iterator[Wallets]:
    """A row each chain; what isn't like one is left out."""
    for row in answer if isinstance(answer, list) else ():
        if isinstance(row, dict) and isinstance(row.get("chain"), str):
            kept = (*_texts(row.get("walletAddresses")), *_texts(row.get("hardwareWalletAddresses")))
            yield Wallets(row["chain"], kept, str(row.get("default_address") or ""))


def _texts(value: Any) -> Iterator[str]:
    yield from (one for one in (value if isinstance(value, list) else ()) if isinstance(one, str))
