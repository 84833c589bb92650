"""What an executor can come to: reckoned by hand."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.installation.executors.config.fields import TYPES
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.executors.plan.plan import MarketPrices
from hbmcp.installation.executors.plan.planned_orders import plan
from hbmcp.installation.executors.plan.preparation import Forecast, Prepared
from hbmcp.installation.executors.plan.stake import stake, stakes
from hbmcp.installation.markets.trading_rules import Rule

PRICE = Decimal(60000)
MARKET = MarketPrices(PRICE, PRICE - 1, PRICE + 1)


def prepared(kind: str, changes: dict[str, Any], price: Decimal | None = PRICE) -> Prepared:
    given = {name: value for name, value in {**TYPES[kind].example, **changes}.items() if value is not None}
    config = check("create_executor", kind, given)
    orders = None if price is None else plan(config, MARKET, Rule())
    forecast = Forecast("binance_perpetual", Rule(), MARKET, orders, {}, ()) if orders else None
    return Prepared("main", config, forecast, price, ())


@pytest.mark.parametrize(
    ("kind", "changes", "value"),
    [
        ("grid_executor", {}, 3000),
        ("dca_executor", {"prices": [59000, 58000], "amounts_quote": [300, 600]}, 900),
        ("twap_executor", {}, 6000),
        ("position_executor", {"amount": "0.1"}, Decimal("6000.1")),  # at the ask
        ("position_executor", {"amount": "0.1", "entry_price": 50000}, Decimal("6000.1")),
        ("position_executor", {"amount": "0.1", "entry_price": 70000}, 7000),
        ("order_executor", {"amount": "0.1", "price": 50000}, 6000),
        ("order_executor", {"amount": "0.1", "price": 120000}, 12000),  # its own limit is twice the market's price
        ("arbitrage_executor", {"order_amount": "0.1"}, 12000),
        ("xemm_executor", {"order_amount": "0.1"}, 12000),
        ("lp_executor", {"base_amount": 2, "quote_amount": 150, "upper_price": 160}, 470),
    ],
)
def test_the_whole_size_is_at_the_worse_price(kind: str, changes: dict[str, Any], value: Decimal) -> None:
    found = stake("main", prepared(kind, changes))
    assert (found.account, found.type) == ("main", kind)
    assert found.value == pytest.approx(value, abs=Decimal("0.01"))


def test_liquidity_has_its_range_for_a_price() -> None:
    found = stake("main", prepared("lp_executor", {"lower_price": 140, "upper_price": 160}))
    assert (found.price, found.until) == (140, 160)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("arbitrage_executor", {}),
        (
            "order_executor",
            {"connector_name": "solana", "leverage": None, "execution_strategy": "MARKET", "price": None},
        ),
    ],
)
def test_what_has_no_price_has_no_value(kind: str, changes: dict[str, Any]) -> None:
    assert stake("main", prepared(kind, changes, price=None)).value is None


@pytest.mark.parametrize("kind", ["arbitrage_executor", "xemm_executor"])
def test_each_of_two_markets_counts_at_its_own_price(kind: str) -> None:
    made = prepared(kind, {"order_amount": "0.1"})
    found = stakes("main", made)
    assert found is not None
    assert [(one.exchange, one.pair) for one in found] == made.config.markets
    assert [(one.amount, one.value, one.market) for one in found] == [(Decimal("0.1"), None, None)] * 2
    assert stakes("main", prepared("grid_executor", {})) is None


@pytest.mark.parametrize(
    ("kind", "changes", "price"),
    [
        ("dca_executor", {"prices": [59000, 30000], "amounts_quote": [300, 600]}, 30000),
        ("order_executor", {"amount": "0.1", "price": 120000}, 120000),
    ],
)
def test_its_price_is_the_furthest_of_its_orders(kind: str, changes: dict[str, Any], price: int) -> None:
    assert stake("main", prepared(kind, changes)).price == price
