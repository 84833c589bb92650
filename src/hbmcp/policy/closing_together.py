"""Orders that close a position, and open the other side where together they are larger: of those that are sent at one
moment none sees another at the exchange, but all are in the ledger.

What closes at the market waits for what was sent at the same moment, and for nothing else: a way out isn't barred by
what nobody answered.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from hbmcp.errors import Refused
from hbmcp.figures import plain
from hbmcp.installation.planned_request import PlannedRequest, Uncovered
from hbmcp.store import LedgerRow
from hbmcp.store.records import UNDER_WAY
from hbmcp.text import named
from hbmcp.times import MINUTE

AT_ONCE = 30_000  # milliseconds after which what was to be sent has been, or never will be


class TooMuch(Refused):
    """What is under way leaves too little of a position. It is `doubtful` where nobody knows what became of a part."""

    def __init__(self, happened: str, undone: str = "", advice: str = "", *, doubtful: bool = False) -> None:
        super().__init__(happened, undone, advice)
        self.doubtful = doubtful


def refuse(requests: Iterable[PlannedRequest], granted: Sequence[LedgerRow], moment: int) -> None:
    """Raises TooMuch where what is under way leaves too little of a position for those that count as reducing it."""
    asked: dict[tuple[str | None, ...], Decimal] = {}
    for one in requests:
        uncovered, stake = one.uncovered, one.stake
        if uncovered is None or stake.amount is None:
            continue
        where = (stake.account, stake.exchange, stake.pair, stake.side)
        asked[where] = asked.get(where, Decimal(0)) + stake.amount
        others = [row for row in granted if _whose(row) == where and _unseen(row, uncovered)]
        if one.closes == "now":
            others = [row for row in others if row.state != "unknown" and row.time > moment - AT_ONCE]
        under_way = _sum(others)
        if asked[where] + under_way > uncovered.amount:
            lost = [row for row in others if _unanswered(row, moment)]
            raise TooMuch(
                f"{stake.side} orders of {plain(under_way):f} on {named(str(stake.pair))} were sent"
                f"{f', and of {plain(_sum(lost)):f} no answer came' if lost else ' just now'}: with them this would "
                f"close more than the {plain(uncovered.amount):f} that are left of the position, and "
                "could open the other side.",
                "Nothing was sent.",
                _until(lost, moment) if lost else "Call it again in some seconds, if anything is left of it then.",
                doubtful=bool(lost),
            )


def _until(lost: Iterable[LedgerRow], moment: int) -> str:
    left = max(row.time for row in lost) + UNDER_WAY - moment
    return (
        f"That counts for {max(-(-left // MINUTE), 1)} minutes more, unless it is found among the orders "
        "(get_order_history) or a person settles it (`hbmcp policy settle`). close_position closes at the market now."
    )


def _unanswered(row: LedgerRow, moment: int) -> bool:
    """Whether nobody is likely to know soon what became of it."""
    return row.state == "unknown" or (row.state == "reserved" and row.time < moment - MINUTE)


def _sum(rows: Iterable[LedgerRow]) -> Decimal:
    return sum((row.amount for row in rows if row.amount is not None), Decimal(0))


def since(requests: Iterable[PlannedRequest], moment: int) -> int:
    """From when on `refuse` must know what was granted."""
    return min((one.uncovered.at - UNDER_WAY for one in requests if one.uncovered is not None), default=moment)


def _whose(row: LedgerRow) -> tuple[str | None, ...]:
    return row.account, row.exchange, row.pair, row.side


def _unseen(row: LedgerRow, uncovered: Uncovered) -> bool:
    """Whether it wasn't among what was read, and may rest by now, or have closed: it was granted since, or was under
    way when the reading began. What was known before to be sent either rested then, or had ended."""
    if row.reference in uncovered.seen or row.effect not in ("opens", "reduces"):
        return False
    if row.state == "sent":
        return (row.time if row.settled is None else row.settled) > uncovered.at
    return row.time > uncovered.at - UNDER_WAY
