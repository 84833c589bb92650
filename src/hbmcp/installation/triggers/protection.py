"""Protecting what is held: a stop and a target that end each other, by market orders for no more than is held."""

from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import BadArguments, Refused, StoreError
from hbmcp.figures import money, plain
from hbmcp.installation.closing.position_choice import only_position
from hbmcp.installation.connections import account_at, is_perpetual
from hbmcp.installation.installation import Foreseen, Installation
from hbmcp.installation.levels import Level, parse_level
from hbmcp.installation.orders.closing_orders import left_to_open
from hbmcp.installation.plan import Plan
from hbmcp.installation.positions.open_positions import open_positions
from hbmcp.installation.positions.position import Side, closing_side
from hbmcp.installation.triggers.action import Armed, armed, bounded, closing, resting, selling
from hbmcp.installation.triggers.asked_condition import Met, met
from hbmcp.installation.triggers.asked_trigger import trailing_memory
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.condition import Condition, Goes, PriceKind
from hbmcp.installation.triggers.creation import Arming, arm, with_order
from hbmcp.installation.triggers.kept import kept, refused
from hbmcp.installation.triggers.market_at import market_at
from hbmcp.installation.triggers.protected import Kind, kind_of, of_position, protecting
from hbmcp.installation.triggers.resting_target import refuse_what_could_open
from hbmcp.installation.triggers.trigger import LIVE, WAITING, Protected, Spec, Trigger
from hbmcp.installation.triggers.view import short_level
from hbmcp.installation.triggers.watched_price import watched_price
from hbmcp.pairs import whole_pair
from hbmcp.text import named

AT_EXCHANGE = (
    "The target at the exchange can only reduce, is for the size of now, and is of no use once the stop has closed the "
    "position: get_open_orders tells whether the exchange ended it."
)
FOLLOWS = "What is in percent follows the position's entry."


@frozen(kw_only=True)
class AskedProtection:
    """The arguments of protect_position. `amount` only of coins on spot; `at_exchange` is of the target."""

    trading_pair: str
    account_name: str | None
    connector_name: str | None
    side: Side | None
    amount: Decimal | None
    stop: str | None
    stop_limit: str | None
    target: str | None
    trail_percent: Decimal | None
    trail_from: Decimal | None
    price: PriceKind | None
    holds_for: int
    replace: bool
    at_exchange: bool


@frozen
class Held:
    """What is protected; `basis` is the price that percentages count from, None where the exchange doesn't tell it, and
    what that is."""

    what: Protected
    basis: Decimal | None
    basis_name: str
    value: Decimal
    price: PriceKind
    notes: tuple[str, ...] = ()

    def exit(self, kind: Kind, level: Level) -> Decimal:
        """Its price. Raises Refused where nothing is known that a percentage could count from."""
        if level.percent is not None and self.basis is None:
            raise Refused("The exchange tells no entry price.", NOTHING_SET, "Give prices, not percentages.")
        return level.as_exit(kind, self.what.side, self.basis or Decimal(0))


async def plan_protection(installation: Installation, asked: AskedProtection) -> Plan:
    """Raises BadArguments and Refused for what can't be meant, for a level on the wrong side or already passed, where
    what is held is smaller than an order can be, and where it is protected already and `replace` isn't said; CallError
    where position or price can't be read. The caller uses witnesses.USES."""
    if asked.stop is None and asked.target is None and not asked.trail_percent:
        raise BadArguments("Neither stop, target nor trail_percent came.", NOTHING_SET, "Say at least one.")
    if asked.trail_from is not None and asked.trail_percent is None:
        raise BadArguments("trail_from is of trail_percent.", NOTHING_SET, "Give trail_percent too.")
    spot = asked.connector_name is not None and not is_perpetual(asked.connector_name)
    held = await (_coins(installation, asked) if spot else _position(installation, asked))
    conditions = _conditions(asked, held)
    try:
        before = protecting((await kept(installation, states=LIVE)).rows, held.what)
    except StoreError as error:
        raise refused(error) from None
    instead = _replaced(before, [kind for kind, _ in conditions], replace=asked.replace)
    bound = _bound(asked, held, conditions)
    armings, notes = [], list(held.notes)
    order: Foreseen | None = None
    if asked.at_exchange:
        order = await _resting(installation, held, conditions, before)
        conditions = [(kind, one) for kind, one in conditions if kind != "target"]
        if not conditions:
            return Plan(order.shown, order.requests, order.commit)
    for kind, one in conditions:
        action = await _action(installation, held, one, bound if kind == "stop" else None)
        fixed = one.condition.level is None or (bound is not None and kind == "stop")
        follows = None if fixed else _of_entry(asked, held, kind)
        spec = Spec(when=one.condition, then=action.action, protects=held.what, of_entry=follows)
        armings.append(Arming(spec, {"as": kind, **one.shown}, action.later, trailing_memory(one)))
        notes += [note for note in action.notes if note not in notes]
    joins = [one.key for one in before if one.row.state in WAITING and one.key not in instead]
    if bound is not None:
        notes.append(
            f"Where the price is beyond {plain(bound):f} by then, what doesn't fill rests there, told and unprotected."
        )
    bonded = "The first that acts ends the others." if len(armings) + len(joins) > 1 else ""
    ends = "" if spot else "It ends with the position."
    notes += _rests(held, conditions)
    notes.append(FOLLOWS if any(one.spec.of_entry is not None for one in armings) else "")
    if order is None:
        notes.append(await _beside_what_rests(installation, held, bound))
    replaces = "; ".join(_replaced_words(one, conditions) for one in before if one.key in instead)
    plan = arm("protect_position", armings, (*notes, bonded, ends), joins=joins, instead=instead, replaces=replaces)
    return plan if order is None else with_order(plan, order, AT_EXCHANGE)


