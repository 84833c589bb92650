"""Several orders: checked together before the first is sent, sent one by one, and each answered."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from hbmcp.errors import BadArguments, CallError, OutcomeUnknown, Refused
from hbmcp.figures import money, plain
from hbmcp.installation.fresh_checks import HELD_BACK
from hbmcp.installation.installation import Installation, all_of, together
from hbmcp.installation.orders.order import UNKNOWN, Order
from hbmcp.installation.orders.polling import wait_for_outcome
from hbmcp.installation.orders.preparation import OrderRequest, PreparedOrder, prepare_order
from hbmcp.installation.orders.sending import PlannedOrder, Submission, planned_order, send_order
from hbmcp.installation.orders.size_check import Asked, refuse_too_large
from hbmcp.installation.orders.unknown_outcome import known_order_ids
from hbmcp.installation.orders.view import which_order
from hbmcp.pairs import quote_of
from hbmcp.text import named

AT_ONCE = 3  # orders under way: each takes several requests at a time
NOT_SENT = "NOT_SENT"

#: What became of one: the order, why it wasn't placed or isn't known, or None where it wasn't sent.
End = Order | CallError | None


@frozen
class SeveralOrders:
    """Orders that were checked, and the requests that send them. `unfit` is why a balance doesn't hold them, one by one
    or together, or they look like a slip: then they can't be sent."""

    prepared: tuple[PreparedOrder, ...]
    planned: tuple[PlannedOrder, ...]
    unfit: Refused | None

    @property
    def notes(self) -> tuple[str, ...]:
        return self._each(one.notes for one in self.prepared)

    @property
    def foretold(self) -> tuple[str, ...]:
        """The notes of a preview."""
        return self._each(one.foretold for one in self.prepared)

    @property
    def closes_on(self) -> list[tuple[str, str, str]]:
        """The markets of the positions that they may close."""
        return [market for one in self.prepared for market in one.closes_on]

    def _each(self, notes: Iterable[Iterable[str]]) -> tuple[str, ...]:
        return tuple(f"orders[{place}]: {note}" for place, those in enumerate(notes) for note in those)


async def prepare_orders(
    installation: Installation, requests: Sequence[OrderRequest], max_value: Decimal | None
) -> SeveralOrders:
    """Each as `prepare_order` does, and all of one exchange together. Raises Refused, which names each that can't be
    sent: nothing was."""
    places = dict.fromkeys((one.account_name, one.connector_name) for one in requests)
    checked, ids = await all_of(
        together((prepare_order(installation, one, max_value) for one in requests), AT_ONCE),
        all_of(*(known_order_ids(installation, *place) for place in places)),
    )
    unfit = _each_unfit(checked)
    prepared = tuple(one for one in checked if isinstance(one, PreparedOrder))
    if unfit is not None and len(prepared) < len(checked):
        raise unfit
    try:
        _refuse_short(prepared)
        _refuse_large(requests, prepared, max_value)
    except Refused as error:
        unfit = unfit or error
    known = dict(zip(places, ids, strict=True))
    planned = tuple(
        planned_order(
            one.order,
            known[one.order.account, one.order.connector],
            reduces=reduces,
            value=one.size.notional if one.size else None,
            market=one.market,
            uncovered=one.uncovered,
        )
        for one, reduces in zip(prepared, _reduce(prepared), strict=True)
    )
    return SeveralOrders(prepared, planned, unfit)


def _each_unfit(checked: Iterable[PreparedOrder | CallError]) -> Refused | None:
    """What is wrong with each order by itself; None where nothing is."""
    found = enumerate(one if isinstance(one, CallError) else one.unfit for one in checked)
    lines = [f"- orders[{place}]: {one.happened} {one.advice}".rstrip() for place, one in found if one is not None]
    if not lines:
        return None
    several = "\n".join(lines)
    return Refused(f"Not all of these orders can be placed:\n{several}\n", "Nothing was sent.", "Correct them.")


def _reduce(prepared: Iterable[PreparedOrder]) -> Iterator[bool]:
    """Of each, whether it and those before it close no more than the position."""
    closed: dict[tuple[str, str, str, str], Decimal] = {}
    for one in prepared:
        order = one.order
        if one.closes_of is None:
            yield False
            continue
        key = (order.account, order.connector, order.pair, order.side)
        closed[key] = closed.get(key, Decimal(0)) + order.amount
        yield closed[key] <= one.closes_of


