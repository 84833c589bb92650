"""What Hummingbot has no field for comes out as it was asked, by Hummingbot's own reckoning."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.errors import BadArguments
from hbmcp.installation.executors.config.fields import OWN
from hbmcp.installation.executors.config.validation import check, refuse
from hbmcp.installation.executors.plan.grid_sizing import sizing
from hbmcp.installation.executors.plan.own_fields import with_own_fields
from hbmcp.installation.executors.plan.plan import MarketPrices
from hbmcp.installation.executors.plan.planned_orders import plan
from hbmcp.installation.markets.trading_rules import Rule

MARKET = MarketPrices(Decimal(60000), Decimal("59998.8"), Decimal("60002.3"))
BTC = Rule(Decimal("0.00001"), Decimal("0.00001"), Decimal(5), Decimal("0.01"))
SPOT = {"connector_name": "binance", "trading_pair": "BTC-USDT", "side": "BUY"}
GRID = {
    **SPOT,
    "start_price": 58000,
    "end_price": 62000,
    "limit_price": 56000,
    "total_amount_quote": 3000,
    "triple_barrier_config": {"take_profit": "0.005", "take_profit_order_type": "LIMIT"},
}
TWAP = {**SPOT, "total_duration": 3600, "order_interval": 300}


def worked_out(kind: str, config: dict[str, Any], saved: dict[str, Any] | None = None, rule: Rule = BTC) -> Any:
    found, note, problems = with_own_fields(
        check("create_executor", kind, config, saved), MARKET, rule, Decimal("0.001")
    )
    refuse("create_executor", kind, problems)
    return found, note


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(100, 5000), st.decimals("0.99", "1.01", places=4))
def test_a_grid_has_as_many_levels_as_asked_also_once_the_price_has_moved(
    levels: int, each: int, move: Decimal
) -> None:
    config, note = worked_out("grid_executor", {**GRID, "total_amount_quote": each * levels, "levels": levels})
    for price in (MARKET.mid, MARKET.mid * move):
        assert sizing(config, price, BTC).count == levels
    assert config.sent.keys().isdisjoint(OWN)
    assert f"levels {levels}: worked out to min_order_amount_quote" in note


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"levels": 200}, "expected at most 137, got 200: the range holds no more 0.0005 apart"),
        ({"levels": 100, "total_amount_quote": 300}, "got 100: the exchange takes no order below 5 in quote"),
        ({"levels": 5, "min_order_amount_quote": 20}, "give it or min_order_amount_quote, not both"),
        ({"levels": 0}, "expected a whole number at least 1 and at most 500"),
    ],
)
def test_levels_that_cant_be_had_are_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(BadArguments, match=f"levels: .*{why}"):
        worked_out("grid_executor", {**GRID, **change})


def test_coarse_steps_of_the_amount_are_told() -> None:
    coarse = Rule(Decimal("0.01"), Decimal("0.01"), Decimal(5), Decimal("0.01"))
    assert sizing(worked_out("grid_executor", {**GRID, "levels": 5}, rule=coarse)[0], MARKET.mid, coarse).count == 5
    with pytest.raises(BadArguments, match=r"expected \d, got 4: amounts are multiples of 0\.01 base units"):
        worked_out("grid_executor", {**GRID, "levels": 4}, rule=coarse)


def test_a_level_more_or_less_among_many_is_rounding() -> None:
    """A hundred of 10 quote units are of 0.00016 BTC, of which the total pays for a hundred and one."""
    market = MarketPrices(Decimal(61700), Decimal("61699"), Decimal("61701"))
    config = check("create_executor", "grid_executor", {**GRID, "levels": 100, "total_amount_quote": 1000})
    found, note, problems = with_own_fields(config, market, BTC, Decimal("0.001"))
    assert problems == {}
    assert sizing(found, market.mid, BTC).count == 101
    assert "which makes 101: amounts are multiples of 0.00001 base units" in note


def test_what_is_given_wins_over_what_was_saved() -> None:
    config, _ = worked_out("grid_executor", {**GRID, "levels": 5}, {"min_order_amount_quote": "20"})
    assert sizing(config, MARKET.mid, BTC).count == 5
    assert config.applied == {}
    config, note = worked_out("grid_executor", {**GRID, "min_order_amount_quote": 20}, {"levels": 5})
    assert (config.get("min_order_amount_quote"), note, config.applied) == (20, "", {})


@pytest.mark.parametrize("mode", [{}, {"mode": "MAKER", "limit_order_buffer": "0.001"}])
def test_a_twap_of_a_base_amount_trades_that(mode: dict[str, Any]) -> None:
    config, note = worked_out("twap_executor", {**TWAP, **mode, "total_amount_base": "0.13"})
    found = plan(config, MARKET, BTC)
    assert found is not None
    assert (len(found.orders), found.amount) == (13, Decimal("0.13"))
    assert "total_amount_base 0.13 is total_amount_quote 7" in note
    assert config.sent.keys().isdisjoint(OWN)


def test_a_twap_needs_one_of_the_two_amounts() -> None:
    with pytest.raises(BadArguments, match=r"total_amount_quote: missing; expected it .* or total_amount_base"):
        worked_out("twap_executor", TWAP)
    with pytest.raises(BadArguments, match="give it or total_amount_quote, not both"):
        worked_out("twap_executor", {**TWAP, "total_amount_base": 1, "total_amount_quote": 1})
