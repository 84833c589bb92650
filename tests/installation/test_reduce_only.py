"""Which orders can open nothing."""

import pytest

from hbmcp.installation.reduce_only import SURE, SURE_IN_HEDGE_MODE, only_reduces


@pytest.mark.parametrize(
    ("connector", "side", "action", "expected"),
    [
        ("binance", "SELL", None, True),
        ("binance", "BUY", None, False),
        ("bybit_perpetual", "SELL", "CLOSE", True),
        ("bybit_perpetual_testnet", "BUY", "CLOSE", True),
        ("bybit_perpetual", "SELL", "OPEN", False),
        ("hyperliquid_perpetual", "SELL", None, False),
        *(
            (f"{name}_perpetual", "SELL", "CLOSE", False)
            for name in ("okx", "gate_io", "bitget", "dydx_v4", "derive", "binance", "never_heard_of")
        ),
    ],
)
def test_only_what_surely_closes_of_a_position_or_sells_coins(
    connector: str, side: str, action: str | None, expected: bool
) -> None:
    assert only_reduces(connector, side, action) is expected


def test_no_mode_is_asked_for_where_it_makes_no_difference() -> None:
    assert not SURE & SURE_IN_HEDGE_MODE
