"""Positions rebuilt from fills: each is a round, from nothing to nothing.

In one-way mode a fill first closes what is held on the other side, and what is left of it opens: a flip ends one round
and begins another. In hedge mode a LONG and a SHORT live beside each other, and which of them a fill works on depends
on its order's action: OPEN enlarges, CLOSE reduces. Fills and orders don't tell the action. Where it isn't known a fill
is read as in one-way mode, which is the same as long as the two aren't held at once. A CLOSE never opens, in either
mode: what it closed beyond what is held is in `excess`, the proof that fills are missing before it.

The mode may have been switched, but only while nothing was held. So fills are cut into stretches of one mode, each from
nothing to nothing, backwards from what is held now. Where all actions are known at most one set of rounds comes of it:
an OPEN that closed something, as in one-way mode, would leave it open in hedge mode, and no CLOSE can make up for that.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext

from attrs import define, evolve, field, frozen

from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.position_history.round_trip import DIGITS, NOISE, NONE, RoundTrip, Side


@frozen
class ModeStretch:
    """Fills of one mode, in their order."""

    fills: Sequence[Fill]
    hedge: bool


@define
class RoundTrips:
    """The rounds of one account, exchange and pair: `closed` in the order of their closing, and what is `open` now.
    Not those that aren't whole: they are `unproved`. `hedge` is the mode of the next fill."""

    hedge: bool = False
    closed: list[RoundTrip] = field(factory=list)
    open: dict[Side, RoundTrip] = field(factory=dict)
    unproved: list[RoundTrip] = field(factory=list)
    excess: list[Fill] = field(factory=list)

    @property
    def all(self) -> list[RoundTrip]:
        """Every round, also those that aren't whole."""
        return [*self.closed, *self.unproved, *self.open.values()]

    def held(self, side: Side) -> Decimal:
        """How much of it is open."""
        return self.open[side].held if side in self.open else NONE

    def take(self, fill: Fill, action: str | None) -> None:
        """The next fill, and its order's action where that is known."""
        opens, closes = sides(fill)
        beside = self.hedge and action == "OPEN"
        closing = NONE if beside else min(fill.amount, self.held(closes))
        rest = fill.amount - closing
        if closing:
            self._close(closes, fill, closing)
        if rest <= NOISE * fill.amount:
            return
        if action == "CLOSE":
            self.excess.append(evolve(fill, amount=rest))
            return
        one = self.open.setdefault(opens, RoundTrip(opens, fill.time))
        one.enter(rest, fill.price)
        one.charge(fill, rest, opening=True)

    def _close(self, side: Side, fill: Fill, amount: Decimal) -> None:
        one = self.open[side]
        one.leave(amount, fill.price, fill.time)
        one.charge(fill, amount)
        if one.closed is not None:
            del self.open[side]
            (self.closed if one.whole else self.unproved).append(one)


def rebuild(
    fills: Iterable[Fill],
    *,
    hedge: bool = False,
    actions: Mapping[str, str] | None = None,
    before: Mapping[Side, Decimal] | None = None,
) -> RoundTrips:
    """The rounds of these fills, which are one account's at one exchange in one pair, in their order.

    `actions`: order id -> OPEN or CLOSE, where known. `before`: what was held before the first fill.
    """
    return replay([ModeStretch(list(fills), hedge)], actions=actions or {}, before=before or {})


def replay(of: Iterable[ModeStretch], *, actions: Mapping[str, str], before: Mapping[Side, Decimal]) -> RoundTrips:
    """The rounds of these stretches, one after another."""
    rounds = RoundTrips()
    for side, held in before.items():
        if held:
            rounds.open[side] = RoundTrip(side, opened=0, held=held, largest=held, whole=False)
    with localcontext(prec=DIGITS):
        for stretch in of:
            rounds.hedge = stretch.hedge
            for fill in stretch.fills:
                if fill.amount:
                    rounds.take(fill, actions.get(fill.order_id))
    return rounds


def stretches(
    fills: Sequence[Fill], now: Mapping[Side, Decimal], *, hedge: bool, actions: Mapping[str, str]
) -> tuple[int, list[ModeStretch]]:
    """The latest of these fills, from that number on, cut so that they lead to what is held `now`, and nothing is
    closed that wasn't held; where both modes do, in this one. Those before it don't lead from nothing to there: fills
    are missing among them or before them."""
    found: list[ModeStretch] = []
    held, end = now, len(fills)
    with localcontext(prec=DIGITS):
        while end:
            begins = ((mode, _begin(fills, end, held, hedge=mode, actions=actions)) for mode in (hedge, not hedge))
            mode, begin = next((each for each in begins if each[1] is not None), (hedge, None))
            if begin is None:
                break
            found.append(ModeStretch(fills[begin:end], mode))
            held, end = {}, begin
    return end, found[::-1]


def _begin(
    fills: Sequence[Fill], end: int, now: Mapping[Side, Decimal], *, hedge: bool, actions: Mapping[str, str]
) -> int | None:
    """Where the fills before `end` began that led from nothing to what was held then, if all were of this mode."""
    held: dict[Side, Decimal] = {"LONG": now.get("LONG", NONE), "SHORT": now.get("SHORT", NONE)}
    turned = NONE
    for number in reversed(range(end)):
        fill = fills[number]
        turned += fill.amount
        _undo(held, fill, actions.get(fill.order_id), hedge=hedge, noise=NOISE * turned)
        if min(held.values()) < 0 or (all(held.values()) and not hedge):
            return None
        if not any(held.values()):
            return number
    return None


def _undo(held: dict[Side, Decimal], fill: Fill, action: str | None, *, hedge: bool, noise: Decimal) -> None:
    """Make of what is held after this fill what was held before, which is impossible (less than nothing, or both sides
    in one-way mode) where it can't have led to it."""
    opens, closes = sides(fill)
    if action == "CLOSE":
        held[closes] += fill.amount
    elif hedge and action == "OPEN":
        held[opens] -= fill.amount
    elif held[closes]:
        held[closes] += fill.amount
    else:
        rest = held[opens] - fill.amount
        held[opens], held[closes] = (rest, NONE) if rest > -noise else (NONE, -rest)
    for side, amount in held.items():
        if abs(amount) <= noise:
            held[side] = NONE


def held_before(
    fills: Iterable[Fill], now: Mapping[Side, Decimal], *, hedge: bool, actions: Mapping[str, str]
) -> dict[Side, Decimal] | None:
    """What was held before the first of these fills, if they are complete from there until `now`, when this is held.

    None where they can't be: less than nothing would have been held, or, in hedge mode, an action isn't known.
    """
    with localcontext(prec=DIGITS):
        held: dict[Side, Decimal] = {"LONG": now.get("LONG", NONE), "SHORT": now.get("SHORT", NONE)}
        turned = NONE
        for fill in fills:
            turned += fill.amount
            opens, closes = sides(fill)
            action = actions.get(fill.order_id)
            if hedge and action is None:
                return None
            if hedge and action == "CLOSE":
                held[closes] += fill.amount
            else:
                held[opens] -= fill.amount
        if not hedge:
            net = held["LONG"] - held["SHORT"]
            held = {"LONG": max(net, NONE), "SHORT": max(-net, NONE)}
        held = {side: amount if abs(amount) > NOISE * turned else NONE for side, amount in held.items()}
    return held if min(held.values()) >= 0 else None


def sides(fill: Fill) -> tuple[Side, Side]:
    """The side that a fill can open, and the one that it can close."""
    return ("LONG", "SHORT") if fill.side == "BUY" else ("SHORT", "LONG")
