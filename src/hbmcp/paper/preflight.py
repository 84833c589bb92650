"""What can be told of a paper exchange when the server starts, without loading the exchange, which takes long."""

from pathlib import Path

from hbmcp.paper.errors import StoreUnusable
from hbmcp.paper.exchange.database import Store
from hbmcp.settings import MEMORY, Settings


def preflight(settings: Settings) -> list[str]:
    """Remarks for a person. Raises SettingsError for a wrong balance.

    A file that can't be used is a remark too: it may be mended before the first call, which looks at it again.
    """
    wanted = None
    if settings.paper_balance:
        from hbmcp.paper.market.listings import deposited
        from hbmcp.paper.start_balances import start_balances

        wanted = deposited(start_balances(settings.paper_balance))
    place = settings.paper_place
    if place == MEMORY:
        return []
    try:
        had = Store.began_with(Path(place))
    except StoreUnusable as error:
        return [f"{error} Until then every call will fail."]
    if wanted is None or had in (None, wanted) or settings.paper_reset:
        return []
    if settings.name:
        told, way = f"The paper_balance of [{settings.name}]", "Another paper_db begins with it."
    else:
        told, way = "HBMCP_PAPER_BALANCE (--paper-balance)", "--paper-reset begins a new one."
    return [f"{told} is ignored: the paper exchange in {place} exists already, and keeps its balances. {way}"]
