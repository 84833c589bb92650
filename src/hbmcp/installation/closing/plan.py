"""The order that closes a position, worked out from the position as it is now."""

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import Refused
from hbmcp.figures import plain, times
from hbmcp.installation.closing.reduction import WHOLE, Reduction, TooSmall, reduction
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.markets.trading_rules import Rule, rule_if_readable
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position, Side, opposite
from hbmcp.text import named

NOTHING_SENT = "Nothing was sent."


@frozen
class ClosePlan:
    """A position as it was read, `against` what was open on its pair's other side then, and the order that reduces
    it."""

    position: Position
    against: Decimal
    rule: Rule
    order: Reduction


async def plan_close(installation: Installation, position: Position, fraction: Decimal = WHOLE) -> ClosePlan:
    """The order for this fraction of a position, which is read once more. Raises Refused where it is gone or too small,
    and CallError where it can't be read. Uses list_positions and get_trading_rules."""
    known, listed = await all_of(
        rule_if_readable(installation, position.connector, position.pair),
        listed_positions(installation, position.account, position.connector),
    )
    limits = known or Rule()  # what the exchange itself gave the position is a size that it takes
    current = find_position(listed, position.pair, position.side)
    if current is None:
        raise Refused(
            f"{position} isn't listed any more.",
            NOTHING_SENT,
            "It was closed meanwhile, or the exchange doesn't answer: get_positions tells.",
        )
    order = reduction(current.side, current.amount, limits, fraction)
    if isinstance(order, TooSmall):
        way_out = "The exchange itself may close it." if fraction == WHOLE else "Close a larger part, or all of it."
        raise Refused(f"No order can do that to {current}: {order.why}.", NOTHING_SENT, way_out)
    return ClosePlan(current, position_size(listed, current.pair, opposite(current.side)), limits, order)


def min_notional_note(plan: ClosePlan) -> str | None:
    """What may keep the API from taking the order."""
    mark, least = plan.position.mark, plan.rule.min_notional
    if mark is None or times(plan.order.amount, mark) >= least:
        return None
    quote = plan.position.quote
    return (
        f"{plan.position}: worth less than the smallest order, {plain(least):f} {named(quote)}, so it may be refused."
    )


def find_position(listed: Iterable[Position], pair: str, side: Side) -> Position | None:
    """The position of this pair and side on the one exchange that lists them."""
    return next((one for one in listed if (one.pair, one.side) == (pair, side)), None)


def position_size(listed: Iterable[Position], pair: str, side: Side) -> Decimal:
    """Its amount in base units, 0 where there is none."""
    found = find_position(listed, pair, side)
    return found.amount if found else Decimal(0)
