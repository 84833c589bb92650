"""What a level of a grid has bought can be sold again: less the fee, on the step, at the lowest price."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.executors.plan.early_termination import termination_causes
from hbmcp.installation.executors.plan.own_fields import with_own_fields
from hbmcp.installation.executors.plan.plan import MarketPrices
from hbmcp.installation.executors.plan.planned_orders import plan
from hbmcp.installation.markets.trading_rules import Rule

FEE = Decimal("0.001")
BTC = Rule(Decimal("0.00001"), Decimal("0.00001"), Decimal(5), Decimal("0.01"))
GRID = {
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "total_amount_quote": 1000,
    "triple_barrier_config": {"take_profit": "0.003", "take_profit_order_type": "LIMIT"},
}


def grid(price: int, **changes: Any) -> tuple[Config, MarketPrices]:
    market = MarketPrices(Decimal(price), Decimal(price - 1), Decimal(price + 1))
    ends = {"start_price": price * 95 // 100, "end_price": price * 105 // 100, "limit_price": price * 90 // 100}
    config = check("create_executor", "grid_executor", {**GRID, **ends, **changes})
    found, _, problems = with_own_fields(config, market, BTC, FEE)
    assert not problems
    return found, market


def causes(config: Config, market: MarketPrices) -> dict[str, str]:
    planned = plan(config, market, BTC)
    assert planned is not None
    return dict(termination_causes(config, planned, market, BTC, FEE))


def test_what_the_fee_leaves_too_small_to_be_sold_is_refused_with_levels_that_hold() -> None:
    found = causes(*grid(68000))["min_order_amount_quote"]
    assert found == (
        "a level of 0.00008 could close only 0.00007 less the fee, 4.535566 in quote, and the exchange takes no order "
        "below 5: set levels to 163 or fewer"
    )
    assert causes(*grid(68000, levels=163)) == {}
    assert causes(*grid(68000, connector_name="binance_perpetual", leverage=1)) == {}
    assert causes(*grid(68000, side="SELL", limit_price=75000)) == {}


@settings(deadline=None)
@given(st.integers(20_000, 120_000), st.integers(50, 5000))
def test_whatever_starts_can_sell_what_it_bought(price: int, total: int) -> None:
    config, market = grid(price, total_amount_quote=total)
    planned = plan(config, market, BTC)
    assert planned is not None
    step = Decimal("0.00001")
    sales = [
        (order.amount * (1 - FEE) // step * step).quantize(step, ROUND_DOWN) * order.target
        for order in planned.orders
        if order.target is not None
    ]
    assert bool(causes(config, market)) == any(sale < 5 for sale in sales)
