"""What executors that run may order yet, where the paper exchange can't be brought to it."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.errors import AbsentOperation, ApiFailed, CallError, ChangedOperation, Refused, UnknownOperation
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.running import MOST, Yet, orders_yet, running, yet_to_order
from hbmcp.installation.orders.order import Order
from tests.installation.scripted_installation import Script

pytestmark = pytest.mark.anyio

ROW: dict[str, Any] = {
    "executor_id": "x",
    "executor_type": "order_executor",
    "status": "RUNNING",
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "config": {"amount": "0.1", "side": 1, "price": "40000"},
}
TWO = {"connector_name": None, "trading_pair": None, "executor_type": "xemm_executor"} | {
    "config": {
        "buying_market": {"connector_name": "binance", "trading_pair": "BTC-USDT"},
        "selling_market": {"connector_name": "kucoin", "trading_pair": "BTC-USDC"},
        "order_amount": "0.5",
    }
}


async def left(price: str | None = "50000", **row: Any) -> list[tuple[str, str, Decimal | None]]:
    async def price_of(*_: str) -> Decimal | None:
        return None if price is None else Decimal(price)

    found: list[Yet] = await yet_to_order([Executor.from_row({**ROW, **row})], [], price_of)
    return [(one.connector, one.pair, one.value) for one in found]


async def test_at_the_worse_of_the_market_and_its_own_price() -> None:
    assert await left() == [("binance", "BTC-USDT", 5000)]
    assert await left("30000") == [("binance", "BTC-USDT", 4000)]


async def test_on_two_markets_on_each() -> None:
    assert await left(**TWO) == [("binance", "BTC-USDT", 25000), ("kucoin", "BTC-USDC", 25000)]


async def test_without_a_price_or_a_figure_nobody_can_tell() -> None:
    assert await left(None, **TWO) == [("binance", "BTC-USDT", None), ("kucoin", "BTC-USDC", None)]
    assert await left(executor_type="new_executor", config={"size": 3}) == [("binance", "BTC-USDT", None)]


@pytest.mark.parametrize(
    "row",
    [
        {"executor_type": "lp_executor"},
        {"config": {"amount": "0.1", "side": 2}},
        {"connector_name": "bybit_perpetual", "config": {"amount": "0.1", "side": 2, "position_action": "CLOSE"}},
    ],
)
async def test_what_opens_nothing_on_an_order_book(row: dict[str, Any]) -> None:
    assert await left(**row) == []


@pytest.mark.parametrize(("connector", "side"), [("binance_perpetual", 2), ("binance", 1)])
async def test_what_is_to_close_counts_where_that_may_open(connector: str, side: int) -> None:
    closes = {"amount": "0.1", "side": side, "position_action": "CLOSE"}
    assert await left(connector_name=connector, config=closes) == [(connector, "BTC-USDT", 5000)]


async def test_an_order_that_was_cancelled_is_placed_anew_but_for_a_position_s() -> None:
    assert await left(filled_amount_quote="500") == [("binance", "BTC-USDT", 4500)]
    assert await left(filled_amount_quote="500", executor_type="position_executor") == [("binance", "BTC-USDT", 0)]


@pytest.mark.parametrize(
    "config", [{"amount": "-0.1"}, {"total_amount_quote": "-5"}, {"amounts_quote": []}, {"amounts_quote": [100, -50]}]
)
async def test_what_no_executor_can_be_told_isnt_known(config: dict[str, Any]) -> None:
    assert await left(config={"side": 1, **config}) == [("binance", "BTC-USDT", None)]


RESTING = {"order_id": "rests", "trade_type": "BUY", "price": "80", "filled_amount": "0.5", "status": "OPEN"}
GRID = {"grid_level_prices": [100, 110, 120, 130], "grid_tp_prices": [105, 115, 125, 135]}
DCA = {"amounts_quote": [100, 200, 300], "prices": [90, 80, 70]}
RESTS_ITS_TARGET = {"triple_barrier_config": {"take_profit": "0.01", "take_profit_order_type": "OrderType.LIMIT"}}


@pytest.mark.parametrize(
    ("kind", "config", "info", "filled", "yet"),
    [
        ("order", {}, {}, 0, 1),
        ("order", {}, {"order_id": "rests"}, 0, 0),
        ("order", {}, {"order_id": "was cancelled"}, 0, 1),
        ("twap", {}, {"order_ids": ["gone", "rests"]}, 50, 0),
        ("dca", DCA, {}, 0, 3),
        ("dca", DCA, {"order_ids": ["gone"]}, 99, 2),
        ("dca", DCA, {"order_ids": ["gone", "rests"]}, 99, 1),
        ("dca", DCA, {"order_ids": ["rests"]}, 40, 2),
        ("dca", DCA, {"order_ids": ["was cancelled"]}, 0, 3),
        ("position", {}, {}, 0, 1),
        ("position", {}, {"order_ids": ["gone"]}, 50, 0),
        ("position", RESTS_ITS_TARGET, {"order_ids": ["gone"]}, 50, 1),
        ("position", RESTS_ITS_TARGET, {"order_ids": ["gone", "rests"]}, 50, 0),
        ("grid", {"total_amount_quote": "400"}, GRID, 0, 4),
        ("grid", {"total_amount_quote": "400"}, {**GRID, "open_liquidity_placed": 190}, 0, 2),
        ("grid", {"total_amount_quote": "400"}, {**GRID, "close_liquidity_placed": 205}, 0, 2),
        ("grid", {"total_amount_quote": "400"}, {}, 0, 1),
        ("lp", {}, {}, 0, 0),
        ("new", {}, {}, 0, 1),
    ],
)
def test_how_many_orders_it_may_place_yet(
    kind: str, config: dict[str, Any], info: dict[str, Any], filled: int, yet: int
) -> None:
    resting = Order.from_row({**ROW, **RESTING})
    one = {**ROW, "executor_type": f"{kind}_executor", "config": config, "custom_info": info}
    found = Executor.from_row({**one, "filled_amount_quote": str(filled)})
    assert orders_yet([found], [resting]) == yet


async def test_an_api_without_executors_has_none() -> None:
    assert await running(Script({"search_executors": AbsentOperation("It has none.")}).installation) == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (ChangedOperation("It wants another request."), ChangedOperation),
        (UnknownOperation("It answers as if it had none."), UnknownOperation),
        (ApiFailed("It failed."), ApiFailed),
        ({"data": [{**ROW, "executor_id": str(number)} for number in range(MOST)]}, Refused),
    ],
)
async def test_what_can_not_be_read_is_not_nothing(answer: Any, error: type[CallError]) -> None:
    with pytest.raises(error):
        await running(Script({"search_executors": answer}).installation)