async def _position(installation: Installation, asked: AskedProtection) -> Held:
    if asked.amount is not None:
        raise BadArguments(
            "amount is of coins on a spot exchange: a position is protected as a whole, however large it becomes.",
            NOTHING_SET,
            "Leave it out, or name the spot exchange as connector_name.",
        )
    pair = asked.trading_pair
    found = await open_positions(installation, asked.account_name, asked.connector_name, whole_pair(pair))
    one = only_position(found, pair, asked.side)
    kind, value = await watched_price(installation, one.connector, one.pair, asked.price)
    return Held(of_position(one), one.entry, "entry", value, kind, found.notes)


def _of(what: Protected, kind: PriceKind) -> Condition:
    return Condition(goes="below", connector_name=what.connector_name, trading_pair=what.trading_pair, price=kind)


async def _coins(installation: Installation, asked: AskedProtection) -> Held:
    connector = asked.connector_name or ""
    if asked.amount is None:
        raise BadArguments(f"To protect coins on {named(connector)}, amount must be said.", NOTHING_SET, "")
    if asked.side == "SHORT" or asked.price == "mark":
        raise BadArguments("Coins on spot are neither SHORT nor have a mark price.", NOTHING_SET, "Leave it out.")
    what = Protected(
        account_name=await account_at(installation, connector, asked.account_name),
        connector_name=connector,
        trading_pair=asked.trading_pair,
        side="LONG",
        amount=asked.amount,
    )
    kind, value = await watched_price(installation, connector, asked.trading_pair, asked.price)
    return Held(what, value, "the price now", value, kind)


def _conditions(asked: AskedProtection, held: Held) -> list[tuple[Kind, Met]]:
    """Each with its value. Raises BadArguments and Refused."""
    base = _of(held.what, held.price).model_copy(update={"holds_for": asked.holds_for})
    against, well = held.what.against, held.what.well
    found: list[tuple[Kind, Met]] = []
    exits: tuple[tuple[Kind, str | None, Goes], ...] = (("stop", asked.stop, against), ("target", asked.target, well))
    for kind, text, goes in exits:
        if text is None:
            continue
        at = held.exit(kind, parse_level(kind, text, NOTHING_SET))
        if at <= 0:
            raise BadArguments(f"{kind} can't be {named(text)}.", NOTHING_SET, "Give a price, or a percentage.")
        one = met(base.model_copy(update={"goes": goes, "level": at}), held.value)
        if one.beyond:
            raise Refused(
                f"A {kind} at {money(at):f} is on the wrong side of the {held.price} price, {money(held.value):f}, or "
                f"passed already: that of a {held.what.side} is {'below' if goes == 'below' else 'above'} it.",
                NOTHING_SET,
                f"Percentages are gains of the position, losses below 0, from {held.basis_name}"
                f"{'' if held.basis is None else f', {money(held.basis):f}'}. To get out now use close_position or "
                "place_order.",
            )
        found.append((kind, one))
    if asked.trail_percent:
        trail = {"goes": against, "trail": asked.trail_percent, "trail_from": asked.trail_from}
        found.append(("stop", met(base.model_copy(update=trail), held.value)))
    return found


def _of_entry(asked: AskedProtection, held: Held, kind: Kind) -> Decimal | None:
    """Where the level lies that was asked for, in percent of the position's entry; None for a price, and for coins."""
    text = {"stop": asked.stop, "target": asked.target}[kind]
    if text is None or held.what.amount is not None:
        return None
    return parse_level(kind, text, NOTHING_SET).move(kind, held.what.side)


