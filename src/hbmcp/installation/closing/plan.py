"""The order that closes a position, worked out from the position as it is now."""

from collections.abc import Iterable
from decimal import Decimal

from attrs import evolve, frozen

from hbmcp.errors import NOTHING_SENT, Refused
from hbmcp.figures import plain, times
from hbmcp.installation.closing.reduction import WHOLE, Reduction, TooSmall, reduction
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.markets.trading_rules import Rule, rule_if_readable
from hbmcp.installation.orders.closing_orders import uncovered_at_market
from hbmcp.installation.orders.sending import PlannedOrder, planned_order
from hbmcp.installation.orders.unknown_outcome import KnownIds, known_order_ids
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position, Side, opposite
from hbmcp.store import SentOrder
from hbmcp.text import named
from hbmcp.times import now, ticking


@frozen
class ClosePlan:
    """A position as it was read, which `began` then, by hbmcp.times.ticking, and `at` in epoch ms; `against` what was
    open on its pair's other side; the order that reduces it, and the ids of the orders there before."""

    position: Position
    against: Decimal
    rule: Rule
    order: Reduction
    known: KnownIds
    began: float
    at: int

    @property
    def planned(self) -> PlannedOrder:
        """The order as it is sent: a market order of no more than the position."""
        one, order = self.position, self.order
        return planned_order(
            SentOrder(one.account, one.connector, one.pair, order.side, "MARKET", order.amount, None, "CLOSE", now()),
            self.known,
            reduces=True,
            value=None if one.mark is None else times(order.amount, one.mark),
            market=one.mark,
            uncovered=uncovered_at_market(one.connector, order.side, one.amount, self.at),
        )


async def plan_close(installation: Installation, position: Position, fraction: Decimal = WHOLE) -> ClosePlan:
    """The order for this fraction of a position, which is read once more. Raises Refused where it is gone or too small,
    and CallError where it can't be read. Uses list_positions, get_trading_rules and search_orders."""
    began, at = ticking(), now()
    found, listed, known = await all_of(
        rule_if_readable(installation, position.connector, position.pair),
        listed_positions(installation, position.account, position.connector),
        known_order_ids(installation, position.account, position.connector),
    )
    limits = found or Rule()  # what the exchange itself gave the position is a size that it takes
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
    against = position_size(listed, current.pair, opposite(current.side))
    return ClosePlan(current, against, limits, order, known, began, at)


async def plan_again(installation: Installation, before: ClosePlan) -> ClosePlan:
    """The same by the position as it is now: an order of no more than it was, and of no more than is left. As
    `plan_close`."""
    plan = await plan_close(installation, before.position)
    amount = min(plan.order.amount, before.order.amount)
    return evolve(plan, order=evolve(plan.order, amount=amount, rest=plan.position.amount - amount))


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
