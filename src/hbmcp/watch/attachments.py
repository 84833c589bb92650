"""What triggers hang on: the position that one protects, the order with whose fills it begins. It ends with them."""

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from hbmcp.errors import ApiFailed, CallError
from hbmcp.figures import plain
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.installation.orders.lookup import find_order
from hbmcp.installation.orders.order import Order
from hbmcp.installation.positions.open_positions import positions_or_doubt
from hbmcp.installation.positions.position import Position
from hbmcp.installation.triggers.trigger import Filled, Protected, Spec, Trigger
from hbmcp.text import named

PATIENCE = 15.0  # seconds for an answer
LOOKS = 2  # without the position, one after the other, before its triggers end: one answer is no proof

USES = frozenset({"search_orders", "list_active_orders", "list_positions", "get_trades", "get_prices", "list_accounts"})


Listed = tuple[list[Position], str | None] | CallError


class Found(NamedTuple):
    """What became of what a trigger hangs on: `over` is why it ends, `spec` what it is from now on, `doubt` why that
    can't be known."""

    over: str = ""
    spec: Spec | None = None
    doubt: CallError | None = None


class Attachments:
    """Looked at now and then, each position and order once for all that hang on it."""

    def __init__(self) -> None:
        self._gone: dict[Protected, int] = {}

    async def look(self, installation: Installation, triggers: Collection[Trigger]) -> dict[int, Found]:
        """By trigger; nothing of those with which all is as it was. The caller uses USES. Raises nothing."""
        orders = list(dict.fromkeys(one.spec.after for one in triggers if one.spec.after is not None))
        positions = {p for one in triggers if (p := _position(one)) is not None}
        accounts = list(dict.fromkeys((one.account_name, one.connector_name) for one in positions))
        seen = await together(_order(installation, one) for one in orders)
        listed = await together(_positions(installation, *one) for one in accounts)
        by_order = dict(zip(orders, seen, strict=True))
        by_account = dict(zip(accounts, listed, strict=True))
        gone = {one: self._is_gone(one, by_account[one.account_name, one.connector_name]) for one in positions}
        self._gone = {one: count for one, count in self._gone.items() if one in positions}
        found: dict[int, Found] = {}
        for one in triggers:
            protects = _position(one)
            if one.spec.after is not None:
                order = by_order[one.spec.after]
                found[one.key] = (
                    Found(doubt=order) if isinstance(order, CallError) else _began(one.spec, order.filled, order.ended)
                )
            elif protects is not None:
                found[one.key] = gone[protects]
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


async def _order(installation: Installation, one: Filled) -> Order | CallError:
    return await answer_within(find_order(installation, one.order_id, one.account_name, one.connector_name), PATIENCE)


async def _positions(installation: Installation, account: str, connector: str) -> Listed:
    return await answer_within(positions_or_doubt(installation, account, connector), PATIENCE)


def _position(one: Trigger) -> Protected | None:
    """The position that it ends with."""
    protects = one.spec.protects
    return protects if protects is not None and protects.amount is None and one.spec.after is None else None


def _began(spec: Spec, filled: Decimal, ended: bool) -> Found:
    """It is for what was filled, as long as more may be, and once no more is."""
    after = spec.after
    assert after is not None
    if not filled:
        return Found(over=f"order {named(after.order_id)} ended without a fill") if ended else Found()
    if not ended and filled == after.filled:
        return Found()
    return Found(spec=following(spec, after, filled, ended))


def following(spec: Spec, after: Filled, filled: Decimal, ended: bool) -> Spec:
    """For what is filled so far, where coins are protected; a position is closed as it is then."""
    changed: dict[str, object] = {"after": None if ended else after.model_copy(update={"filled": plain(filled)})}
    if spec.protects is not None and spec.protects.amount is not None:
        changed["protects"] = spec.protects.model_copy(update={"amount": plain(filled)})
    return spec.model_copy(update=changed)
