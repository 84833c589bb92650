"""What triggers hang on: the position that one protects, the coins, the order with whose fills it begins. It ends with
them."""

from collections.abc import Awaitable, Collection
from decimal import Decimal
from typing import TypeVar

from hbmcp.errors import ApiFailed, CallError
from hbmcp.figures import plain
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.installation.levels import Level
from hbmcp.installation.orders.lookup import find_order
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.unknown_outcome import order_behind
from hbmcp.installation.positions.open_positions import positions_or_doubt
from hbmcp.installation.positions.position import Position
from hbmcp.installation.triggers.coins import following
from hbmcp.installation.triggers.trigger import Filled, Protected, Spec, Trigger
from hbmcp.text import named
from hbmcp.times import now
from hbmcp.watch.attached_coins import AttachedCoins
from hbmcp.watch.found import LOOKS, PATIENCE, Found

COINS = 3  # looks from one at coins to the next: it makes the API ask every exchange of the account
ANSWERED = 120_000  # ms after which an order that was sent is known, or nobody will know of it
SAME_ENTRY = Decimal("0.0005")  # of the level, by which it doesn't move: exchanges round

T = TypeVar("T")

USES = frozenset(
    {
        "search_orders",
        "list_active_orders",
        "list_positions",
        "get_trades",
        "get_prices",
        "list_accounts",
        "get_portfolio_state",
        "get_trading_rules",
    }
)

Listed = tuple[list[Position], str | None] | CallError


class Attachments:
    """Looked at now and then, each position, order and balance once for all that hang on it."""

    def __init__(self) -> None:
        self._coins = AttachedCoins()
        self._gone: dict[Protected, int] = {}
        self._levels: dict[int, Decimal] = {}  # of those whose position has another entry, at the last look
        self._looks = 0

    async def look(self, installation: Installation, triggers: Collection[Trigger]) -> dict[int, Found]:
        """By trigger; nothing of those with which all is as it was. The caller uses USES. Raises nothing."""
        orders = list(dict.fromkeys(one.spec.after for one in triggers if one.spec.after is not None))
        positions = {p for one in triggers if (p := _position(one)) is not None}
        accounts = list(dict.fromkeys((one.account_name, one.connector_name) for one in positions))
        seen = await together(_order(installation, one) for one in orders)
        listed = await together(_positions(installation, *one) for one in accounts)
        by_order = dict(zip(orders, seen, strict=True))
        by_account = dict(zip(accounts, listed, strict=True))
        self._gone = {one: count for one, count in self._gone.items() if one in positions}
        gone = {one: self._is_gone(one, by_account[one.account_name, one.connector_name]) for one in positions}
        found = await self._coins.look(installation, triggers) if self._looks % COINS == 0 else {}
        self._looks += 1
        for one in triggers:
            protects = _position(one)
            if one.spec.after is not None:
                found[one.key] = _entered(one.spec, by_order[one.spec.after])
            elif protects is not None:
                found[one.key] = gone[protects]
                if gone[protects] == Found():
                    found[one.key] = self._entered_anew(one, by_account[protects.account_name, protects.connector_name])
        return found

    def _is_gone(self, protects: Protected, answer: Listed) -> Found:
        if isinstance(answer, CallError):
            return Found(doubt=answer)
        listed, doubt = answer
        there = any(row.pair == protects.trading_pair and row.side == protects.side for row in listed)
        self._gone[protects] = 0 if there or doubt is not None else self._gone.get(protects, 0) + 1
        if doubt is not None:
            return Found(doubt=ApiFailed(f"Whether its position is open can't be known: {doubt}"))
        if self._gone[protects] < LOOKS:
            return Found()
        return Found(over=f"the position {named(protects.trading_pair)} on {named(protects.connector_name)} is gone")

    def _entered_anew(self, one: Trigger, answer: Listed) -> Found:
        """Where its level lies by the entry that its position has by now, once two looks say the same."""
        spec, before = one.spec, self._levels.pop(one.key, None)
        protects, level = spec.protects, spec.when.level
        if isinstance(answer, CallError) or protects is None or level is None or spec.of_entry is None:
            return Found()
        itself = (row for row in answer[0] if row.pair == protects.trading_pair and row.side == protects.side)
        entry = next(map(_entry, itself), None)
        if not entry:
            return Found()
        moved = Level(percent=spec.of_entry).of(entry)
        if abs(moved - level) <= level * SAME_ENTRY:
            return Found()
        if moved != before:
            self._levels[one.key] = moved
            return Found()
        when = spec.when.model_copy(update={"level": moved})
        why = f"the position's entry is {plain(entry):f} now, so it is for {plain(moved):f}"
        return Found(spec=spec.model_copy(update={"when": when}), why=why)


async def _order(installation: Installation, one: Filled) -> Order | Found:
    """The order, or what that there is none means for what hangs on it. Raises CallError."""
    order_id = one.order_id
    if order_id is None:
        remembered = None if one.sent is None else await installation.store.sent_order(one.sent)
        if remembered is None:
            return Found(over="its order wasn't placed")
        order_id = await _in_time(order_behind(installation, remembered))
        if order_id is None:
            late = abs(now() - remembered.time) > ANSWERED
            return Found(doubt=ApiFailed("Whether its order was placed isn't known.") if late else None)
    return await _in_time(find_order(installation, order_id, one.account_name, one.connector_name))


async def _in_time(question: Awaitable[T]) -> T:
    answer = await answer_within(question, PATIENCE)
    if isinstance(answer, CallError):
        raise answer
    return answer


def _entry(position: Position) -> Decimal | None:
    return position.entry if position.entry is not None and position.entry > 0 else None


async def _positions(installation: Installation, account: str, connector: str) -> Listed:
    return await answer_within(positions_or_doubt(installation, account, connector), PATIENCE)


def _position(one: Trigger) -> Protected | None:
    """The position that it ends with."""
    protects = one.spec.protects
    return protects if protects is not None and protects.amount is None and one.spec.after is None else None


async def entry_of(installation: Installation, spec: Spec) -> Found:
    """Of one that waits for an order's fills, by that order as it is now. Raises nothing."""
    assert spec.after is not None
    (order,) = await together([_order(installation, spec.after)])
    return _entered(spec, order)


def _entered(spec: Spec, order: Order | Found | CallError) -> Found:
    """It is for what was filled, as long as more may be, and once no more is."""
    if isinstance(order, CallError):
        return Found(doubt=order)
    if isinstance(order, Found):
        return order
    assert spec.after is not None
    after = spec.after.model_copy(update={"order_id": order.order_id, "sent": None})
    if not order.filled and order.ended:
        return Found(over=f"{after.words} ended without a fill")
    if not order.ended and (order.filled, after) == (spec.after.filled, spec.after):
        return Found()
    return Found(spec=following(spec, order))
