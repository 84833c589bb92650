"""Coins on spot that triggers protect: none of them sells more than is left of its own."""

from collections.abc import Callable, Collection, Iterable
from decimal import Decimal

from hbmcp.figures import plain
from hbmcp.installation.balances import Coins
from hbmcp.installation.orders.arrival import least_arrived
from hbmcp.installation.orders.order import Order
from hbmcp.installation.triggers.trigger import FIRING, WAITING, Spec, Trigger
from hbmcp.pairs import base_of

ZERO = Decimal(0)


def coins_of(spec: Spec) -> Coins | None:
    """Those that it protects; None for any other, and for one that waits for the first fill of its order."""
    protects = spec.protects
    if protects is None or protects.amount is None or (spec.after is not None and not spec.after.filled):
        return None
    return protects.account_name, protects.connector_name, base_of(protects.trading_pair)


def protecting_coins(triggers: Collection[Trigger], coins: Coins) -> list[Trigger]:
    """Those of these that wait and protect them, oldest first; none of a bond that fires, which ends."""
    firing = {one.row.bond for one in triggers if one.row.state in FIRING}
    waiting = [one for one in triggers if one.row.state in WAITING and one.row.bond not in firing - {None}]
    return sorted((one for one in waiting if coins_of(one.spec) == coins), key=lambda one: one.key)


def protected_amount(protecting: Iterable[Trigger]) -> Decimal:
    """What they protect together: those of one bond the same coins."""
    return sum(_lots(protecting).values(), ZERO)


def left_of_each(
    protecting: Iterable[Trigger], units: Decimal, too_few: Callable[[Decimal], bool]
) -> dict[int, Decimal]:
    """By trigger, how many of its coins are left where there are so many of all, 0 where they are too few to sell; only
    of those that have fewer than before. The coins that were protected first were sold first."""
    protecting = list(protecting)
    lots = _lots(protecting)
    short = max(sum(lots.values(), ZERO) - units, ZERO)
    found: dict[int, Decimal] = {}
    for lot, amount in lots.items():
        taken = min(short, amount)
        short -= taken
        left = ZERO if too_few(amount - taken) else plain(amount - taken)
        if taken:
            found |= {one.key: left for one in protecting if _lot(one) == lot and _amount(one) > left}
    return found


def of_coins(spec: Spec, amount: Decimal) -> Spec:
    """The same for so many coins."""
    protects, then = spec.protects, spec.then
    if protects is None or protects.amount is None or then is None:
        return spec
    told = f"{plain(amount):f}"
    words = then.words
    if (before := f"SELL {plain(protects.amount):f} ") and words.startswith(before):
        words = f"SELL {told} {words.removeprefix(before)}"
    then = then.model_copy(update={"arguments": {**then.arguments, "amount": told}, "words": words})
    return spec.model_copy(update={"protects": protects.model_copy(update={"amount": plain(amount)}), "then": then})


def following(spec: Spec, order: Order) -> Spec:
    """One that waits for the fills of this order, for what they brought so far; a position is closed as it is then."""
    assert spec.after is not None
    after = spec.after.model_copy(update={"order_id": order.order_id, "sent": None, "filled": plain(order.filled)})
    spec = spec.model_copy(update={"after": None if order.ended else after})
    return of_coins(spec, least_arrived(order)) if order.filled else spec


def _lots(protecting: Iterable[Trigger]) -> dict[str, Decimal]:
    lots: dict[str, Decimal] = {}
    for one in protecting:
        lots[_lot(one)] = max(lots.get(_lot(one), ZERO), _amount(one))
    return lots


def _lot(one: Trigger) -> str:
    return one.row.bond or str(one.key)


def _amount(one: Trigger) -> Decimal:
    return (one.spec.protects.amount if one.spec.protects else None) or ZERO
