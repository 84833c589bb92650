"""Removing a wallet that is there, and seeing that it is gone."""

from hbmcp.errors import Refused
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.gateway.wallets import Wallets, wallets
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import gateway

LOST = "Without a backup of its key, its funds are lost."


async def remove_wallet(installation: Installation, *, chain: str, address: str) -> Plan:
    """Gateway says that it removed whatever it is asked to, so it is looked at before and after.

    Raises Refused for a wallet that isn't there; the commit raises what `Deletion.run` raises.
    """

    async def held(installation: Installation) -> Wallets | None:
        return next((one for one in await wallets(installation) if one.chain == chain and one.has(address)), None)

    async def exists(installation: Installation) -> bool:
        return await held(installation) is not None

    before = await held(installation)
    if before is None:
        raise Refused(
            f"Gateway has no {named(chain)} wallet {named(address)}.", "Nothing was deleted.", "list_wallets has them."
        )
    what = f"the {named(chain)} wallet {named(address)}"
    request = PlannedRequest.of(
        "unprotects", f"delete {what}", Stake(), gateway.delete_wallet_key, chain=chain, address=address
    )
    left = f"It stays {named(chain)}'s default all the same, until set_default_wallet names another."
    is_default = before.default.lower() == address.lower()
    return Deletion(what, "list_wallets", request, exists).plan([LOST, *([left] if is_default else [])])
