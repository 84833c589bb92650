"""Executors do what they say, however often anybody looks, and whatever dies in between."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.paper.executors.base import Executor
from hbmcp.paper.executors.record import Record
from hbmcp.paper.executors.storage import Shelf
from hbmcp.paper.executors.trader import Trader
from hbmcp.paper.market.market import Market
from tests.paper.executors.paper_executors import GRID, ORDER, PERPETUAL, POSITION, PaperExecutors
from tests.paper.scripted_market import BEGIN, ScriptedMarket

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("side", "barriers", "script", "why", "second"),
    [
        (1, {"stop_loss": "0.03"}, {0: 60000, 600: 58500, 1200: 58000}, "STOP_LOSS", 1200),
        (2, {"stop_loss": "0.03"}, {0: 60000, 600: 61500, 1200: 62000}, "STOP_LOSS", 1200),
        (1, {"take_profit": "0.02"}, {0: 60000, 600: 61100, 1200: 61300}, "TAKE_PROFIT", 1200),
        (2, {"take_profit": "0.02"}, {0: 60000, 600: 58900, 1200: 58700}, "TAKE_PROFIT", 1200),
        (1, {"take_profit": "0.02", "take_profit_order_type": 2}, {0: 60000, 1200: 61300}, "TAKE_PROFIT", 1200),
        (1, {"stop_loss": "0.03", "time_limit": 900}, {0: 60000, 600: 59000, 1200: 50000}, "TIME_LIMIT", 900),
        (
            1,
            {"trailing_stop": {"activation_price": "0.02", "trailing_delta": "0.01"}},
            # back by 1 % before it follows; then up, up again, back by half of it, and by all of it
            {0: 60000, 300: 60600, 600: 59900, 900: 61500, 1200: 63000, 1500: 62600, 1800: 62300},
            "TRAILING_STOP",
            1800,
        ),
        (
            2,
            {"trailing_stop": {"activation_price": "0.02", "trailing_delta": "0.01"}},
            {0: 60000, 900: 58500, 1200: 57000, 1500: 57400, 1800: 57700},
            "TRAILING_STOP",
            1800,
        ),
    ],
)
@pytest.mark.parametrize("looks", [1, 60])
def test_the_barrier_that_the_price_reaches_first_closes_the_position(
    side: int, barriers: dict[str, Any], script: dict[int, int], why: str, second: int, looks: int
) -> None:
    paper = PaperExecutors(ScriptedMarket(script))
    made = paper.create(**POSITION | {"side": side, "triple_barrier_config": {"open_order_type": 1, **barriers}})
    for _ in range(looks):
        assert paper[made].close_type in (None, why)
        paper.after(3600 // looks)

    record = paper[made]
    reached = BEGIN + second * 1000
    assert (record.status, record.close_type) == ("TERMINATED", why)
    # A resting take profit is filled when it is touched, and noticed at once; the grid of prices is 1.875 s wide.
    assert reached - 1875 <= (record.closed or 0) <= reached
    assert paper.amount_of_position() == 0
    opening, closing = record.legs
    sign = 1 if side == 1 else -1
    assert Decimal((record.ended or {})["net_pnl_quote"]) == (closing.quote - opening.quote) * sign - (
        opening.fee + closing.fee
    )


def test_a_position_waits_for_its_entry_and_gives_up_at_the_time_limit() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 3600: 58000}))
    waits = {**POSITION, "entry_price": "59000", "triple_barrier_config": {"time_limit": 1800, "stop_loss": "0.5"}}
    gives_up = paper.create(**waits)
    patient = paper.create(**waits | {"triple_barrier_config": {"stop_loss": "0.5"}})
    paper.after(1799)
    assert paper[gives_up].status == "RUNNING"
    paper.after(1)
    assert (paper[gives_up].close_type, paper[gives_up].legs[0].status) == ("TIME_LIMIT", "CANCELLED")
    paper.after(3600)
    assert paper[patient].legs[0].quote == Decimal("0.1") * 59000
    assert paper.amount_of_position() == Decimal("0.1")


def test_a_grid_places_its_nearest_levels() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60100}))
    made = paper.create(**GRID)
    executor, trader = paper.executors.load(paper[made], BEGIN)
    info = executor.custom_info(trader)
    # 500 quote units and 5 % are 0.009 BTC: 540 quote units each, five of them
    assert info["grid_level_prices"] == [58000, 59000, 60000, 61000, 62000]
    assert info["grid_tp_prices"] == [58580, 59590, 60600, 61610, 62620]
    assert [leg.amount for leg in paper[made].legs] == [Decimal("0.009")] * 2
    # 61000 has been passed: it is opened just below the price
    nearest, passed = paper[made].legs
    assert (nearest.level, nearest.price, passed.level) == (2, Decimal(60000), 3)
    assert 60090 < (passed.price or 0) < 60100
    paper.after(3600)
    assert len(paper[made].legs) == 2  # as many as may be open


@pytest.mark.parametrize(("batch", "resting"), [(None, 5), (3, 3), (1, 2)])
def test_a_grid_counts_its_open_orders_between_batches_only(batch: int | None, resting: int) -> None:
    """As Hummingbot does: none of two may rest before one more batch, which is placed whole."""
    paper = PaperExecutors(ScriptedMarket({0: 62500}))
    made = paper.create(**GRID | {"end_price": "63000", "max_orders_per_batch": batch, "order_frequency": 5})
    paper.after(600)
    assert len([leg for leg in paper[made].legs if leg.rests]) == resting


def test_a_grid_closes_what_is_filled_again_and_again() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 600: 59000, 1200: 59700, 1800: 59000, 2400: 59700}))
    made = paper.create(**GRID | {"max_open_orders": 5, "max_orders_per_batch": 5})
    paper.after(3600)
    record = paper[made]
    bought, sold = record.settled["BUY"], record.settled["SELL"]
    assert bought.base == sold.base == Decimal("0.020")
    assert (bought.quote, sold.quote) == (Decimal("0.020") * 59000, Decimal("0.020") * 59590)
    assert [(leg.level, leg.purpose) for leg in record.legs if leg.rests] == [
        (0, "open"),
        (2, "close"),
        (3, "close"),
        (4, "close"),
        (1, "open"),
    ]
    assert paper.amount_of_position() == Decimal("0.030")
    executor, trader = paper.executors.load(record, paper.clock.now())
    info = executor.custom_info(trader)
    assert info["realized_pnl_quote"] == pytest.approx(float(sold.quote - bought.quote - sold.fee - bought.fee))
    assert info["open_liquidity_placed"] == pytest.approx(1170)


def test_executors_that_wait_dont_keep_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    step = Executor.step

    def counted(executor: Executor[Any], trader: Trader) -> None:
        looks.append(trader.now)
        step(executor, trader)

    monkeypatch.setattr(Executor, "step", counted)
    paper = PaperExecutors(ScriptedMarket({0: 60000}))
    paper.create(**GRID | {"activation_bounds": "0", "start_price": "58001"})
    paper.create(**ORDER, execution_strategy="LIMIT", price="50000")
    paper.create(**POSITION | {"entry_price": "50000", "activation_bounds": ["0.01"]})
    paper.after(7 * 24 * 3600)
    assert len(looks) < 20


def test_a_grid_gives_up_at_its_limit() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 600: 58500, 1200: 56900}))
    made = paper.create(**GRID)
    paper.after(3600)
    assert (paper[made].status, paper[made].close_type) == ("TERMINATED", "STOP_LOSS")
    assert paper.amount_of_position() == 0
    assert paper.engine.orders(statuses=["OPEN", "PARTIALLY_FILLED"]) == []


def test_a_twap_trades_one_slice_at_each_interval() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000}))
    made = paper.create(
        **PERPETUAL
        | {"type": "twap_executor", "total_amount_quote": "6600", "total_duration": 600, "order_interval": 60}
    )
    for number in range(11):
        assert len(paper[made].legs) == number + 1
        paper.after(60)
    record = paper[made]
    assert [leg.created for leg in record.legs] == [BEGIN + number * 60_000 for number in range(11)]
    assert [leg.amount for leg in record.legs] == [Decimal("0.009")] * 11
    assert (record.close_type, paper.amount_of_position()) == ("COMPLETED", Decimal("0.099"))


def test_a_twap_that_makes_replaces_what_isnt_taken() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 45: 60100, 100: 59000}))
    made = paper.create(
        **PERPETUAL,
        type="twap_executor",
        total_amount_quote="2400",
        total_duration=60,
        order_interval=60,
        mode="MAKER",
        limit_order_buffer="0.001",
        order_resubmission_time=50,
    )
    paper.after(55)
    first, second = paper[made].legs
    assert (first.status, first.price) == ("CANCELLED", Decimal(59940))
    assert (second.created, second.price) == (BEGIN + 50_000, Decimal("60039.9"))
    paper.after(3600)
    assert paper[made].close_type == "COMPLETED"


def test_a_dca_buys_into_the_fall_and_closes_the_whole() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 600: 58900, 1200: 57900, 1800: 59900}))
    made = paper.create(
        **PERPETUAL, type="dca_executor", amounts_quote=["600", "600"], prices=["59000", "58000"], take_profit="0.02"
    )
    paper.after(1500)
    assert paper.amount_of_position() == Decimal("0.020")
    paper.after(600)
    record = paper[made]
    assert (record.close_type, record.closed) == ("TAKE_PROFIT", BEGIN + 1800_000)
    assert [leg.amount for leg in record.legs] == [Decimal("0.010"), Decimal("0.010"), Decimal("0.020")]


def test_on_a_spot_exchange_what_the_fee_leaves_is_sold() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 600: 61300, 1200: 59000, 1800: 61300}))
    spot = {"connector_name": "binance"}
    barriers = {"open_order_type": 1, "take_profit": "0.015"}
    position = paper.create(**POSITION | spot | {"triple_barrier_config": barriers})
    grid = paper.create(**GRID | spot | {"end_price": "70000", "total_amount_quote": "4000"})
    paper.after(3600)
    bought, sold = paper[position].legs
    assert (paper[position].close_type, sold.amount) == ("TAKE_PROFIT", Decimal("0.0999"))
    assert bought.base_fee == Decimal("0.0001")
    settled = paper[grid].settled
    assert 0 < settled["BUY"].base - settled["BUY"].base_fee - settled["SELL"].base < Decimal("0.00001")


def test_an_order_that_somebody_else_cancels_is_placed_again() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000}))
    made = paper.create(**ORDER, execution_strategy="LIMIT", price="50000")
    paper.after(60)
    paper.engine.cancel("master_account", "binance_perpetual", paper[made].legs[0].order_id)
    paper.after(60)
    assert [leg.status for leg in paper[made].legs] == ["CANCELLED", "OPEN"]


def test_an_account_that_loses_its_keys_ends_its_executors() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 600: 50000}))
    rests = paper.create(**ORDER, execution_strategy="LIMIT", price="59000")
    stops = paper.create(**POSITION | {"triple_barrier_config": {"open_order_type": 1, "stop_loss": "0.01"}})
    paper.engine.disconnect("master_account", "binance_perpetual")
    paper.after(1200)
    assert paper[rests].close_type == "POSITION_HOLD"  # the exchange filled it all the same
    assert paper[stops].close_type == "FAILED"
    assert "no credentials" in (paper[stops].last_error or "")


def test_an_order_that_chases_follows_the_price() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 600: 61000, 1200: 60000}))
    chaser = {"distance": "0.001", "refresh_threshold": "0.005"}
    made = paper.create(**ORDER, execution_strategy="LIMIT_CHASER", chaser_config=chaser)
    paper.after(700)
    left, rests = paper[made].legs
    assert (left.status, left.price) == ("CANCELLED", Decimal(59940))
    assert (rests.status, rests.price) == ("OPEN", Decimal(60939))
    paper.after(700)
    assert paper[made].close_type == "POSITION_HOLD"


def test_what_became_of_executors_doesnt_depend_on_how_often_one_looks(tmp_path: Path) -> None:
    """On the real market, for two days: once at the end, or each time by another process."""
    outcomes = []
    market = Market()
    for hours in (48, 12, 1):
        place = tmp_path / f"{hours}.sqlite"
        paper = PaperExecutors(market, place)
        made = _zoo(paper, market.price("binance_perpetual", "BTC-USDT", BEGIN))
        for hour in range(hours, 49, hours):
            paper.store.close()
            paper = PaperExecutors(market, place, BEGIN + hour * HOUR)
            paper.executors.catch_up()
        outcomes.append([_outcome(paper[executor_id]) for executor_id in made])
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert any(outcome[0] == "TERMINATED" for outcome in outcomes[0])


def _zoo(paper: PaperExecutors, price: Decimal) -> list[str]:
    def near(share: str) -> str:
        return str(price * Decimal(share))

    barriers = {"open_order_type": 1, "stop_loss": "0.01", "take_profit": "0.01"}
    trailing = {"open_order_type": 1, "trailing_stop": {"activation_price": "0.002", "trailing_delta": "0.001"}}
    grid = {"start_price": near("0.99"), "end_price": near("1.01"), "limit_price": near("0.95")}
    return [
        paper.create(**POSITION | {"triple_barrier_config": barriers}),
        paper.create(**POSITION | {"side": 2, "triple_barrier_config": trailing}),
        paper.create(**GRID | grid | {"triple_barrier_config": {"take_profit": "0.002", "take_profit_order_type": 2}}),
        paper.create(
            **PERPETUAL,
            type="dca_executor",
            amounts_quote=["600", "600"],
            prices=[near("0.998"), near("0.995")],
            take_profit="0.003",
        ),
    ]


def _outcome(record: Record) -> tuple[object, ...]:
    legs = [(leg.side, leg.price, leg.base, leg.quote, leg.created, leg.status) for leg in record.legs]
    return record.status, record.close_type, record.closed, record.settled, legs


def test_a_killed_process_has_done_all_of_a_step_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "paper.sqlite"
    market = ScriptedMarket({0: 60000, 600: 61300})
    paper = PaperExecutors(market, place)
    made = paper.create(**POSITION | {"triple_barrier_config": {"open_order_type": 1, "take_profit": "0.02"}})
    assert paper.amount_of_position() == Decimal("0.1")

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    paper.clock.advance(1000_000)
    with monkeypatch.context() as patched:
        patched.setattr(Shelf, "put", die)  # after its order was placed
        with pytest.raises(Killed):
            paper.executors.catch_up()
    paper.store.close()

    again = PaperExecutors(market, place, BEGIN + 1000_000)
    assert again[made].status == "RUNNING"
    assert again.amount_of_position() == Decimal("0.1")
    again.executors.catch_up()
    record = again[made]
    assert (record.close_type, [leg.purpose for leg in record.legs]) == ("TAKE_PROFIT", ["open", "close"])
    assert abs((record.closed or 0) - (BEGIN + 600_000)) <= 1_000_000
    assert again.amount_of_position() == 0
    assert len(again.engine.orders()) == 2
