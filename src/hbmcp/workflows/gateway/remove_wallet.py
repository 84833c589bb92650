"""Removing a wallet that is there, and seeing that it is gone."""

from hbmcp.errors import Refused
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.gateway.wallets import Wallets, wallets
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import gateway


async def remove_wallet(installation: Installation, *, chain: str, address: str) -> Answer:
    """Gateway says that it removed whatever it is asked to, so it is looked at before and after.

    Raises Refused for a wallet that isn't there, and what `Deletion.run` raises.
    """

    async def held() -> Wallets | None:
        return next((one for one in await wallets(installation) if one.chain == chain and one.has(address)), None)

    async def is_there() -> bool:
        return await held() is not None

    before = await held()
    if before is None:
        raise Refused(
            f"Gateway has no {named(chain)} wallet {named(address)}.", "Nothing was deleted.", "list_wallets has them."
        )
    deletion = Deletion(
        f"the {named(chain)} wallet {named(address)}",
        "list_wallets",
        lambda: installation.ask(gateway.delete_wallet_key, chain=chain, address=address),
        is_there,
    )
    await deletion.run()
    was_default = before.default.lower() == address.lower()
    left = f"It stays {named(chain)}'s default all the same: set_default_wallet names another." if was_default else ""
    return Answer(deletion.done, (left,))
