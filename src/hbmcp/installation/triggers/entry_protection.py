"""The stop and the target that are given with an order: triggers that begin when it fills."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import uuid4

from attrs import evolve, frozen

from hbmcp.errors import BadArguments, CallError, StoreError
from hbmcp.figures import money, plain
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.installation.triggers.action import closing, closing_words, selling
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import WAITING, Action, Filled, Protected, Spec, Trigger, new
from hbmcp.installation.triggers.watching import watch_words
from hbmcp.store import SentOrder
from hbmcp.text import named
from hbmcp.times import now

NOTHING_SENT = "Nothing was sent."


@frozen
class Exits:
    """Prices in quote at which what an order opens is closed at market; None for none."""

    stop: Decimal | None = None
    target: Decimal | None = None

    def __bool__(self) -> bool:
        return self.stop is not None or self.target is not None

    def check(self, order: SentOrder, market: Decimal | None) -> None:
        """Raises BadArguments for an order that opens nothing, and for a price on the wrong side of the order's."""
        if not self:
            return
        if order.action == "CLOSE" or (order.side == "SELL" and not is_perpetual(order.connector)):
            raise BadArguments(
                "stop_loss and take_profit are of what an order opens, and this one only sells or closes.",
                NOTHING_SENT,
                "protect_position protects what is held.",
            )
        entry = order.price or market
        if entry is None:
            raise BadArguments("No price is known that they could be held to.", NOTHING_SENT, "Leave them out.")
        buys = order.side == "BUY"
        for name, level, below in (("stop_loss", self.stop, buys), ("take_profit", self.target, not buys)):
            if level is not None and (level >= entry if below else level <= entry):
                raise BadArguments(
                    f"A {name} of {plain(level):f} isn't {'below' if below else 'above'} {money(entry):f}, the price "
                    f"at which it {'buys' if buys else 'sells'}.",
                    NOTHING_SENT,
                    "Correct it.",
                )

    @property
    def words(self) -> str:
        """As a preview tells them."""
        parts = (("stop", self.stop), ("target", self.target))
        return ", ".join(f"{name} {plain(level):f}" for name, level in parts if level is not None)

    def arming(self, order: SentOrder) -> tuple[PlannedRequest, ...]:
        """What is kept with the order, as a plan has it. It only lessens what is at risk, so no halt holds it back."""
        if not self:
            return ()
        words = f"{self.words} for {order.side} {plain(order.amount):f} {named(order.pair)} when it fills"
        return (evolve(PlannedRequest.kept("place_order", "triggers", words), effect="reduces"),)

    async def keep(
        self, installation: Installation, arming: tuple[PlannedRequest, ...], order: SentOrder, order_id: str
    ) -> tuple[str, ...]:
        """Keep them for an order that was sent, as it was planned; gives sentences. Raises nothing."""
        if not arming:
            return ()
        bond = uuid4().hex if self.stop is not None and self.target is not None else None
        rows = [new(spec, now(), bond) for spec in self._specs(order, order_id)]
        keys: list[int] = []

        async def write() -> None:
            keys.extend(await installation.store.add_triggers(rows, f"armed with order {named(order_id)}"))

        try:
            await installation.keep(arming[0], write)
            by = await watch_words(installation)
        except (StoreError, CallError) as error:
            if not keys:
                return (f"Its {self.words} could NOT be kept: {error.happened} protect_position sets them.",)
            by = "unknown"
        ids = ", ".join(map(str, keys))
        return (f"{self.words} (triggers {ids}) begin when it fills. Watched by: {by}.",)

    def _specs(self, order: SentOrder, order_id: str) -> list[Spec]:
        perpetual = is_perpetual(order.connector)
        what = Protected(
            account_name=order.account,
            connector_name=order.connector,
            trading_pair=order.pair,
            side="LONG" if order.side == "BUY" else "SHORT",
            amount=None if perpetual else order.amount,
        )
        after = Filled(account_name=order.account, connector_name=order.connector, order_id=order_id)
        found = []
        for level, goes in ((self.stop, what.against), (self.target, what.well)):
            if level is None:
                continue
            when = Condition(
                goes=goes,
                level=level,
                connector_name=order.connector,
                trading_pair=order.pair,
                price="mark" if perpetual else "last",
            )
            found.append(
                Spec(when=when, then=_action(what, max(level, order.price or level)), protects=what, after=after)
            )
        return found


def _action(what: Protected, price: Decimal) -> Action:
    if what.amount is None:
        return Action(tool="close_position", arguments=closing(what), words=closing_words(closing(what)), reduces=True)
    words = f"SELL {plain(what.amount):f} {named(what.trading_pair)} MARKET on {named(what.connector_name)}"
    return Action(tool="place_order", arguments=selling(what, price), words=words, reduces=True)


async def follow(
    installation: Installation, triggers: Sequence[Trigger], order: SentOrder, order_id: str
) -> tuple[str, ...]:
    """Let the triggers that waited for the fill of an order wait for that of the one in its place; gives sentences.
    Raises nothing."""
    if not triggers:
        return ()
    after = Filled(account_name=order.account, connector_name=order.connector, order_id=order_id)
    bond, moment = uuid4().hex, now()
    rows = [new(_of(one.spec, order).model_copy(update={"after": after}), moment, bond) for one in triggers]
    try:
        keys = await installation.store.add_triggers(rows, f"with order {named(order_id)}, in the place of another")
        for one in triggers:
            why = f"its order was replaced by {named(order_id)}"
            await installation.store.move_trigger(one.key, WAITING, "cancelled", why, time=moment)
    except StoreError as error:
        return (f"Its stop or target could NOT follow it: {error.happened} protect_position sets them.",)
    return (f"What protects its fill goes with it, as triggers {', '.join(map(str, keys))}.",)


def waiting_for(triggers: Iterable[Trigger], order_id: str | None) -> list[Trigger]:
    """Those that wait for the fill of this order."""
    return [one for one in triggers if one.spec.after is not None and one.spec.after.order_id == order_id]


def _of(spec: Spec, order: SentOrder) -> Spec:
    """Of coins as many as this order buys."""
    if spec.protects is None or spec.protects.amount is None or spec.then is None:
        return spec
    amount = f"{plain(order.amount):f}"
    then = spec.then.model_copy(update={"arguments": {**spec.then.arguments, "amount": amount}})
    return spec.model_copy(update={"protects": spec.protects.model_copy(update={"amount": order.amount}), "then": then})
