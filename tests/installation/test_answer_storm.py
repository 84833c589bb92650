"""A sample of tests/slow/test_answer_storm.py: at each request of a promised tool one of the odd answers."""

from pathlib import Path

import pytest

from tests.answer_storm import CASES, ODD, storm

pytestmark = pytest.mark.anyio

PROMISED = [
    *("get_accounts", "get_account_balance", "get_portfolio_balances", "get_portfolio_performance"),
    *("place_order", "cancel_order", "get_open_orders", "get_order_history", "get_positions", "close_position"),
    *("get_position_history", "get_ticker", "get_orderbook", "get_funding_rates"),
]
NAMES = list(ODD)


@pytest.mark.parametrize("name", PROMISED)
async def test_no_answer_breaks_it(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = PROMISED.index(name)
    wrong = await storm(
        CASES[name], tmp_path, caplog, lambda number: [(NAMES[(5 * number + 11 * first) % len(NAMES)], False)]
    )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("odd", ["data [null]", "html", "cut"])
@pytest.mark.parametrize("name", ["place_order", "close_position"])
async def test_what_was_sent_is_not_lost_whatever_comes_next(
    name: str, odd: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every answer is odd from the one to the order, or the one after it, on."""
    wrong = await storm(CASES[name], tmp_path, caplog, lambda _: [(odd, True)])
    assert not wrong, "\n".join(wrong)
