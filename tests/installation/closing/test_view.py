"""The report of several closings: sums by currency."""

from decimal import Decimal

import pytest

from hbmcp.installation.closing.plan import ClosePlan
from hbmcp.installation.closing.pnl_threshold import PnlThreshold
from hbmcp.installation.closing.reduction import Reduction
from hbmcp.installation.closing.result import Closing
from hbmcp.installation.closing.view import closing_report, other_reading
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.installation.orders.order import Order
from hbmcp.installation.positions.open_positions import OpenPositions
from hbmcp.installation.positions.position import Position


def closing(quote: str, pnl: int, fees: dict[str | None, Decimal]) -> Closing:
    """Of one unit, which cost 100."""
    held = Position("a", "x_perpetual", f"A-{quote}", "LONG", Decimal(1), Decimal(100), None, None, None)
    order = Order(
        "1", "a", "x_perpetual", status="FILLED", amount=Decimal(1), filled=Decimal(1),
        average_price=Decimal(100 + pnl), fees=fees,
    )  # fmt: skip
    plan = ClosePlan(held, Decimal(0), Rule(), Reduction("SELL", Decimal(1), Decimal(0)), None, 0.0, 0)
    return Closing(plan, order, Decimal(0), Decimal(0))


class TestFees:
    """Net is told where it is known."""

    def test_by_currency(self) -> None:
        done = [
            closing("USDT", 10, {"USDT": Decimal(1)}),
            closing("USDT", -30, {"USDT": Decimal(2)}),
            closing("USD", 5, {"BNB": Decimal("0.1")}),
        ]
        answer = closing_report(OpenPositions((), (), ()), [(one.plan.position, one) for one in done])
        assert isinstance(answer.value, dict)
        sums = {name: value for name, value in answer.value.items() if name not in ("closed", "positions")}
        assert sums == {
            "realized_pnl_USDT": -20,
            "fee_USDT": 3,
            "net_pnl_USDT": -23,
            "realized_pnl_USD": 5,
            "fee_BNB": Decimal("0.1"),
        }
        assert [row["net_pnl"] for row in answer.value["positions"]] == [9, -32, None]

    @pytest.mark.parametrize("fees", [{}, {None: Decimal(0)}, {"USDT": Decimal(1), "BNB": Decimal(1)}])
    def test_one_that_is_not_known(self, fees: dict[str | None, Decimal]) -> None:
        done = [closing("USDT", 10, {"USDT": Decimal(1)}), closing("USDT", 10, fees)]
        answer = closing_report(OpenPositions((), (), ()), [(one.plan.position, one) for one in done])
        assert isinstance(answer.value, dict)
        assert answer.value["realized_pnl_USDT"] == 20
        assert "net_pnl_USDT" not in answer.value
        assert ("fee_USDT" in answer.value) == ("USDT" in fees)


class TestOtherReading:
    """Of a threshold in percent, which can be meant of entry or of margin."""

    LOST = (2, 6)  # percent of entry, at leverage 3

    @pytest.mark.parametrize(
        ("threshold", "said"),
        [
            (PnlThreshold(Decimal(5)), "In percent of margin instead, 1 more would match."),
            (PnlThreshold(Decimal(5), of="margin"), "In percent of entry instead, 1 of these wouldn't."),
            (PnlThreshold(Decimal(50)), "In percent of margin instead, the same would match."),
            (PnlThreshold(), ""),
        ],
    )
    def test_how_many_more_or_fewer(self, threshold: PnlThreshold, said: str) -> None:
        held = [
            Position("a", "x_perpetual", "A-USDT", "LONG", Decimal(1), Decimal(100), None, Decimal(-lost), Decimal(3))
            for lost in self.LOST
        ]
        chosen = [one for one in held if one in threshold]
        assert other_reading(chosen, [one for one in held if one not in threshold], threshold) == said

    def test_one_without_leverage_is_told(self) -> None:
        held = [Position("a", "x_perpetual", "A-USDT", "LONG", Decimal(1), Decimal(100), None, Decimal(-6), None)]
        said = other_reading(held, [], PnlThreshold(Decimal(5)))
        assert said == "In percent of margin instead, 1 of these wouldn't; of 1 that isn't known."
