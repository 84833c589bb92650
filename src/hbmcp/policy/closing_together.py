"""Orders that close a position, and open the other side where together they are larger: of those that are sent at one
moment none sees another at the exchange, but all are in the ledger."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from hbmcp.errors import Refused
from hbmcp.figures import plain
from hbmcp.installation.planned_request import PlannedRequest, Uncovered
from hbmcp.store import LedgerRow
from hbmcp.store.records import UNDER_WAY
from hbmcp.text import named


def refuse(requests: Iterable[PlannedRequest], granted: Sequence[LedgerRow]) -> None:
    """Raises Refused where what is under way leaves too little of a position for those that count as reducing it."""
    asked: dict[tuple[str | None, ...], Decimal] = {}
    for one in requests:
        uncovered, stake = one.uncovered, one.stake
        if uncovered is None or stake.amount is None:
            continue
        where = (stake.account, stake.exchange, stake.pair, stake.side)
        asked[where] = asked.get(where, Decimal(0)) + stake.amount
        others = [row for row in granted if _whose(row) == where and _unseen(row, uncovered)]
        under_way = sum((row.amount for row in others if row.amount is not None), Decimal(0))
        if asked[where] + under_way > uncovered.amount:
            raise Refused(
                f"{stake.side} orders of {plain(under_way):f} on {named(str(stake.pair))} were sent just now: with "
                f"them this would close more than the {plain(uncovered.amount):f} that are left of the position, and "
                "could open the other side.",
                "Nothing was sent.",
                "Call it again in some seconds: by then it is known what rests.",
            )


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
