"""The stop and the target that are given with an order: triggers that begin when it fills."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Self
from uuid import uuid4

from attrs import evolve, frozen

from hbmcp.errors import NOTHING_SENT, BadArguments, CallError, OutcomeUnknown, Refused, StoreError
from hbmcp.figures import money, plain, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.levels import SIGNED, Level, parse_level
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.preparation import PreparedOrder
from hbmcp.installation.orders.sending import order_request
from hbmcp.installation.orders.sizing import gain_of_unit
from hbmcp.installation.planned_request import Later, PlannedRequest
from hbmcp.installation.positions.position import Side
from hbmcp.installation.triggers.action import closing, closing_words, selling
from hbmcp.installation.triggers.coins import following, of_coins
from hbmcp.installation.triggers.condition import Condition, PriceKind
from hbmcp.installation.triggers.kept import cancel
from hbmcp.installation.triggers.protected import beside_notes, live_triggers
from hbmcp.installation.triggers.trigger import Action, Filled, Protected, Spec, Trigger, new, written_spec
from hbmcp.installation.triggers.watched_price import watched_price
from hbmcp.installation.triggers.watching import watch_words
from hbmcp.pairs import quote_of
from hbmcp.store import SentOrder
from hbmcp.text import named
from hbmcp.times import now

PATIENCE = 10.0  # seconds for an answer


@frozen
class AskedExits:
    """The stop and the target as they were asked for: prices, or percentages from the order's entry."""

    stop: Level | None
    target: Level | None

    @classmethod
    def of(cls, stop: str | None, target: str | None) -> Self:
        """Raises BadArguments for what is neither."""
        asked = (("stop_loss", stop), ("take_profit", target))
        return cls(*(None if text is None else parse_level(name, text, NOTHING_SENT) for name, text in asked))

    def of_order(self, order: SentOrder, entry: Decimal | None) -> "Exits":
        """Raises BadArguments for an order that opens nothing, and for a price on the wrong side of its entry."""
        if self.stop is None and self.target is None:
            return Exits()
        if order.action == "CLOSE" or (order.side == "SELL" and not is_perpetual(order.connector)):
            raise BadArguments(
                "stop_loss and take_profit are of what an order opens, and this one only sells or closes.",
                NOTHING_SENT,
                "protect_position protects what is held.",
            )
        if entry is None:
            raise BadArguments("No price is known that they could be held to.", NOTHING_SENT, "Leave them out.")
        side = _side(order)
        exits = Exits(
            None if self.stop is None else self.stop.as_exit("stop", side, entry),
            None if self.target is None else self.target.as_exit("target", side, entry),
        )
        exits.check(entry, buys=order.side == "BUY")
        return exits


