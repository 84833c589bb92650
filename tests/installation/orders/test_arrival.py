"""What a purchase brought."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from hbmcp.installation.orders.arrival import arrival_note
from hbmcp.installation.orders.order import Order

D = Decimal
BOUGHT = Order(
    "1", "a", "binance", "BTC-USDT", "BUY", "MARKET", D("0.1"), status="FILLED", filled=D("0.1"), average_price=D(50000)
)


@pytest.mark.parametrize(
    ("fees", "said"),
    [
        ({"BTC": D("0.0001")}, "0.0999 BTC arrived; its fee is taken out."),
        ({"BNB": D("0.005")}, "0.1 BTC arrived; its fee was paid in BNB."),
        ({"USDT": D(5)}, "0.0999 BTC arrived if the exchange took its fee out of that, 0.1 if in USDT: "
         "get_account_balance shows which."),
        ({"BTC": D("0.00005"), "BNB": D("0.005")}, "0.09995 BTC arrived; its fee is taken out."),
        ({}, "0.1 BTC arrived, less a fee that isn't recorded yet and may be taken out of it."),
    ],
)  # fmt: skip
def test_net_of_the_fee(fees: dict[str | None, Decimal], said: str) -> None:
    assert arrival_note(evolve(BOUGHT, fees=fees)) == said


@pytest.mark.parametrize(
    "other", [{"side": "SELL"}, {"connector": "binance_perpetual"}, {"filled": D(0)}, {"pair": None}]
)
def test_what_buys_nothing_on_spot_brings_nothing(other: dict[str, Any]) -> None:
    assert arrival_note(evolve(BOUGHT, **other)) == ""
