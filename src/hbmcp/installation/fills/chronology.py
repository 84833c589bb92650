"""The true order of fills, and their times.

The API's time of a fill can be five minutes early, because it is that of a clock which is set only now and then: all
fills of those minutes bear one time, and stand in no order there. Orders have true times, and those tell: a fill isn't
earlier than its order's creation, and the last of an order that is filled is that order's last change.
"""

from collections.abc import Collection, Iterable, Mapping

from attrs import evolve, frozen

from hbmcp.installation.answer_fields import Fields, moment, text
from hbmcp.installation.fills.fills import EARLY, Fill
from hummingbot_api.request import Json


@frozen
class OrderTimes:
    """`created` and `updated` in epoch milliseconds. `rank` is greater for what was created later."""

    created: int
    updated: int
    filled: bool
    rank: int = 0

    @classmethod
    def from_rows(cls, rows: Iterable[Json]) -> "dict[str, OrderTimes]":
        """By order id. Rows of POST /trading/orders/search of one account, newest first."""
        found: dict[str, OrderTimes] = {}
        for place, row in enumerate(rows):
            order_id, times = cls.from_row(row)
            found[order_id] = evolve(times, rank=-place)
        return found

    @classmethod
    def from_row(cls, row: Json) -> "tuple[str, OrderTimes]":
        """Its order id, and its times."""
        fields = Fields(row)
        created = fields.needed("created_at", moment)
        updated = fields.needed("updated_at", moment)
        return fields.needed("order_id", text), cls(created, updated, fields.needed("status", text) == "FILLED")


@frozen
class ChronologicalFills:
    """Fills in their order, with their times as well as they are known. Those at the times `unsure` can be five minutes
    later, and those at the times `tied` in another order than this."""

    fills: tuple[Fill, ...]
    unsure: frozenset[int]
    tied: frozenset[int]


def chronological(fills: Collection[Fill], orders: Mapping[str, OrderTimes]) -> ChronologicalFills:
    """Fills of one pair that one clock has timed, that of an account's connection to an exchange, put in order."""
    last: dict[str, int] = {}
    for fill in fills:
        last[fill.order_id] = max(fill.time, last.get(fill.order_id, 0))

    def place(fill: Fill) -> tuple[int, int, int]:
        order = orders.get(fill.order_id)
        return (fill.time, _moment(fill, order, last), order.rank if order else 0)

    placed = [(place(fill), fill) for fill in fills]
    placed.sort(key=lambda one: one[0])
    together: dict[int, list[Fill]] = {}
    for _, fill in placed:
        together.setdefault(fill.time, []).append(fill)
    moments = [moment for (_, moment, _), _ in placed]
    for number in reversed(range(len(placed) - 1)):  # nothing is later than what comes after it
        moments[number] = min(moments[number], moments[number + 1])
    timed = tuple(evolve(fill, time=moment) for moment, (_, fill) in zip(moments, placed, strict=True))
    late = (_late(fill, orders.get(fill.order_id), last) for _, fill in placed)
    return ChronologicalFills(
        timed,
        frozenset(fill.time for fill, can_be_later in zip(timed, late, strict=True) if can_be_later),
        frozenset(
            time
            for time, group in together.items()
            if len({fill.side for fill in group}) > 1 and any(fill.order_id not in orders for fill in group)
        ),
    )


def _moment(fill: Fill, order: OrderTimes | None, last: Mapping[str, int]) -> int:
    """The best that is known of a fill's time."""
    if order is None:
        return fill.time
    least = max(fill.time, order.created)
    if order.filled and fill.time == last[fill.order_id]:
        return max(least, min(order.updated, fill.time + EARLY))
    return least


def _late(fill: Fill, order: OrderTimes | None, last: Mapping[str, int]) -> bool:
    """Whether the fill can be later than that."""
    if order is None:
        return True
    if order.filled and fill.time == last[fill.order_id]:
        return False
    return order.updated > max(fill.time, order.created)
