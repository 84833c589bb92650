"""The orders that are told beforehand are those that the paper exchange places, which were made from the real ones."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.executors.plan.crossing import crossing_note
from hbmcp.installation.executors.plan.early_termination import termination_causes
from hbmcp.installation.executors.plan.exit_prices import exit_prices, worst_stop
from hbmcp.installation.executors.plan.plan import MarketPrices, Plan
from hbmcp.installation.executors.plan.planned_orders import plan
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.paper.executors.record import Record
from hbmcp.paper.executors.trader import Trader
from tests.paper.executors.paper_executors import PaperExecutors
from tests.paper.scripted_market import BEGIN, ScriptedMarket

PERPETUAL = {"connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "leverage": 50}
BTC = Rule(Decimal("0.001"), Decimal("0.001"), Decimal(100), Decimal("0.1"))
BARRIERS = {"take_profit": "0.01", "open_order_type": "LIMIT_MAKER", "take_profit_order_type": "LIMIT"}


def checked(kind: str, **config: Any) -> Config:
    return check("create_executor", kind, {**PERPETUAL, **config})


def seen(trader: Trader) -> MarketPrices:
    return MarketPrices(trader.mid, trader.bid, trader.ask)


def foretold(config: Config, trader: Trader) -> Plan:
    found = plan(config, seen(trader), BTC)
    assert found is not None
    return found


def begun(paper: PaperExecutors, config: Config) -> tuple[Record, Trader]:
    """The executor as the paper exchange has it after its first look."""
    made = paper.executors.create("master_account", "main", config.sent)
    return made, paper.executors.load(made, BEGIN)[1]


def placed(record: Record) -> list[tuple[int, str, str, Decimal]]:
    return [(leg.level, leg.side, leg.type, leg.amount) for leg in record.legs]


def told(found: Plan, count: int) -> list[tuple[int, str, str, Decimal]]:
    return [(one.level, one.side, one.type, one.amount) for one in found.orders[:count]]


@st.composite
def grids(draw: st.DrawFn) -> dict[str, Any]:
    """Around a price of 60000, which is inside, on either side."""
    start = draw(st.integers(40_000, 59_900))
    end = draw(st.integers(60_100, 80_000))
    side = draw(st.sampled_from(["BUY", "SELL"]))
    return {
        "side": side,
        "start_price": start,
        "end_price": end,
        "limit_price": start - 1000 if side == "BUY" else end + 1000,
        "total_amount_quote": draw(st.integers(300, 50_000)),
        "min_order_amount_quote": draw(st.sampled_from([5, 150, 299])),
        "min_spread_between_orders": draw(st.sampled_from(["0.0005", "0.003", "0.05", "0.3"])),
        "safe_extra_spread": draw(st.sampled_from(["0", "0.0001", "0.01"])),
        "coerce_tp_to_step": draw(st.booleans()),
        "max_open_orders": 5,
        "max_orders_per_batch": draw(st.integers(1, 5)),
        "triple_barrier_config": BARRIERS,
    }


def grid_price(config: dict[str, Any], count: int, level: int) -> float:
    start, end = float(config["start_price"]), float(config["end_price"])
    return (start + end) / 2 if count == 1 else start + (end - start) * level / (count - 1)


@settings(max_examples=40, deadline=None)
@given(grids())
def test_a_grid_places_the_levels_that_were_told(given_config: dict[str, Any]) -> None:
    config = checked("grid_executor", **given_config)
    paper = PaperExecutors(ScriptedMarket({0: 60000}))
    record, trader = begun(paper, config)
    found = foretold(config, trader)
    info = paper.executors.load(record, BEGIN)[0].custom_info(trader)
    by_level = sorted(found.orders, key=lambda one: one.level)
    assert len(by_level) == len(info["grid_level_prices"])
    if len(by_level) > 1:  # the step of one level is the whole range
        targets = [float(one.target or 0) for one in by_level]
        assert targets == pytest.approx(info["grid_tp_prices"], abs=0.11)  # one step of the price
    if found.too_small(BTC):
        # It places what comes before the first that is too small, then fails.
        assert dict(termination_causes(config, found, seen(trader), BTC, Decimal(0))).keys() == {
            "min_order_amount_quote"
        }
    else:
        count = min(given_config["max_orders_per_batch"], len(found.orders))
        assert len(record.legs) == count
        by_number = {one.level: one for one in found.orders}
        for leg, one in zip(record.legs, found.orders, strict=False):
            same = by_number[leg.level]
            assert (leg.side, leg.type, leg.amount) == (same.side, same.type, same.amount)
            assert abs((leg.price or 0) - same.price) <= BTC.price_step  # a level's price ends in a third, say
            distances = [abs(grid_price(given_config, len(found.orders), which.level) - 60000) for which in (same, one)]
            assert distances[0] == pytest.approx(distances[1])  # the nearest first, two of them at times
    paper.store.close()


@settings(max_examples=40, deadline=None)
@given(grids())
def test_a_grid_spends_no_more_than_it_may_and_takes_nothing(given_config: dict[str, Any]) -> None:
    config = checked("grid_executor", **given_config)
    found = plan(config, MarketPrices(Decimal(60000), Decimal("59999.9"), Decimal("60000.1")), BTC)
    assert found is not None
    total = Decimal(given_config["total_amount_quote"])
    assert found.amount * 60000 <= total or len(found.orders) == 1
    assert all(one.amount % BTC.amount_step == 0 and one.price % BTC.price_step == 0 for one in found.orders)
    if given_config["side"] == "BUY":
        assert all(one.price <= Decimal("59999.9") for one in found.orders)
    else:
        assert all(one.price >= Decimal("60000.1") for one in found.orders)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["BUY", "SELL"]),
    st.lists(st.tuples(st.integers(30_000, 120_000), st.integers(50, 5000)), min_size=1, max_size=6),
)
def test_a_dca_places_the_levels_that_were_told(side: str, levels: list[tuple[int, int]]) -> None:
    prices, amounts = [price for price, _ in levels], [amount for _, amount in levels]
    config = checked("dca_executor", side=side, prices=prices, amounts_quote=amounts, stop_loss="0.9")
    paper = PaperExecutors(ScriptedMarket({0: 60000}))
    record, trader = begun(paper, config)
    found = foretold(config, trader)
    if not found.too_small(BTC):
        assert placed(record) == told(found, len(levels))
        assert [leg.price for leg in record.legs] == [one.sent_price for one in found.orders]
        crossed = [(one.price, leg) for one, leg in zip(found.orders, record.legs, strict=True) if one.limit]
        assert all(leg.quote / leg.base == pytest.approx(price) for price, leg in crossed)
        assert all((price > 60000) == (side == "BUY") for price, _ in crossed)
    else:
        assert record.close_type in ("FAILED", "INSUFFICIENT_BALANCE")
    paper.store.close()


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("position_executor", {"amount": "0.0159", "triple_barrier_config": {"open_order_type": "MARKET"}}),
        ("position_executor", {"amount": "0.02", "triple_barrier_config": {"stop_loss": "0.5"}}),
        ("position_executor", {"amount": "0.02", "entry_price": "59000.07"}),
        ("position_executor", {"amount": "0.02", "entry_price": "66000.07"}),
        ("order_executor", {"amount": "0.0159", "execution_strategy": "MARKET"}),
        ("order_executor", {"amount": "0.02", "execution_strategy": "LIMIT", "price": "60000.77"}),
        (
            "order_executor",
            {
                "amount": "0.02",
                "execution_strategy": "LIMIT_CHASER",
                "chaser_config": {"distance": "0.00123", "refresh_threshold": "0.01"},
            },
        ),
        ("twap_executor", {"total_amount_quote": "7000", "total_duration": 600, "order_interval": 60}),
        (
            "twap_executor",
            {
                "total_amount_quote": "7000",
                "total_duration": 60,
                "order_interval": 60,
                "mode": "MAKER",
                "limit_order_buffer": "0.00123",
            },
        ),
    ],
)
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_single_orders_are_placed_as_they_were_told(kind: str, config: Mapping[str, Any], side: str) -> None:
    made = checked(kind, side=side, **config)
    paper = PaperExecutors(ScriptedMarket({0: 60000}))
    record, trader = begun(paper, made)
    found = foretold(made, trader)
    assert placed(record) == told(found, 1)
    (leg,) = record.legs
    order = found.orders[0]
    assert leg.type == "MARKET" or leg.price == order.sent_price
    assert not leg.base or leg.quote / leg.base == pytest.approx(order.price)
    assert leg.base or order.limit is None


def test_a_maker_beyond_the_price_is_placed_beside_it() -> None:
    barriers = {"open_order_type": "LIMIT_MAKER"}
    for side, entry, price in (("BUY", 61000, 59999), ("SELL", 59000, 60001), ("BUY", 59000, 59000)):
        config = checked("position_executor", side=side, amount=1, entry_price=entry, triple_barrier_config=barriers)
        found = plan(config, MarketPrices(Decimal(60000), Decimal(59999), Decimal(60001)), BTC)
        assert found is not None
        assert (found.orders[0].price, found.orders[0].limit) == (Decimal(price), None)
        assert bool(crossing_note(config, found)) == (entry != price)


@pytest.mark.parametrize(
    ("side", "entry", "least", "small"),
    # the exchange looks at the price that was sent, of 0.01: 58 and 62
    [("SELL", 5800, "60", True), ("BUY", 6200, "61", False)],
)
def test_the_rules_hold_for_the_price_that_is_sent(side: str, entry: int, least: str, small: bool) -> None:
    config = checked("position_executor", side=side, amount="0.01", entry_price=entry)
    seen = MarketPrices(Decimal(6000), Decimal(6000), Decimal(6000))
    rule = Rule(Decimal("0.001"), Decimal("0.001"), Decimal(least), Decimal("0.1"))
    found = plan(config, seen, rule)
    assert found is not None
    assert bool(found.too_small(rule)) is small
    assert (found.quote, found.reserved) == (Decimal(60), max(Decimal(60), Decimal(entry) / 100))
    told = [why for _, why in termination_causes(config, found, seen, rule, Decimal(0))]
    assert [("0.01 at 5800 is 58" in why) for why in told] == ([True] if small else [])


def test_the_slices_of_a_twap_come_when_they_were_told() -> None:
    made = checked("twap_executor", side="BUY", total_amount_quote=6600, total_duration=630, order_interval=60)
    paper = PaperExecutors(ScriptedMarket({0: 60000}))
    record, trader = begun(paper, made)
    found = foretold(made, trader)
    paper.after(3600)
    legs = paper[record.id].legs
    assert [leg.created for leg in legs] == [BEGIN + one.after * 1000 for one in found.orders]
    assert [leg.amount for leg in legs] == [one.amount for one in found.orders]


def test_exits_by_hand() -> None:
    dca = checked(
        "dca_executor",
        side="SELL",
        prices=[60000, 62000],
        amounts_quote=[600, 1240],
        stop_loss="0.05",
        take_profit="0.1",
    )
    found = plan(dca, MarketPrices(Decimal(59000), Decimal(59000), Decimal(59001)), BTC)
    assert found is not None
    # 0.01 and 0.02 BTC, sold at 61333.33 on average
    gain, loss = exit_prices(dca, found)
    assert (found.amount, found.quote) == (Decimal("0.03"), Decimal(1840))
    assert (round(gain.price, 2), gain.pnl) == (Decimal("55200"), Decimal(184))
    assert (round(loss.price, 2), loss.pnl) == (Decimal("64400"), Decimal(-92))


@pytest.mark.parametrize(("stop_loss", "first"), [("0.02", "stop_loss"), ("0.2", "limit_price")])
def test_the_stop_that_comes_first_limits_the_loss(stop_loss: str, first: str) -> None:
    grid = checked(
        "grid_executor",
        side="BUY",
        start_price=58000,
        end_price=62000,
        limit_price=56000,
        total_amount_quote=3000,
        min_order_amount_quote=500,
        safe_extra_spread="0",
        triple_barrier_config={**BARRIERS, "stop_loss": stop_loss},
    )
    found = plan(grid, MarketPrices(Decimal(63000), Decimal(63000), Decimal(63001)), BTC)
    assert found is not None
    # 525 and the step make 0.009 BTC, five of which 3000 pays for: 58000, 59000 … 62000, all bought, 2700 in all
    assert (len(found.orders), found.quote) == (5, Decimal(2700))
    last = worst_stop(exit_prices(grid, found), found)
    assert last is not None
    assert last.name == first
    assert last.pnl == (Decimal(-54) if first == "stop_loss" else Decimal("0.045") * (56000 - 60000))
