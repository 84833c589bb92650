"""Executors over the API: made, searched, stopped and told as the real one does."""

from decimal import Decimal
from typing import Any

import pytest

from tests.paper.executors.paper_executors import GRID, MARKET_ORDER, ORDER, POSITION
from tests.paper.paper_api import PaperApi


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
