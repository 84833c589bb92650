"""Which price of a market is watched by what protects there."""

from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.belief import believed
from hbmcp.installation.triggers.condition import Condition, PriceKind


async def watched_price(
    installation: Installation, connector: str, pair: str, wanted: PriceKind | None = None
) -> tuple[PriceKind, Decimal]:
    """Unless one is asked for, the mark where that can be had, else the last; and what it is now. Raises CallError
    where none can be read or believed. Uses get_prices, get_orderbook and get_funding_info."""
    kinds: tuple[PriceKind, ...] = (wanted,) if wanted else ("mark", "last") if is_perpetual(connector) else ("last",)
    failed: CallError | None = None
    for kind in kinds:
        one = Condition(goes="below", connector_name=connector, trading_pair=pair, price=kind)
        value = await believed(installation, one)
        if isinstance(value, Decimal):
            return kind, value
        failed = failed or value
    assert failed is not None
    raise failed
