"""Delete an account's API keys for one exchange, once it is known what stands on them."""

from functools import partial

from hbmcp.installation.answer_fields import array, text
from hbmcp.installation.connections import connections
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.installation.keys.dependents import dependents
from hbmcp.installation.keys.dependents_view import afterwards, before
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import accounts


async def delete_credential(
    installation: Installation, *, account_name: str, connector_name: str, confirm: bool = False
) -> Answer:
    """What stands on the keys; with `confirm` they are deleted, and what stands on them is told all the same.

    Raises Refused where there are no such keys: the API would say that it deleted them.
    """

    async def exists() -> bool:
        left = await installation.read(array(text), accounts.get_connected_exchanges, account_name=account_name)
        return connector_name in left

    (await connections(installation, account_name, connector_name)).raise_unread()
    keys = {"account_name": account_name, "connector_name": connector_name}
    remove = partial(installation.ask, accounts.remove_credential, **keys)
    deletion = Deletion(
        f"the API keys of {named(account_name)} for {named(connector_name)}", "get_accounts", remove, exists
    )
    found = await dependents(installation, account_name, [connector_name])
    if not confirm:
        return before(deletion, found)
    await deletion.run()
    return afterwards(deletion, found)
