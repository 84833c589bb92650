"""What an exchange takes as an order's size."""

from decimal import Decimal

import pytest

from hbmcp.errors import Refused
from hbmcp.installation.markets.trading_rules import Rule


def test_a_price_that_was_worked_out_is_told_without_all_its_digits() -> None:
    rule = Rule(amount_step=Decimal("0.0001"), min_notional=Decimal(5))
    with pytest.raises(Refused, match=r"^0.0008 ETH at 3333.3333 is worth 2.6666667 USDT, less than the smallest"):
        rule.sized(Decimal("0.0008"), "ETH-USDT", Decimal(10_000) / 3)