def _refuse_short(prepared: Iterable[PreparedOrder]) -> None:
    """Raises Refused where a balance doesn't hold what its orders take together."""
    taken: dict[tuple[str, str, str], Decimal] = {}
    for one in prepared:
        if one.takes is None:
            continue
        key = (one.order.account, one.order.connector, one.takes.token)
        taken[key] = taken.get(key, Decimal(0)) + one.takes.least
        if taken[key] > one.takes.available:
            needed = sum(
                (
                    other.takes.least
                    for other in prepared
                    if other.takes and (other.order.account, other.order.connector, other.takes.token) == key
                ),
                Decimal(0),
            )
            raise Refused(
                f"Together these orders take {money(needed):f} {named(one.takes.token)} on {named(key[1])}, account "
                f"{named(key[0])}, and {plain(one.takes.available):f} is available.",
                "Nothing was sent.",
                "Order less.",
            )


def _refuse_large(
    requests: Sequence[OrderRequest], prepared: Sequence[PreparedOrder], max_value: Decimal | None
) -> None:
    """Raises Refused where orders of one exchange are together worth what would look like a slip in one."""
    groups: dict[tuple[str, str, str], list[tuple[OrderRequest, PreparedOrder]]] = {}
    for asked, one in zip(requests, prepared, strict=True):
        if one.size is not None and not one.reduces:
            key = (one.order.account, one.order.connector, quote_of(one.order.pair))
            groups.setdefault(key, []).append((asked, one))
    for (_, connector, _), group in groups.items():
        if max_value is None and all(asked.size.bounded for asked, _ in group):
            continue
        sizes = [one.size for _, one in group if one.size is not None]
        total = evolve(sizes[0], notional=sum((size.notional for size in sizes), Decimal(0)))
        refuse_too_large(
            Asked(f"Together {len(group)} orders are worth about", connector, group[0][1].order.pair), total, max_value
        )


async def send_orders(
    installation: Installation, several: SeveralOrders, wait: float
) -> tuple[list[End], tuple[str, ...]]:
    """One by one, and what became of each, with what couldn't be remembered. After one whose outcome isn't known, and
    after what would hold back the next one too, none is sent. Raises what hbmcp itself held the first back for."""
    sent: list[Submission | CallError | None] = []
    for place, one in enumerate(several.planned):
        try:
            sent.append(await send_order(installation, one))
        except CallError as error:
            if place == 0 and isinstance(error, HELD_BACK):
                raise
            sent.append(error)
            if isinstance(error, HELD_BACK) or not isinstance(error, Refused | BadArguments):
                sent += [None] * (len(several.planned) - len(sent))
                break
    seen = await together((_outcome(installation, one, wait) for one in sent if isinstance(one, Submission)), AT_ONCE)
    orders = iter(seen)
    notes = tuple(note for one in sent if isinstance(one, Submission) for note in one.notes)
    return [next(orders) if isinstance(one, Submission) else one for one in sent], notes


async def _outcome(installation: Installation, sent: Submission, wait: float) -> Order:
    order = sent.order
    return await wait_for_outcome(installation, sent.order_id, order.account, order.connector, wait, sent=order)


def placed_rows(several: SeveralOrders, ends: Sequence[End]) -> dict[str, Any]:
    """How many came to what, and a row for each, in the order in which they were given."""
    rows = [_row(one, end) for one, end in zip(several.planned, ends, strict=True)]
    return {**Counter(row["status"] for row in rows), "orders": rows}


def _row(planned: PlannedOrder, end: End) -> dict[str, Any]:
    order = planned.order
    seen = end if isinstance(end, Order) else None
    return {
        **which_order(Order.from_sent(order)),
        "order_id": seen.order_id if seen else None,
        "amount": order.amount,
        "price": order.price,
        "status": seen.status if seen else UNKNOWN if isinstance(end, OutcomeUnknown) else NOT_SENT,
        "filled_amount": plain(seen.filled) if seen else None,
        "average_price": seen.average_price if seen else None,
        "reason": (seen.reason or " ".join(seen.doubts) or None) if seen else str(end) if end else None,
    }
