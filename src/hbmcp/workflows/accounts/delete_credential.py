"""Delete an account's API keys for one exchange, once it is known what stands on them."""

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


async def delete_credential(installation: Installation, *, account_name: str, connector_name: str) -> Plan:
    """What stands on the keys is told before they are deleted, and afterwards.

    Raises Refused where there are no such keys: the API would say that it deleted them.
    """

    async def exists(installation: Installation) -> bool:
        left = await installation.read(array(text), accounts.get_connected_exchanges, account_name=account_name)
        return connector_name in left

    (await connections(installation, account_name, connector_name)).raise_unread()
    found = await dependents(installation, account_name, [connector_name])
    what = f"the API keys of {named(account_name)} for {named(connector_name)}"
    request = PlannedRequest.of(
        found.effect,
        f"delete {what}",
        Stake(account=account_name, exchange=connector_name),
        accounts.remove_credential,
        account_name=account_name,
        connector_name=connector_name,
    )
    return deletion_plan(Deletion(what, "get_accounts", request, exists), found)
