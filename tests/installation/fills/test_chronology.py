"""The true order of fills that a clock has timed which is set only now and then."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.fills.chronology import OrderTimes, chronological
from hbmcp.installation.fills.fills import Fill
from tests.installation.fills.rows import (
    MINUTE,
    NOW,
    order,
    trade,
)


@given(
    st.lists(
        st.tuples(st.just(0) | st.integers(1, 600), st.booleans(), st.sampled_from(["FILLED", "CANCELLED"])),
        max_size=25,
    ),
    st.integers(1, 300),
    st.randoms(),
)
def test_a_clock_that_is_set_now_and_then_hides_no_order(
    steps: list[tuple[int, bool, str]], every: int, shuffle: Any
) -> None:
    """Market orders at true times; the fills' recorded times are those of the last time the clock was set."""
    time, true, fills, orders = NOW, [], [], []
    for number, (seconds, buys, status) in enumerate(steps):
        time += seconds * 1000
        recorded = NOW + (time - NOW) // (every * 1000) * every * 1000
        side = "BUY" if buys else "SELL"
        fills.append(Fill.from_row(trade(number, side, "1", 100, recorded)))
        orders.append(order(number, side, time, time, status))
        true.append(time)
    shuffle.shuffle(fills)
    found = chronological(fills, OrderTimes.from_rows(reversed(orders)))
    assert [one.time for one in found.fills] == true
    assert [one.order_id for one in found.fills] == [row["order_id"] for row in orders]
    assert not found.unsure
    assert not found.tied


def test_an_order_that_was_changed_long_after_its_fill() -> None:
    """Recorded times that differ are in order, whatever the orders' are."""
    rows = [trade(1, "BUY", "1", 100, NOW), trade(2, "SELL", "1", 100, NOW + MINUTE)]
    orders = [order(2, "SELL", NOW + MINUTE, NOW + MINUTE), order(1, "BUY", NOW, NOW + 60 * MINUTE)]
    found = chronological([Fill.from_row(row) for row in reversed(rows)], OrderTimes.from_rows(orders))
    assert [(one.side, one.time) for one in found.fills] == [("BUY", NOW + MINUTE), ("SELL", NOW + MINUTE)]
