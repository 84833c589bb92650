"""The position that is open where an executor is to trade, and what the executor does to it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.plan import Plan, Side, sign_of
from hbmcp.installation.executors.plan.venue import Venue
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.closing_orders import NOT_REDUCE_ONLY, uncovered_of
from hbmcp.installation.planned_request import Uncovered
from hbmcp.installation.positions.open_positions import listed_positions, positions_or_doubt
from hbmcp.installation.positions.position import Position, closed_by, opposite
from hbmcp.installation.positions.position_mode import read_position_mode
from hbmcp.installation.reduce_only import close_is_reduce_only
from hbmcp.store import SentOrder
from hbmcp.text import named
from hbmcp.times import now

MODES = {"ONEWAY": "one-way mode", "HEDGE": "hedge mode"}


@frozen
class PositionEffect:
    """`note`: a sentence for each position of the pair, "" where there is none. `refusals`: field -> why what is to
    CLOSE a position can't. `uncovered` of what is to CLOSE and may rest: how much no order would close that rests,
    where it closes no more than that and none is surely reduce-only."""

    note: str = ""
    refusals: Mapping[str, str] = {}
    uncovered: Uncovered | None = None


async def effect_on_position(
    installation: Installation, account_name: str, venue: Venue, config: Config, plan: Plan
) -> PositionEffect:
    """The workflow uses list_positions, get_position_mode, where no position is listed that could be closed
    get_trades and get_prices, and for what is to CLOSE and may rest list_active_orders and search_orders. What can't be
    read is said, and hinders nothing. Raises Refused where the position shrinks meanwhile."""
    if not is_perpetual(venue.connector):
        return PositionEffect()
    closes = config.get("position_action") == "CLOSE"
    began, why = now(), None
    try:
        if closes:
            listed, why = await positions_or_doubt(installation, account_name, venue.connector, venue.pair)
        else:
            listed = await listed_positions(installation, account_name, venue.connector)
    except CallError as error:
        return PositionEffect(f"Whether a position of {named(venue.pair)} is open couldn't be read: {error.happened}")
    if why is not None:
        return PositionEffect(f"Whether a position of {named(venue.pair)} is open to be closed isn't known: {why}")
    found = [one for one in listed if one.pair == venue.pair]
    refusals = close_refusals(found, venue.pair, plan.side, plan.amount) if closes else {}
    if not found:
        return PositionEffect("", refusals)
    uncovered, unsure = None, ""
    target = _closed_by(plan.side, found)
    if closes and target is not None and not refusals:
        uncovered, unsure = await _resting(installation, account_name, venue, plan, target, began)
    try:
        mode = await read_position_mode(installation, account_name, venue.connector)
    except CallError as error:
        held = " and ".join(f"{one.side} {one.amount:f}" for one in found)
        note = f"You hold {held} {named(venue.pair)}; what becomes of it isn't known: {error.happened}"
        return PositionEffect(f"{note} {unsure}".rstrip(), refusals, uncovered)
    leverage = Decimal(config.get("leverage"))
    notes = [position_note(one, mode, plan.side, leverage, closes=closes and not unsure) for one in found]
    return PositionEffect(" ".join(filter(None, (*notes, unsure))), refusals, uncovered)


async def _resting(
    installation: Installation, account_name: str, venue: Venue, plan: Plan, target: Position, began: int
) -> tuple[Uncovered | None, str]:
    """What is left for it of the position, and what to say of that; None and "" where none of its orders rests, or they
    are surely reduce-only."""
    if all(one.type == "MARKET" for one in plan.orders):
        return None, ""
    if await close_is_reduce_only(installation, account_name, venue.connector):
        return None, ""
    order = SentOrder(account_name, venue.connector, venue.pair, plan.side, "LIMIT", plan.amount, None, "CLOSE", began)
    uncovered, note = await uncovered_of(installation, order, target.amount, began)
    if uncovered is not None and plan.amount > uncovered.amount:
        uncovered = None
    said = NOT_REDUCE_ONLY.format(exchange=named(venue.connector), opened=opposite(target.side))
    return uncovered, f"{said} {note}".rstrip()


def _closed_by(side: Side, found: Sequence[Position]) -> Position | None:
    return next((one for one in found if one.direction != sign_of(side)), None)


def close_refusals(found: Sequence[Position], pair: str, side: Side, amount: Decimal) -> dict[str, str]:
    """Field -> why orders of that side and amount, which may only reduce, can't all be filled. `found`: the pair's
    positions."""
    target = _closed_by(side, found)
    if target is None:
        wanted = closed_by(side)
        held = " and ".join(f"{one.side} {one.amount:f}" for one in found) or "no position"
        return {
            "position_action": f"a {side} can only CLOSE a {wanted}, and of {named(pair)} you hold {held}; "
            "close_position "
            "closes what is open, without an executor"
        }
    if amount > target.amount:
        return {
            "amount": f"expected at most {target.amount:f}, the {target.side} of {named(pair)} that it is to CLOSE, "
            "got "
            f"{amount:f}; close_position closes it whole"
        }
    return {}


def position_note(position: Position, mode: str, side: Side, leverage: Decimal, *, closes: bool = False) -> str:
    """ "You hold SHORT 5 ETH-USDT at leverage 20 in one-way mode: its buys reduce it first; leverage is the
    pair's, so 5 may come to hold for it too." `closes`: whether its orders surely only reduce."""
    own = "buys" if side == "BUY" else "sells"
    opposed = position.direction != sign_of(side)
    if closes:
        target = "only reduce it" if opposed else f"are to close a {opposite(position.side)}, not it"
        effect = f"its {own} {target}"
    elif mode == "HEDGE":
        effect = "it stays beside what this executor trades" if opposed else f"its {own} add to it"
    else:
        effect = f"its {own} reduce it first" if opposed else f"its {own} add to it"
    held = f"{position.side} {position.amount:f} {named(position.pair)}"
    at = "" if position.leverage is None else f" at leverage {position.leverage:f}"
    shared = f"; leverage is the pair's, so {leverage:f} may come to hold for it too"
    changed = "" if position.leverage == leverage else shared
    return f"You hold {held}{at} in {MODES.get(mode) or named(mode)}: {effect}{changed}."
