"""Fills and orders further back than one page goes. The API's cursors lead nowhere: pages are told apart by time."""

from attrs import evolve

from hbmcp.installation.answer_fields import data
from hbmcp.installation.fills.chronology import OrderTimes
from hbmcp.installation.fills.fills import PAGE, Fill, Fills, fills
from hbmcp.installation.installation import Installation
from hbmcp_tools import trading

PAGES = 5  # of 1000 rows


async def all_fills(
    installation: Installation,
    account_name: str | None,
    connector_name: str | None,
    trading_pair: str | None,
    *,
    start: int | None = None,
    end: int | None = None,
) -> Fills:
    """Up to 5,000 of the latest fills of a period (epoch milliseconds, see `fills`), page after page by time. The
    workflow uses get_trades. Raises CallError."""
    found: tuple[Fill, ...] = ()
    before = end
    for _ in range(PAGES):
        page = await fills(
            installation,
            account_name=account_name,
            connector_name=connector_name,
            trading_pair=trading_pair,
            start=start,
            # The API's times are finer than a millisecond: those that are rounded down to it belong to it.
            end=None if before is None else before + 1,
        )
        rows = [fill for fill in page.rows if before is None or fill.time <= before]
        if page.complete:
            return Fills((*rows, *found), True)
        if not rows or rows[0].time == before:
            break
        # The page may begin in the midst of its first moment, which the next one has whole.
        before = rows[0].time
        found = (*(fill for fill in rows if fill.time > before), *found)
    return Fills(found, False)


async def order_times(installation: Installation, exchange: tuple[str, str], since: int) -> dict[str, OrderTimes]:
    """When orders were created and last changed: of an account at an exchange, the latest 5,000 or all created after
    `since`, epoch milliseconds.

    The workflow uses search_orders. Raises CallError.
    """
    account, connector = exchange
    found: dict[str, OrderTimes] = {}
    before: int | None = None
    for _ in range(PAGES):
        page = await installation.read(
            data(OrderTimes.from_row),
            trading.search_orders,
            account_name=account,
            connector_name=connector,
            end_time=None if before is None else str(before + 1),
            limit=PAGE,
        )
        new = [(order_id, times) for order_id, times in page if order_id not in found]
        for order_id, times in new:
            found[order_id] = evolve(times, rank=-len(found))
        if len(page) < PAGE or not new:
            break
        before = min(times.created for _, times in new)
        if before < since:
            break
    return found