async def _resting(
    installation: Installation, held: Held, conditions: Sequence[tuple[Kind, Met]], before: Sequence[Trigger]
) -> Foreseen:
    """The target as an order at the exchange. Raises BadArguments and Refused, also where a trigger is the target
    already, and for coins that have a stop."""
    level = next((one.condition.level for kind, one in conditions if kind == "target"), None)
    if level is None:
        raise BadArguments("at_exchange is of target.", NOTHING_SET, "Give target too: a stop stays a trigger.")
    if held.what.amount is not None and (len(conditions) > 1 or before):
        raise Refused(
            "A target that rests at the exchange holds the coins that the stop must sell.",
            NOTHING_SET,
            "Leave at_exchange out.",
        )
    if others := [one.key for one in before if kind_of(one) == "target"]:
        raise Refused(f"Trigger {others[0]} is its target already.", NOTHING_SET, "cancel_trigger ends that one.")
    if len(conditions) > 1 or before:
        await refuse_what_could_open(installation, held.what)
    return await installation.foresee("place_order", resting(held.what, level))


async def _beside_what_rests(installation: Installation, held: Held, bound: Decimal | None) -> str:
    """What to say of orders that would open the other side once a trigger has closed the position. Raises Refused where
    the stop is to rest too: the two would close more than there is."""
    place = held.what
    if place.amount is not None:
        return ""
    rests = await left_to_open(
        installation, place.account_name, place.connector_name, place.trading_pair, place.side, Decimal(0)
    )
    if rests and bound is not None:
        raise Refused(rests, NOTHING_SET, "Do that first, or leave stop_limit out.")
    return rests


def _rests(held: Held, conditions: Sequence[tuple[Kind, Met]]) -> list[str]:
    """What would do the same as a target with nobody watching. Of coins nothing is said: resting, it would lock what
    the stop must sell."""
    target = next((one.condition.level for kind, one in conditions if kind == "target"), None)
    if target is None or held.what.amount is not None:
        return []
    side = closing_side(held.what.side)
    return [
        f"With at_exchange=true the target is a {side} LIMIT at {plain(target):f} that rests at "
        f"{named(held.what.connector_name)} with nobody watching."
    ]


def _replaced(before: Sequence[Trigger], kinds: Sequence[Kind], *, replace: bool) -> list[int]:
    """Those that new ones of these kinds replace. Raises Refused where that isn't asked for, or one fires."""
    others = [one for one in before if kind_of(one) in kinds]
    if not others:
        return []
    said = ", ".join(f"{kind_of(one)} {one.key}: {one.spec.when.words}" for one in others)
    stay = ", ".join(f"{kind_of(one)} {one.key}" for one in before if one not in others)
    firing = any(one.row.state not in WAITING for one in others)
    if firing or not replace:
        raise Refused(
            f"It is protected already: {said}.",
            NOTHING_SET,
            "One of them fires just now: look with get_positions."
            if firing
            else f"replace=true puts this in its place{f'; {stay} stays' if stay else ''}.",
        )
    return [one.key for one in others]


def _replaced_words(before: Trigger, conditions: Sequence[tuple[Kind, Met]]) -> str:
    """ "stop 47500 (1) by 46000, which loses more": the old one, and what takes its place."""
    kind, old = kind_of(before), before.spec.when
    now = next(one for other, one in conditions if other == kind)
    new, was = now.judged.level, old.level_behind(before.memory.best)
    further = None not in (new, was) and (new < was if old.goes == "below" else new > was)  # type: ignore[operator]
    more = ", which loses more" if further and kind == "stop" else ""
    return f"{kind} {short_level(old)} ({before.key}) by {short_level(now.condition)}{more}"


def _bound(asked: AskedProtection, held: Held, conditions: Sequence[tuple[Kind, Met]]) -> Decimal | None:
    """The worst price of a stop that isn't at market. Raises BadArguments and Refused."""
    if asked.stop_limit is None:
        return None
    level = next((one.condition.level for kind, one in conditions if kind == "stop"), None)
    if level is None:
        raise BadArguments("stop_limit is of stop.", NOTHING_SET, "Give stop too; what trails ends at market.")
    bound = held.exit("stop", parse_level("stop_limit", asked.stop_limit, NOTHING_SET))
    if bound <= 0 or (bound > level if held.what.against == "below" else bound < level):
        side = "below" if held.what.against == "below" else "above"
        raise BadArguments(
            f"A stop_limit of {money(bound):f} isn't {side} the stop, {money(level):f}.",
            NOTHING_SET,
            "It is the worst price at which to get out.",
        )
    return bound


async def _action(installation: Installation, held: Held, one: Met, bound: Decimal | None) -> Armed:
    what = held.what
    if what.amount is None and bound is None:
        return await armed(installation, "close_position", closing(what))
    level = one.judged.level or held.value
    sale, then = selling(what, max(level, held.value)), market_at(one.condition, level, held.value)
    if bound is not None:
        sale = bounded(sale, what, bound)
    action = await armed(installation, "place_order", sale, then)
    return action if what.amount is None else action.reducing()
