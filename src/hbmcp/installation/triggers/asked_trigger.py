"""A trigger as it is asked for: its condition, its action, how often and how long."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from hbmcp.errors import BadArguments, Refused
from hbmcp.figures import money, number, plain
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import Later
from hbmcp.installation.triggers.action import Armed, armed, protected_by
from hbmcp.installation.triggers.asked_condition import AskedCondition, Met, held_against_now, meant
from hbmcp.installation.triggers.choices import NOTHING_SET, between
from hbmcp.installation.triggers.condition import IN_PERCENT, Memory
from hbmcp.installation.triggers.creation import Arming, arm
from hbmcp.installation.triggers.market_at import market_at
from hbmcp.installation.triggers.moments import parse_moment
from hbmcp.installation.triggers.protected import alike_notes, beside_notes, live_triggers, protecting
from hbmcp.installation.triggers.resting_target import refuse_what_could_open
from hbmcp.installation.triggers.trigger import BOUNDED, Every, Spec, Tool
from hbmcp.installation.triggers.unsaid_close import refuse_unsaid_close
from hbmcp.results.answer import without_nulls
from hbmcp.text import cut, named, one_line
from hbmcp.times import now

KEPT_FOR = "30d"
SLIP = Decimal(2)  # percent
PAUSE = (10, 31_536_000)  # seconds between two firings of one that does so several times
TIMES = (2, 1000)
NOTED = 200  # characters of a note
TOLD = "It is told with the answer to your next call after that, in the log, and to whom HBMCP_NOTIFY names, if any."
_OF_A_MARKET = ("account_name", "connector_name", "trading_pair", "side")


@frozen(kw_only=True)
class AskedTrigger:
    """The rest of create_trigger's arguments; `then` is None where it only tells."""

    then: Tool | None
    arguments: Mapping[str, Any] | None
    expires: str | None
    every: int | None
    times: int | None
    total: Decimal | None
    cancels: Sequence[int]
    now_if_met: bool
    slip: Decimal | None
    note: str
    at_exchange: bool


async def plan_trigger(installation: Installation, condition: AskedCondition, asked: AskedTrigger) -> Plan:
    """One trigger, or two that end each other where both above and below are given. Raises BadArguments and Refused for
    what can't be meant, and what the action's own call would; CallError where the value can't be read. The caller uses
    witnesses.USES and get_trading_rules."""
    if asked.at_exchange:
        return await _at_exchange(installation, await meant(installation, condition), asked)
    armings: list[Arming] = []
    notes: list[str] = []
    triggers, unread = await live_triggers(installation)
    beside = [one for one in triggers if one.key not in asked.cancels]
    for one in (await meant(installation, condition)).sides:
        arming, said = await _arming(installation, one, asked)
        armings.append(arming)
        protects = arming.spec.protects
        others = () if protects is None else beside_notes(protects, beside, unread)
        notes += [note for note in (*said, *others, *alike_notes(arming.spec, beside)) if note not in notes]
    notes.append("The first that acts ends the other." if len(armings) > 1 else "")
    return arm("create_trigger", armings, notes, joins=tuple(dict.fromkeys(asked.cancels)))


async def _arming(
    installation: Installation, condition: AskedCondition, asked: AskedTrigger
) -> tuple[Arming, Sequence[str]]:
    """The trigger, and what to say of it."""
    every = _every(asked)
    expires = parse_moment("expires", asked.expires or KEPT_FOR, now())
    slip = between("slip", asked.slip, 0, 50) or SLIP
    met = await held_against_now(installation, condition)
    refuse_met(met, asked.now_if_met)
    action = await _action(installation, condition, asked, met)
    spec = Spec(
        when=met.condition,
        then=action.action if action else None,
        expires=expires,
        every=every,
        protects=action.protects if action else None,
        slip=slip,
        note=cut(one_line(asked.note), NOTED),
    )
    if met.beyond and (far := spec.overshot(met.value, met.judged.level)):
        raise Refused(
            f"It holds already, and wouldn't act: {far}.",
            NOTHING_SET,
            f"{named(str(asked.then))} itself acts at once; or raise slip.",
        )
    worth = None if action is None or action.value is None else money(action.value)
    if every and every.total is not None and worth is not None and worth > every.total:
        raise _bad(f"total, {plain(every.total):f}, is less than one firing is worth, {worth:f}.", "Raise it.")
    later = _later(action, met, every) if action else ()
    arming = Arming(spec, {**met.shown, "worth": worth}, later, trailing_memory(met))
    if action is None:
        return arming, [TOLD]
    return arming, (*action.notes, *_advice(met, action, slip))