@frozen
class Exits:
    """Prices in quote at which what an order opens is closed at market; None for none. `price` is which one is held to
    them."""

    stop: Decimal | None = None
    target: Decimal | None = None
    price: PriceKind = "last"

    def __bool__(self) -> bool:
        return self.stop is not None or self.target is not None

    def check(self, entry: Decimal, *, buys: bool) -> None:
        """Raises BadArguments for a price on the wrong side of that at which it is entered."""
        for name, level, below in (("stop_loss", self.stop, buys), ("take_profit", self.target, not buys)):
            if level is not None and (not 0 < level < entry if below else level <= entry):
                raise BadArguments(
                    f"A {name} of {plain(level):f} isn't {'below' if below else 'above'} {money(entry):f}, the price "
                    f"at which it {'buys' if buys else 'sells'}.",
                    NOTHING_SENT,
                    f"Correct it. {SIGNED}",
                )

    @property
    def words(self) -> str:
        """ "stop 42000, target 52000" """
        return ", ".join(f"{name} {plain(level):f}" for name, level in self._levels)

    @property
    def _levels(self) -> list[tuple[str, Decimal]]:
        found = (("stop", self.stop), ("target", self.target))
        return [(name, level) for name, level in found if level is not None]

    def foretold(self, prepared: PreparedOrder) -> str:
        """The same with what the order would lose or gain there."""
        order, entry = prepared.order, prepared.fills_at or Decimal(0)
        said = []
        for name, level in self._levels:
            gain = gain_of_unit(entry, level, prepared.fee.rate, buys=order.side == "BUY")
            comes = f"{money(times(order.amount, abs(gain))):f} {named(quote_of(order.pair))}"
            said.append(f"{name} {plain(level):f}: {comes} {'lost' if gain < 0 else 'gained'}")
        return f"{', '.join(said)}; both fees included"

    def arming(self, order: SentOrder) -> tuple[PlannedRequest, ...]:
        """What is kept with the order, as a plan has it."""
        if not self:
            return ()
        words = f"{self.words} for {order.side} {plain(order.amount):f} {named(order.pair)} when it fills"
        return (PlannedRequest.kept("place_order", "triggers", words),)

    def later(self, order: SentOrder) -> tuple[Later, ...]:
        """What they send, as a plan has it."""
        sent = []
        for one in self.specs(order):
            assert one.then is not None
            side = "SELL" if order.side == "BUY" else "BUY"
            action = "CLOSE" if is_perpetual(order.connector) else None
            way_out = evolve(order, side=side, type="MARKET", price=None, action=action)
            request = evolve(order_request(way_out, reduces=True), words=one.words)
            sent.append(Later.fired(request, one.then.tool))
        return tuple(sent)

    async def watching(self, installation: Installation, order: SentOrder) -> "Exits":
        """The same by the price that is watched there. Raises nothing."""
        if not self:
            return self
        found = await answer_within(watched_price(installation, order.connector, order.pair), PATIENCE)
        return self if isinstance(found, CallError) else evolve(self, price=found[0])

    async def beside(self, installation: Installation, prepared: PreparedOrder) -> tuple[str, ...]:
        """What else protects the same, and what else they close, in sentences. Raises nothing."""
        if not self:
            return ()
        triggers, unread = await live_triggers(installation)
        notes = beside_notes(_opened(prepared.order), triggers, unread)
        if (held := prepared.adds_to) is None:
            return notes
        names = " and ".join(name for name, _ in self._levels)
        whole = f"Its {names} would close the whole position, with the {held.amount:f} {named(held.base)} open before."
        return (whole, *notes)

    def closes_on(self, order: SentOrder) -> list[tuple[str, str, str]]:
        """The market of the position that they close, all of it."""
        return [(order.account, order.connector, order.pair)] if self and is_perpetual(order.connector) else []

    def specs(self, order: SentOrder) -> list[Spec]:
        """The triggers for the order as it is sent."""
        what = _opened(order)
        found = []
        for level, goes in ((self.stop, what.against), (self.target, what.well)):
            if level is None:
                continue
            when = Condition(
                goes=goes,
                level=level,
                connector_name=order.connector,
                trading_pair=order.pair,
                price=self.price,
            )
            found.append(Spec(when=when, then=_action(what, max(level, order.price or level)), protects=what))
        return found


def _opened(order: SentOrder) -> Protected:
    """What it opens or buys."""
    return Protected(
        account_name=order.account,
        connector_name=order.connector,
        trading_pair=order.pair,
        side=_side(order),
        amount=None if is_perpetual(order.connector) else order.amount,
    )


def _side(order: SentOrder) -> Side:
    return "LONG" if order.side == "BUY" else "SHORT"


def _action(what: Protected, price: Decimal) -> Action:
    if what.amount is None:
        return Action(tool="close_position", arguments=closing(what), words=closing_words(closing(what)), reduces=True)
    words = f"SELL {plain(what.amount):f} {named(what.trading_pair)} MARKET on {named(what.connector_name)}"
    return Action(tool="place_order", arguments=selling(what, price), words=words, reduces=True)


