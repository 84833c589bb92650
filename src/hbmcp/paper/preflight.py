"""What can be told of a paper exchange when the server starts, without loading the exchange, which takes long."""

from pathlib import Path

from hbmcp.paper.errors import StoreUnusable
from hbmcp.paper.exchange.database import Store
from hbmcp.settings import MEMORY, Settings


def preflight(settings: Settings) -> list[str]:
    """Remarks for a person. Raises SettingsError for a wrong balance.

    A file that can't be used is a remark too: it may be mended before the first call, which looks at it again.
    """
    if settings.paper_balance:
        from hbmcp.paper.start_balances import start_balances

        start_balances(settings.paper_balance)
    place = settings.paper_place
    if place == MEMORY:
        return []
    try:
        begun = Store.begun(Path(place))
    except StoreUnusable as error:
        return [f"{error} Until then every call will fail."]
    if begun and settings.paper_balance and not settings.paper_reset:
        return [
            f"HBMCP_PAPER_BALANCE (--paper-balance) is ignored: the paper exchange in {place} exists already, and "
            "keeps its balances. --paper-reset begins a new one."
        ]
    return []
