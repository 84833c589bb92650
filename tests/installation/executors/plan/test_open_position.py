"""What becomes of a position that is open where an executor is to trade."""

from decimal import Decimal

import pytest

from hbmcp.installation.executors.plan.open_position import position_note
from hbmcp.installation.executors.plan.plan import Side
from hbmcp.installation.positions.position import Position


@pytest.mark.parametrize(
    ("side", "mode", "closes", "words"),
    [
        ("BUY", "HEDGE", False, "at leverage 5 in hedge mode: it stays beside what this executor trades."),
        ("SELL", "ONEWAY", False, "in one-way mode: its sells add to it."),
        ("BUY", "ONEWAY", True, "in one-way mode: its buys only reduce it."),
        ("SELL", "HEDGE", True, "in hedge mode: its sells are to close a LONG, not it."),
    ],
)
def test_what_happens_to_an_open_position(side: Side, mode: str, closes: bool, words: str) -> None:
    one, five = Decimal(1), Decimal(5)
    short = Position("a", "binance_perpetual", "ETH-USDT", "SHORT", one, one, one, one, five)
    assert position_note(short, mode, side, five, closes=closes).endswith(words)
