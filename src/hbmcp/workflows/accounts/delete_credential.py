"""Delete an account's API keys for one exchange, once it is known what stands on them."""

from functools import partial

from hbmcp.installation.answer_fields import array, text
from hbmcp.installation.connections import connections
from hbmcp.installation.deletion import delete
from hbmcp.installation.installation import Installation
from hbmcp.installation.keys.deletion import done, told
from hbmcp.installation.keys.dependents import standing
from hbmcp.results.answer import Answer
from hbmcp_tools import accounts


async def delete_credential(
    installation: Installation, *, account_name: str, connector_name: str, confirm: bool = False
) -> Answer:
    """What stands on the keys; with `confirm` they are deleted, and what stands on them is told all the same.

    Raises Refused where there are no such keys: the API would say that it deleted them.
    """

    async def is_there() -> bool:
        left = await installation.read(array(text), accounts.get_connected_exchanges, account_name=account_name)
        return connector_name in left

    connected = await connections(installation, account_name, connector_name)
    for error in connected.unread.values():
        raise error
    what = f"the API keys of {account_name} for {connector_name}"
    found = await standing(installation, account_name, [connector_name])
    if not confirm:
        return told(what, found)
    send = partial(
        installation.ask, accounts.remove_credential, account_name=account_name, connector_name=connector_name
    )
    await delete(what, send, is_there, "get_accounts")
    return done(what, found)
