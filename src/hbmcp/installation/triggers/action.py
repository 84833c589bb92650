"""What a trigger does when it fires: the call of a tool, checked and planned now as that tool's own call would be."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from hbmcp.catalog import REDUCING, Effect
from hbmcp.errors import BadArguments
from hbmcp.figures import plain, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Foreseen, Installation
from hbmcp.installation.planned_request import Later, PlannedRequest
from hbmcp.installation.positions.position import Side, closing_side
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.trigger import Action, Protected, Tool
from hbmcp.text import named

# What cancels or closes all that matches then may have nothing to do now; what it does then.
_OF_THEN: Mapping[str, Effect] = {"cancel_orders": "cancels", "close_positions": "reduces"}


@frozen
class Armed:
    """An action, the requests that it would send now, which a policy judges, and the position that it reduces."""

    action: Action
    later: tuple[Later, ...]
    notes: tuple[str, ...]
    protects: Protected | None = None

    @property
    def value(self) -> Decimal | None:
        """What it opens is worth, in quote; None where that isn't known, or it opens nothing."""
        worth = [one.stake.value for one in self.later if one.effect == "opens" and one.stake.value is not None]
        return sum(worth, Decimal(0)) if worth else None

    def reducing(self) -> "Armed":
        """The same of what sells coins that are held: it can only lessen what is at risk."""
        later = tuple(one.as_reduction for one in self.later)
        return evolve(self, action=self.action.model_copy(update={"reduces": True}), later=later)


async def armed(
    installation: Installation,
    tool: Tool,
    arguments: Mapping[str, Any],
    seen: Callable[[Installation], Installation] = lambda same: same,
) -> Armed:
    """Raises what the tool's own call would, and BadArguments where it would send nothing and says what it needs."""
    if tool == "stop_executor" and arguments.get("position") is None:  # it may hold something by then
        advice = "close sells or buys what it holds back at market, keep leaves it open and unguarded."
        raise BadArguments("stop_executor needs position here: nobody can be asked then.", NOTHING_SET, advice)
    foreseen = await installation.foresee(tool, arguments, seen)
    if not foreseen.requests and tool not in _OF_THEN:
        said = foreseen.shown.value
        told = said.get("result", said) if isinstance(said, Mapping) else said
        raise BadArguments(f"{tool} would send nothing: {told}", NOTHING_SET, "Give its arguments so that it acts.")
    reducing = [one.effect for one in foreseen.requests] == ["reduces"]
    protects = protected_by(foreseen) if reducing else None
    given = dict(foreseen.arguments)
    if tool == "close_position" and protects is not None:
        given |= closing(protects)
    if tool == "place_order":  # by then another may fit too
        given |= {"account_name": foreseen.requests[0].stake.account}
    reduces = tool in _OF_THEN or all(one.effect in REDUCING for one in foreseen.requests)
    words = _words(tool, given, foreseen)
    sells = tool == "place_order" and all(_sells_coins(one) for one in foreseen.requests)
    action = Action(tool=tool, arguments=given, words=words, reduces=reduces, sells=sells)
    meant = foreseen.requests or (evolve(PlannedRequest.kept(tool, "triggers", words), effect=_OF_THEN[tool]),)
    later = (*(Later.fired(one, tool) for one in meant), *foreseen.later)
    return Armed(action, later, foreseen.shown.notes, protects)


def closing(what: Protected) -> dict[str, Any]:
    """The arguments of close_position that close it."""
    return {**what.where, "side": what.side}


def selling(what: Protected, price: Decimal) -> dict[str, Any]:
    """The arguments of place_order that sell its coins at market, at about this price; they may be worth twice as much
    by then, for what is sold is had already."""
    amount = what.amount or Decimal(0)
    worth = times(amount, price) * 2
    told = {"side": "SELL", "amount": f"{plain(amount):f}", "order_type": "MARKET", "max_value": f"{plain(worth):f}"}
    return {**what.where, **told}


def resting(what: Protected, price: Decimal) -> dict[str, Any]:
    """The arguments of place_order that end it at that price, by an order which rests until it comes."""
    return bounded(selling(what, price), what, price)


def bounded(sale: Mapping[str, Any], what: Protected, price: Decimal) -> dict[str, Any]:
    """The arguments of place_order that end it at no worse price; what doesn't fill there rests. `sale` are those at
    market."""
    limit = {"order_type": "LIMIT", "price": f"{plain(price):f}"}
    if what.amount is not None:
        return {**sale, **limit}
    return {**what.where, **limit, "side": closing_side(what.side), "position_action": "CLOSE", "share": "100"}


def closing_words(given: Mapping[str, Any]) -> str:
    """What close_position does with these arguments."""
    fraction = Decimal(str(given.get("fraction", 1)))
    part = "" if fraction == 1 else f"{plain(fraction * 100):f}% of "
    return (
        f"close {part}the {given.get('side', '')} position {named(str(given['trading_pair']))} on "
        f"{named(str(given.get('connector_name', '')))} at market"
    )


def protected_by(foreseen: Foreseen) -> Protected | None:
    """The position whose closing side its only request is on."""
    if len(foreseen.requests) != 1:
        return None
    stake = foreseen.requests[0].stake
    if stake.account is None or stake.exchange is None or stake.pair is None:
        return None
    side: Side = "LONG" if stake.side == "SELL" else "SHORT"
    return Protected(account_name=stake.account, connector_name=stake.exchange, trading_pair=stake.pair, side=side)


def _sells_coins(one: PlannedRequest) -> bool:
    return one.stake.side == "SELL" and one.stake.exchange is not None and not is_perpetual(one.stake.exchange)


def _words(tool: Tool, given: Mapping[str, Any], foreseen: Foreseen) -> str:
    if tool == "close_position":
        return closing_words(given)
    if tool in _OF_THEN or not foreseen.requests:
        which = ", ".join(named(str(value)) for name, value in given.items() if name not in ("preview", "again", "all"))
        does, _, what = tool.partition("_")
        return f"{does} {what} of {which}" if which else f"{does} all {what}"
    return "; ".join(one.words for one in foreseen.requests)