async def _at_exchange(installation: Installation, condition: AskedCondition, asked: AskedTrigger) -> Plan:
    """An order that rests at the exchange in place of the trigger, where that does the same."""
    waits = (asked.expires, asked.every, asked.times, asked.total, asked.slip)
    if condition.holds_for or asked.cancels or any(one is not None for one in waits) or len(condition.sides) > 1:
        raise _bad(
            "An order at the exchange has a price, and no end, no pause and no other condition.", "Leave them out."
        )
    met = await held_against_now(installation, condition)
    refuse_met(met, asked.now_if_met)
    given = {name: getattr(condition, name) for name in _OF_A_MARKET[:-1]} | dict(asked.arguments or {})
    price = _resting_price(met, given) if asked.then == "place_order" else None
    if price is None:
        raise Refused(
            "No order at the exchange does the same.",
            NOTHING_SET,
            "That is place_order with a BUY below the market or a SELL above it, at a fixed price of its own pair.",
        )
    given |= {"order_type": "LIMIT", "price": f"{plain(price):f}"}
    order = await installation.foresee("place_order", without_nulls(given))
    await refuse_unsaid_close(installation, given, order.requests[0])
    if given.get("position_action") == "CLOSE" and (closes := protected_by(order)) is not None:
        triggers, _ = await live_triggers(installation)
        if protecting(triggers, closes):
            await refuse_what_could_open(installation, closes)
    return Plan(order.shown, order.requests, order.commit, order.later)


def refuse_met(met: Met, now_if_met: bool) -> None:
    """Raises Refused where the condition holds already."""
    if not met.beyond or now_if_met:
        return
    raise Refused(
        f"It holds already: the {met.condition.what} is {money(met.value):f}.",
        NOTHING_SET,
        "Choose another level, or say now_if_met=true where it is to act at once.",
    )


def trailing_memory(met: Met) -> Memory:
    """What a trailing one begins with: the best value is this one."""
    return Memory(best=met.judged.memory.best)


async def _action(installation: Installation, condition: AskedCondition, asked: AskedTrigger, met: Met) -> Armed | None:
    given = dict(asked.arguments or {})
    if asked.then is None:
        if given:
            raise _bad("arguments came without then.", "Say then, or leave them out.")
        return None
    if asked.then in ("place_order", "close_position"):
        places = _OF_A_MARKET if asked.then == "close_position" else _OF_A_MARKET[:-1]
        of_condition = {name: getattr(condition, name) for name in places}
        given = without_nulls(of_condition) | given
    if asked.then == "place_order" and given.get("price") is None:  # its moment is when the condition holds
        given = {"order_type": "MARKET"} | given
    action = await _armed(installation, asked.then, given, met)
    if asked.then == "place_order":
        await refuse_unsaid_close(installation, given, action.later[0])
    return action


async def _armed(installation: Installation, then: Tool, given: Mapping[str, Any], met: Met) -> Armed:
    """As its call would be at the level."""
    level = met.judged.level
    if level is None:
        return await armed(installation, then, given)
    try:
        return await armed(installation, then, given, market_at(met.condition, level, met.value))
    except (BadArguments, Refused) as error:
        if met.condition.of != "price" or type(error) not in (BadArguments, Refused):
            raise
        at = f"With the price at {plain(level):f}: {error.happened}"
        raise type(error)(at, NOTHING_SET, error.advice) from None


def _later(action: Armed, met: Met, every: Every | None) -> tuple[Later, ...]:
    """What it sends, each as often as it fires. The price then is known where the condition is a price there."""
    when = met.condition
    priced = (when.connector_name, when.trading_pair) if when.of == "price" and when.trail is None else None
    in_quote = action.action.arguments.get("quote_amount") is not None
    return tuple(
        evolve(
            one,
            count=every.count if every else 1,
            total=every.total if every else None,
            unpriced=one.effect == "opens"
            and one.stake.price is None
            and not in_quote
            and priced != (one.stake.exchange, one.stake.pair),
        )
        for one in action.later
    )


def _every(asked: AskedTrigger) -> Every | None:
    if asked.every is None:
        if asked.times is not None or asked.total is not None:
            raise _bad("times and total are of every.", "Give every, the pause in seconds, or leave them out.")
        return None
    if asked.times is None:
        raise _bad("every needs times: nothing fires without an end.", "Say how often at most.")
    between("every", asked.every, *PAUSE)
    between("times", asked.times, *TIMES)
    return Every(pause=asked.every, count=asked.times, total=asked.total)


def _advice(met: Met, action: Armed, slip: Decimal) -> list[str]:
    """What a trader should know of it."""
    said = []
    opens = any(one.effect == "opens" for one in action.later)
    if action.action.sells and opens and met.condition.goes == "below":
        said.append("Limits and a halt hold it back; what protect_position sells they don't.")
    if action.action.opens and opens and met.condition.of in BOUNDED:
        unit = " points" if met.condition.of in IN_PERCENT else "%"
        said.append(f"What opens isn't sent more than {plain(slip):f}{unit} beyond the level.")
    rests = action.action.tool == "place_order"
    if rests and (price := _resting_price(met, action.action.arguments)) is not None:
        where = named(str(met.condition.connector_name))
        said.append(f"With at_exchange=true a LIMIT at {plain(price):f} rests at {where} with nobody watching.")
    return said


def _resting_price(met: Met, given: Mapping[str, Any]) -> Decimal | None:
    """Where an order of these arguments would rest until the same price comes: BUY below the market, SELL above it."""
    condition, level = met.condition, met.judged.level
    same = all(given.get(name) == getattr(condition, name) for name in ("connector_name", "trading_pair"))
    waits = {"BUY": "below", "SELL": "above"}.get(str(given.get("side"))) == condition.goes
    fixed = condition.of == "price" and condition.trail is None and not met.beyond
    if not (same and waits and fixed):
        return None
    return number(given.get("price")) or level


def _bad(happened: str, advice: str) -> BadArguments:
    return BadArguments(happened, NOTHING_SET, advice)
