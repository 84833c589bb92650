"""Gateway's wallets, and whether the default of a chain is one of them."""

from contextlib import suppress
from itertools import chain

from attrs import frozen

from hbmcp.installation.answer_fields import Fields, array, text
from hbmcp.installation.installation import Installation
from hbmcp.text import named
from hbmcp_tools import gateway
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Json

NONE = "trades that name no wallet_address fail"


@frozen
class Wallets:
    """Those of one chain. Gateway keeps a removed one as the default, and has a placeholder before the first."""

    chain: str
    addresses: tuple[str, ...]
    default: str

    @classmethod
    def from_row(cls, row: Json) -> "Wallets":
        """A chain of GET /accounts/gateway/wallets."""
        fields = Fields(row)
        kept = (fields.given(name, array(text)) or [] for name in ("walletAddresses", "hardwareWalletAddresses"))
        default = fields.given("default_address", text) or ""
        return cls(fields.needed("chain", text), tuple(chain.from_iterable(kept)), default)

    @property
    def doubt(self) -> str:
        """What is wrong with the default; "" where nothing is."""
        if not self.default or self.has(self.default):
            return ""
        if self.default.startswith("<"):
            return f"{named(self.chain)} has no default wallet, {named(self.default)} is a placeholder: {NONE}."
        return (
            f"{named(self.chain)}'s default {named(self.default)} isn't among its wallets, so it was removed: {NONE} "
            "until "
            "set_default_wallet names another."
        )

    def has(self, address: str) -> bool:
        """Whether it is one of them. Ethereum's addresses mean the same in any case."""
        return address in self.addresses or (
            address[:2].lower() == "0x" and address.lower() in map(str.lower, self.addresses)
        )


async def wallets(installation: Installation) -> list[Wallets]:
    """Those of each chain. The workflow uses read_wallets. Raises CallError."""
    return await installation.read(array(Wallets.from_row), gateway.read_wallets)


def readable_wallets(answer: Json) -> list[Wallets]:
    """Those of each chain, of what Gateway says of all; what is unlike a chain is left out."""
    found = []
    for row in answer if isinstance(answer, list) else ():
        with suppress(UnexpectedShape):
            found.append(Wallets.from_row(row))
    return found
