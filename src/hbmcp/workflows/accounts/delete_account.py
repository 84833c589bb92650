"""Delete an account with all its API keys, once it is known what stands on them."""

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import array, text
from hbmcp.installation.connections import connections
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.installation.keys.dependents import dependents
from hbmcp.installation.keys.dependents_view import deletion_plan
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import accounts

MASTER = "master_account"


async def delete_account(installation: Installation, *, account_name: str) -> Plan:
    """What stands on the account is told before it is deleted, and afterwards.

    Raises Refused for the master account, which the API keeps, and for one that isn't there.
    """

    async def exists(installation: Installation) -> bool:
        return account_name in await installation.read(array(text), accounts.list_accounts)

    if account_name == MASTER:
        raise Refused(
            f"{MASTER} can't be deleted: new accounts are made after it.",
            "Nothing was done.",
            "delete_credential takes its API keys away, one exchange at a time.",
        )
    connected = await connections(installation, account_name)
    connected.raise_unread()
    exchanges = connected.by_account[account_name]
    what = f"account {named(account_name)}" + (
        f" with its API keys for {', '.join(map(named, exchanges))}" if exchanges else ""
    )
    found = await dependents(installation, account_name, exchanges)
    request = PlannedRequest.of(
        found.effect,
        f"delete {what}",
        Stake(account=account_name),
        accounts.remove_account,
        account_name=account_name,
    )
    return deletion_plan(Deletion(what, "get_accounts", request, exists), found)