class EntryTriggers:
    """Triggers that begin with the fill of an order and are kept before it is sent (see Companion): `specs` has them
    for it as it is sent, and `planned` is what was granted. `which` names them then."""

    def __init__(
        self, installation: Installation, planned: PlannedRequest, specs: Callable[[SentOrder], Sequence[Spec]]
    ) -> None:
        self._installation = installation
        self._planned = planned
        self._specs = specs
        self._kept: dict[int, Spec] = {}

    @property
    def which(self) -> str:
        """ "triggers 1, 2" """
        return f"trigger{'' if len(self._kept) == 1 else 's'} {', '.join(map(str, self._kept))}"

    @property
    def _of_position(self) -> bool:
        return any(one.protects is not None and one.protects.amount is None for one in self._kept.values())

    async def begin(self, order: SentOrder, key: int) -> None:
        """Raises Refused where the store fails, and what `Installation.keep` does."""
        after = Filled(account_name=order.account, connector_name=order.connector, sent=key)
        armed_with = self._installation.access  # it stays with them when they are written anew
        specs = [one.model_copy(update={"after": after, "armed_with": armed_with}) for one in self._specs(order)]
        bond, moment = uuid4().hex if len(specs) > 1 else None, now()

        async def write() -> None:
            rows = [new(one, moment, bond, self._installation.access) for one in specs]
            keys = await self._installation.store.add_triggers(rows, "armed with its order, which is to be sent")
            self._kept = dict(zip(keys, specs, strict=True))

        try:
            await self._installation.keep(self._planned, write)
        except StoreError as error:
            raise Refused(
                f"What is to protect it can't be kept: {error.happened}", NOTHING_SENT, error.advice
            ) from None

    async def name(self, order_id: str) -> None:
        for key, spec in self._kept.items():
            assert spec.after is not None
            after = spec.after.model_copy(update={"order_id": order_id, "sent": None})
            with suppress(StoreError):  # the watcher asks what was remembered
                await self._installation.store.rewrite_trigger(
                    key, written_spec(spec.model_copy(update={"after": after}))
                )

    async def _begun(self, order: Order) -> None:
        """They are for what it brought. Raises StoreError: the watcher asks then."""
        for key, spec in self._kept.items():
            begun = written_spec(following(spec, order))
            await self._installation.store.rewrite_trigger(key, begun, "its order is filled", time=now())

    async def end(self) -> None:
        for key in self._kept:
            with suppress(StoreError):  # the watcher finds that nothing was remembered
                await cancel(self._installation, key, "its order wasn't placed")

    def waiting_for(self, unknown: OutcomeUnknown, words: str) -> OutcomeUnknown:
        """The same of an order that has them, if it was placed."""
        advice = f"{unknown.advice} If it was placed and fills, that begins: {words} ({self.which})."
        return OutcomeUnknown(unknown.happened, unknown.undone, advice)

    async def told(self, words: str, order: Order | None = None) -> str:
        """What a caller should know of them, and they of their order, where it was seen since. Raises nothing."""
        filled = order if order is not None and order.status == "FILLED" else None
        try:
            if filled is not None and not filled.missing:
                await self._begun(filled)
            by = await watch_words(self._installation)
        except StoreError:
            by = "unknown"
        ends = "s" if len(self._kept) == 1 else ""
        what = "the whole position" if self._of_position else "what filled"
        begun = f"hold{ends} for {what}" if filled else f"begin{ends} when it fills"
        return f"{words} ({self.which}) {begun}. Watched by: {by}."


@frozen
class Followers:
    """The triggers that waited for the fill of an order, which another replaces: they wait for that of both."""

    triggers: Sequence[Trigger]

    @property
    def arming(self) -> tuple[PlannedRequest, ...]:
        """What is kept with the new order, as a plan has it."""
        if not self.triggers:
            return ()
        words = f"let {', '.join(str(one.key) for one in self.triggers)} wait for the new order too"
        return (PlannedRequest.kept("replace_order", "triggers", words),)

    def specs(self, order: SentOrder) -> list[Spec]:
        """The same for the new order."""
        return [_of(one.spec, order) for one in self.triggers]

    async def leave(self, installation: Installation, old: Order) -> None:
        """The old order is gone: what it never filled needs them no more. Raises nothing."""
        for one in () if old.filled else self.triggers:
            with suppress(StoreError):  # the watcher ends them
                await cancel(installation, one.key, "another order takes the place of its own")


def waiting_for(triggers: Iterable[Trigger], order_id: str | None) -> list[Trigger]:
    """Those that wait for the fill of this order."""
    return [one for one in triggers if one.spec.after is not None and one.spec.after.order_id == order_id]


def _of(spec: Spec, order: SentOrder) -> Spec:
    """Of coins as many as this order buys."""
    return of_coins(spec, order.amount)
