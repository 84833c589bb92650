"""Which positions are beyond a threshold of unrealized P&L."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.closing.pnl_threshold import PnlThreshold
from hbmcp.installation.positions.position import Basis, Position


def position(amount: Decimal, entry: Decimal, unrealized: Decimal | None, leverage: Decimal | None) -> Position:
    return Position("a", "x_perpetual", "A-B", "LONG", amount, entry, None, unrealized, leverage)


positive = st.decimals("0.001", 100_000, places=3)


class TestThreshold:
    """In fractions of whole numbers, not with the percents that are shown."""

    @given(positive, positive, st.decimals(-1000, 1000, places=3), st.integers(1, 125), st.decimals(0, 200, places=2))
    def test_losses_and_profits(
        self, amount: Decimal, entry: Decimal, pnl: Decimal, leverage: int, limit: Decimal
    ) -> None:
        one = position(amount, entry, pnl, Decimal(leverage))
        worth = amount * entry
        assert (one in PnlThreshold(loss_over=limit)) == (pnl * 100 < -limit * worth)
        assert (one in PnlThreshold(profit_over=limit)) == (pnl * 100 > limit * worth)
        assert (one in PnlThreshold(loss_over=limit, of="margin")) == (pnl * 100 * leverage < -limit * worth)

    @pytest.mark.parametrize(("pnl", "beyond"), [("-5", False), ("-5.001", True), ("5.001", False)])
    def test_over_is_more_than(self, pnl: str, beyond: bool) -> None:
        one = position(Decimal(1), Decimal(100), Decimal(pnl), Decimal(1))
        assert (one in PnlThreshold(loss_over=Decimal(5))) is beyond

    @pytest.mark.parametrize("of", ["entry", "margin"])
    def test_what_is_not_known_is_never_beyond(self, of: Basis) -> None:
        assert position(Decimal(1), Decimal(100), None, None) not in PnlThreshold(loss_over=Decimal(0), of=of)
        unlevered = position(Decimal(1), Decimal(100), Decimal(-50), None)
        assert (unlevered in PnlThreshold(loss_over=Decimal(1), of=of)) is (of == "entry")

    @pytest.mark.parametrize(
        ("pnl", "shown"), [("-0.0546", "-0.0546"), ("-0.05", "-0.05"), ("12.5", "12.5"), ("0.00001", "0")]
    )
    def test_percents_are_fine_enough_to_tell_why(self, pnl: str, shown: str) -> None:
        one = position(Decimal(1), Decimal(100), Decimal(pnl), Decimal(10))
        assert str(one.percent_of("entry")) == shown
        assert one.percent_of("margin") == round(Decimal(pnl) * 10, 4)
        assert position(Decimal(1), Decimal(0), Decimal(pnl), None).percent_of("entry") is None
        assert position(Decimal(1), Decimal(1), None, None).percent_of("entry") is None

    def test_without_one_all_are_chosen(self) -> None:
        assert position(Decimal(1), Decimal(100), None, None) in PnlThreshold()
