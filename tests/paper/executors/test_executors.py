"""Executors do what they say, however often anybody looks, and whatever dies in between."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.paper.executors.base import Executor
from hbmcp.paper.executors.record import Record
from hbmcp.paper.executors.storage import Shelf
from hbmcp.paper.executors.trader import Trader
from hbmcp.paper.market.market import Market
from tests.paper.executors.paper_executors import PaperExecutors
from tests.paper.paper_api import PaperApi
from tests.paper.scripted_market import BEGIN, ScriptedMarket

HOUR = 3_600_000
PERPETUAL = {"connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "leverage": 10, "side": 1}
POSITION = {**PERPETUAL, "type": "position_executor", "amount": "0.1"}
ORDER = {**PERPETUAL, "type": "order_executor", "amount": "0.01"}
MARKET_ORDER = {**ORDER, "execution_strategy": "MARKET"}


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


GRID = {
    **PERPETUAL,
    "type": "grid_executor",
    "start_price": "58000",
    "end_price": "62000",
    "limit_price": "57000",
    "total_amount_quote": "3000",
    "min_order_amount_quote": "500",
    "max_open_orders": 2,
    "triple_barrier_config": {"take_profit": "0.01", "open_order_type": 2, "take_profit_order_type": 2},
}


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


def test_a_grid_closes_what_is_filled_again_and_again() -> None:
    paper = PaperExecutors(ScriptedMarket({0: 60000, 600: 59000, 1200: 59700, 1800: 59000, 2400: 59700}))
    made = paper.create(**GRID | {"max_open_orders": 5})
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


# over the API


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PaperApi]:
    with PaperApi(tmp_path / "files") as exchange:
        yield exchange


def make(api: PaperApi, config: dict[str, Any], **more: Any) -> Any:
    return api.good("POST", "/executors/", {"account_name": "master_account", "executor_config": config, **more})


def search(api: PaperApi, **filters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.good("POST", "/executors/search", filters)["data"]
    return rows


def test_a_market_order_ends_as_a_position_that_is_held(api: PaperApi) -> None:
    made = make(api, MARKET_ORDER, controller_id="mine")
    assert made["status"] == "RUNNING"
    assert api.good("GET", "/executors/summary")["by_status"] == {"RUNNING": 1}
    running = api.good("GET", f"/executors/{made['executor_id']}")
    assert (running["side"], running["config"]["side"], running["config"]["amount"]) == ("BUY", "BUY", 0.01)

    api.clock.advance(1000)
    ended = api.good("GET", f"/executors/{made['executor_id']}")
    assert (ended["status"], ended["close_type"], ended["side"]) == ("TERMINATED", "POSITION_HOLD", None)
    assert (ended["config"]["side"], ended["config"]["amount"]) == (1, "0.01")
    assert ended.keys() == running.keys()
    [order] = ended["custom_info"]["held_position_orders"]
    [fill] = order["order_fills"].values()
    assert (order["price"], fill["fill_base_amount"]) == ("NaN", "0.01")
    assert order["client_order_id"].startswith("paper")

    place = "/executors/positions/binance_perpetual/BTC-USDT"
    held = api.good("GET", place, params={"controller_id": "mine"})
    assert (held["net_amount_base"], held["position_side"], held["executor_ids"]) == (
        0.01,
        "LONG",
        [made["executor_id"]],
    )
    assert held["buy_amount_quote"] == pytest.approx(ended["filled_amount_quote"])
    assert api.good("GET", "/executors/positions/summary")["total_positions"] == 1
    assert api.good("GET", "/executors/performance")["active_positions"] == 1
    assert api.request("GET", place).status_code == 404  # of the controller "main"
    api.good("DELETE", place, params={"controller_id": "mine"})
    assert api.request("DELETE", place, params={"controller_id": "mine"}).json() == {
        "detail": "No position hold found for binance_perpetual/BTC-USDT"
    }
    assert api.good("POST", "/trading/positions", {})["data"][0]["amount"] == 0.01


def test_performance_counts_a_position_that_is_held_as_unrealized_alone(api: PaperApi) -> None:
    closed = make(api, POSITION)["executor_id"]
    api.clock.advance(60_000)
    api.good("POST", f"/executors/{closed}/stop", {"keep_position": False})
    api.clock.advance(60_000)
    kept = make(api, MARKET_ORDER)["executor_id"]
    running = make(api, POSITION)["executor_id"]
    api.clock.advance(60_000)
    found = api.good("GET", "/executors/performance")
    over, held, still = (api.good("GET", f"/executors/{one}") for one in (closed, kept, running))
    assert (held["close_type"], held["filled_amount_quote"] > 0) == ("POSITION_HOLD", True)
    assert found["by_status"] == {"TERMINATED": 2, "RUNNING": 1}
    assert found["total_executors"] == 3
    for total, name in (("pnl_total", "net_pnl"), ("fees_total", "cum_fees"), ("volume_total", "filled_amount")):
        assert found[f"{total}_quote"] == pytest.approx(over[f"{name}_quote"])
    [of_type] = found["by_type"]
    assert (of_type["executor_type"], of_type["total"], of_type["running"]) == ("position_executor", 1, 0)
    [position] = api.good("GET", "/executors/positions/summary")["positions"]
    open_now = still["net_pnl_quote"] + position["unrealized_pnl_quote"] - position["cum_fees_quote"]
    assert found["unrealized_pnl_quote"] == pytest.approx(open_now)
    assert found["global_pnl_quote"] == pytest.approx(over["net_pnl_quote"] + open_now)
    assert found["sharpe_ratio"] is None  # of one


def test_stopping_is_answered_before_it_is_done(api: PaperApi) -> None:
    price = str(api.paper.market.price("binance_perpetual", "BTC-USDT", api.clock.now()) * Decimal("0.9"))
    order = make(api, ORDER | {"execution_strategy": "LIMIT", "price": price})["executor_id"]
    api.clock.advance(5000)
    assert api.good("POST", f"/executors/{order}/stop", {"keep_position": False}) == {
        "executor_id": order,
        "status": "stopping",
        "keep_position": False,
    }
    [row] = search(api, status="SHUTTING_DOWN")
    assert (row["is_active"], row["custom_info"]["order_id"]) == (True, None)
    assert api.good("POST", "/trading/orders/active", {})["data"] == []
    api.good("POST", f"/executors/{order}/stop", {"keep_position": False})
    api.clock.advance(3000)
    [row] = search(api, status="TERMINATED")
    assert (row["close_type"], row["config"]["price"]) == ("EARLY_STOP", price)
    again = api.request("POST", f"/executors/{order}/stop", {"keep_position": False})
    assert (again.status_code, again.json()) == (400, {"detail": f"Executor {order} is already closed"})


@pytest.mark.parametrize(("keep", "close_type", "left"), [(False, "EARLY_STOP", 0), (True, "POSITION_HOLD", 1)])
def test_a_stopped_position_is_closed_or_kept(api: PaperApi, keep: bool, close_type: str, left: int) -> None:
    made = make(api, POSITION | {"triple_barrier_config": {"open_order_type": 1, "stop_loss": "0.5"}})["executor_id"]
    api.clock.advance(5000)
    api.good("POST", f"/executors/{made}/stop", {"keep_position": keep})
    api.clock.advance(5000)
    ended = api.good("GET", f"/executors/{made}")
    assert ended["close_type"] == close_type
    assert ended["net_pnl_quote"] < 0
    assert len(api.good("POST", "/trading/positions", {})["data"]) == left
    assert api.good("GET", "/executors/positions/summary")["total_positions"] == left


def test_too_large_for_the_balance_ends_at_once_and_says_so(api: PaperApi) -> None:
    made = make(api, POSITION | {"amount": "500", "triple_barrier_config": {"open_order_type": 1}})
    assert made["status"] == "TERMINATED"
    ended = api.good("GET", f"/executors/{made['executor_id']}")
    assert (ended["close_type"], ended["error_count"]) == ("INSUFFICIENT_BALANCE", 1)
    [entry] = api.good("GET", f"/executors/{made['executor_id']}/logs")["logs"]
    assert entry["message"] == ended["last_error"]
    assert api.good("GET", f"/executors/{made['executor_id']}/logs", params={"level": "INFO"})["logs"] == []


def test_too_small_for_the_exchange_fails_with_its_reason(api: PaperApi) -> None:
    made = make(api, MARKET_ORDER | {"amount": "0.0001"})
    ended = api.good("GET", f"/executors/{made['executor_id']}")
    assert ended["close_type"] == "FAILED"
    assert "below minimum order size" in ended["last_error"]


def test_search_pages_through_all_and_filters(api: PaperApi) -> None:
    made = []
    for config in (MARKET_ORDER, MARKET_ORDER | {"trading_pair": "ETH-USDT"}, MARKET_ORDER):
        made.append(make(api, config)["executor_id"])
        api.clock.advance(2000)
    seen: list[str] = []
    cursor = None
    while True:
        answer = api.good("POST", "/executors/search", {"limit": 2, "cursor": cursor})
        seen += [row["executor_id"] for row in answer["data"]]
        cursor = answer["pagination"]["next_cursor"]
        if not answer["pagination"]["has_more"]:
            break
    assert seen == made[::-1]
    assert [row["executor_id"] for row in search(api, trading_pairs=["ETH-USDT"])] == [made[1]]
    assert search(api, executor_types=["grid_executor"]) == []
    assert search(api, status="RUNNING") == []


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"executor_config": {}}, 400, "executor_config must include 'type' field"),
        ({"executor_config": {"type": "nope"}}, 400, "Invalid executor type 'nope'."),
        ({"executor_config": {"type": "order_executor"}}, 400, "5 validation errors for OrderExecutorConfig"),
        ({"executor_config": MARKET_ORDER | {"side": 7}}, 400, "Input should be 1, 2 or 3"),
        ({"executor_config": MARKET_ORDER | {"side": 3}}, 400, "RANGE"),
        ({"executor_config": MARKET_ORDER | {"execution_strategy": "LIMIT"}}, 400, "Price is required"),
        ({"executor_config": GRID | {"limit_price": "59000"}}, 400, "limit_price"),
        ({"account_name": "nobody", "executor_config": MARKET_ORDER}, 500, "Directory 'credentials/nobody/connectors'"),
        ({"executor_config": MARKET_ORDER | {"connector_name": "nope"}}, 500, "Invalid network format 'nope'."),
        ({"executor_config": MARKET_ORDER | {"trading_pair": "NOPE-USDT"}}, 500, "Failed to initialize order book"),
        ({"executor_config": MARKET_ORDER | {"leverage": 1000}}, 500, "leverage"),
        ({"executor_config": MARKET_ORDER | {"amount": "1e400"}}, 400, "1.000e+400 is no number"),
        ({"executor_config": MARKET_ORDER | {"amount": "nan"}}, 400, "finite number"),
        ({"executor_config": MARKET_ORDER | {"leverage": 10**20}}, 400, "is no number"),
    ],
)
def test_what_cant_be_made_is_refused(api: PaperApi, body: dict[str, Any], status: int, detail: str) -> None:
    answer = api.request("POST", "/executors/", body)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    assert search(api) == []
    assert api.good("POST", "/trading/orders/search", {})["data"] == []


def test_every_type_describes_its_configuration(api: PaperApi) -> None:
    for row in api.good("GET", "/executors/types/available")["executor_types"]:
        answer = api.good("GET", f"/executors/types/{row['type']}/config")
        assert next(field for field in answer["fields"] if field["name"] == "type")["default"] == row["type"]
    assert api.request("GET", "/executors/types/nope/config").status_code == 404


def test_unknown_executors(api: PaperApi) -> None:
    assert api.request("GET", "/executors/nope").json() == {"detail": "Executor nope not found"}
    assert api.request("POST", "/executors/nope/stop", {}).status_code == 404
    assert api.good("GET", "/executors/nope/logs") == {"executor_id": "nope", "logs": [], "total_count": 0}
