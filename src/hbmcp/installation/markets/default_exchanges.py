"""The exchanges that a question means which names none."""

from attrs import frozen

from hbmcp.installation.connections import connections, is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.text import named


@frozen
class Exchanges:
    """Connectors; and sentences on the accounts whose connectors couldn't be read."""

    names: tuple[str, ...]
    problems: tuple[str, ...] = ()


async def connected_exchanges(installation: Installation, *, perpetual: bool = False) -> Exchanges:
    """All that any account is connected to, or the perpetual ones. The workflow uses list_accounts and
    get_connected_exchanges. Raises CallError where not even the accounts can be read."""
    found = await connections(installation)
    names = {connector for _, connector in found.pairs if is_perpetual(connector) or not perpetual}
    unread = [
        f"The exchanges of {named(name)} couldn't be read: {error.happened}" for name, error in found.unread.items()
    ]
    return Exchanges(tuple(sorted(names)), tuple(unread))
