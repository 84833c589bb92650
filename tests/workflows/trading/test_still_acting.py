"""What cancels or closes everything, or shows what rests, says what may still trade: executors and triggers."""

from typing import Any

import pytest

from hbmcp.installation.executors.run.on_position import said_of
from hbmcp.installation.executors.run.record import Executor
from hbmcp.paper.api.routes.base import Json
from hbmcp.store import Store, StoreError
from tests.paper.assistant import Assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position, sizes
from tests.paper.scripted_faults import changed, failing
from tests.paper.spot_account import rest
from tests.workflows.answers import value

pytestmark = pytest.mark.anyio

LIST = "POST /executors/search"
BTC: dict[str, Any] = {"connector_name": "binance", "trading_pair": "BTC-USDT"}
BUY: dict[str, Any] = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.1, "order_type": "MARKET"}}
TWAP = {**BTC, "side": "BUY", "total_amount_quote": 500, "total_duration": 3600, "order_interval": 600}
EXECUTOR = "Still acting: 1 executor (list_executors), which may order anew until stop_executor ends it."
TRIGGERS = "Still waiting: 2 triggers place orders (list_triggers); cancel_trigger ends them."
STILL = "Still "  # acting, or waiting


async def arm(call: Assistant) -> None:
    """A buyer, two triggers that buy, one that tells and one that cancels."""
    await call.good("create_executor", executor_type="twap_executor", account_name="master_account", config=TWAP)
    for below in ("45000", "44000"):
        await call.good("create_trigger", **BTC, account_name="master_account", below=below, **BUY)
    await call.good("create_trigger", **BTC, below="43000")
    there = {"connector_name": "kucoin"}
    await call.good("create_trigger", **BTC, below="42000", then="cancel_orders", arguments=there)


ALL = [
    ("get_open_orders", {}),
    ("cancel_orders", {"all": True, "preview": True}),
    ("cancel_orders", {"all": True}),
    ("close_positions", {}),
    ("close_positions", {"account_name": "master_account", "preview": False}),
]


@pytest.mark.parametrize(("tool", "given"), ALL)
@pytest.mark.parametrize("some", [True, False])
async def test_it_is_said_where_all_are_meant(
    talk: Any, api: PaperApi, tool: str, given: dict[str, Any], some: bool
) -> None:
    if some:
        rest(api, pair="ETH-USDT", price="1000")
        open_position(api, "BUY", "0.1")
    async with talk() as call:
        await arm(call)
        told = await call.good(tool, **given)
        assert EXECUTOR in told
        assert TRIGGERS in told


@pytest.mark.parametrize(("tool", "given"), ALL)
async def test_nothing_is_said_where_nothing_acts(talk: Any, tool: str, given: dict[str, Any]) -> None:
    async with talk() as call:
        await call.good("create_trigger", **BTC, below="43000")
        assert STILL not in await call.good(tool, **given)


async def test_a_filter_that_shuts_them_out_says_nothing_of_them(talk: Any) -> None:
    async with talk() as call:
        await arm(call)
        for where in ({"trading_pair": "ETH"}, {"connector_name": "kucoin"}, {"account_name": "second_account"}):
            for tool in ("get_open_orders", "cancel_orders"):
                assert STILL not in await call.good(tool, **where)
            if "connector_name" not in where:
                assert STILL not in await call.good("close_positions", **where)
        for where in ({"trading_pair": "BTC"}, BTC, {"account_name": "master_account"}):
            told = await call.good("get_open_orders", **where)
            assert EXECUTOR in told
            assert TRIGGERS in told
        told = await call.good("cancel_orders", trading_pair="BTC", preview=True)
        assert "Triggers of it go on: 1, 2, 3, 4; cancel_trigger with trading_pair ends them." in told
        assert EXECUTOR in told
        assert STILL not in await call.good("close_positions", loss_over=5)


async def test_what_protects_a_position_ends_with_it(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.1")
    where = {"connector_name": "binance_perpetual", "trading_pair": "BTC-USDT"}
    async with talk() as call:
        await call.good("protect_position", **where, stop="-3%", target="+6%")
        assert TRIGGERS in await call.good("get_open_orders")
        for preview in (True, False):
            told = await call.good("close_positions", account_name="master_account", preview=preview)
            assert STILL not in told


@pytest.mark.parametrize("said", [{}, {"status": 404, "detail": "Not Found"}], ids=["broken", "as if it had none"])
@pytest.mark.parametrize(("tool", "given"), ALL)
async def test_executors_that_cant_be_read_fail_nothing(
    talk: Any, tool: str, given: dict[str, Any], said: dict[str, Any]
) -> None:
    async with talk(failing(LIST, **said)) as call:
        await call.good("create_trigger", **BTC, account_name="master_account", below="45000", **BUY)
        told = await call.good(tool, **given)
    assert "Still waiting: 1 trigger places orders (list_triggers); cancel_trigger ends it." in told
    assert "Whether executors still act couldn't be read: " in told


@pytest.mark.parametrize(("tool", "given"), ALL)
async def test_triggers_that_cant_be_read_fail_nothing(
    talk: Any, monkeypatch: pytest.MonkeyPatch, tool: str, given: dict[str, Any]
) -> None:
    async def fails(*_: Any, **__: Any) -> Any:
        raise StoreError("It can't be used.")

    async with talk() as call:
        await call.good("create_executor", executor_type="twap_executor", account_name="master_account", config=TWAP)
        monkeypatch.setattr(Store, "triggers", fails)
        told = await call.good(tool, **given)
    assert EXECUTOR in told
    assert "Whether triggers still act isn't known: " in told


async def test_each_market_of_an_executor_is_one_that_it_trades_on(talk: Any) -> None:
    def arbitrage(_: Json, __: int) -> Json:
        markets = {
            name: {"connector_name": exchange, "trading_pair": "SOL-USDT"}
            for name, exchange in (("buying_market", "kucoin"), ("selling_market", "binance"))
        }
        return [{"executor_id": "a", "executor_type": "arbitrage_executor", "status": "RUNNING", "config": markets}]

    async with talk(changed(LIST, arbitrage)) as call:
        for where in ({"connector_name": "kucoin"}, {"connector_name": "binance"}, {"trading_pair": "SOL"}):
            assert EXECUTOR in await call.good("get_open_orders", **where)
        assert STILL not in await call.good("get_open_orders", trading_pair="BTC")


PERPETUAL: dict[str, Any] = {
    "account_name": "master_account",
    "connector_name": "binance_perpetual",
    "trading_pair": "BTC-USDT",
}
SELL: dict[str, Any] = {**PERPETUAL, "side": "SELL", "amount": 0.1, "order_type": "MARKET"}
STOP = {"below": "1000", "then": "close_position", "arguments": {}}
CLOSES: list[tuple[str, dict[str, Any]]] = [
    ("close_position", PERPETUAL),
    ("close_positions", PERPETUAL),
    ("close_positions", {**PERPETUAL, "loss_over": 0.0001}),
    ("place_order", {**SELL, "position_action": "CLOSE"}),
    ("place_order", SELL),
    ("place_order", {**SELL, "side": "BUY", "stop_loss": "-5%"}),
    ("place_orders", {"orders": [{**SELL, "position_action": "CLOSE"}]}),
    ("protect_position", {**PERPETUAL, "stop": "1000"}),
    ("protect_position", {**PERPETUAL, "stop": "1000", "stop_limit": "900"}),
    ("create_trigger", {**PERPETUAL, **STOP}),
]


async def run_on_it(call: Assistant, **where: Any) -> str:
    """An executor, and its id."""
    config = {**PERPETUAL, "side": "BUY", "total_amount_quote": 2000, "total_duration": 3600, "order_interval": 600}
    config = {**config, "leverage": 1, **where}
    account = config.pop("account_name")
    given = {"executor_type": "twap_executor", "account_name": account, "config": config}
    return str(value(await call.good("create_executor", **given))["executor_id"])


@pytest.mark.parametrize(("tool", "given"), CLOSES)
async def test_an_executor_on_the_position_is_named_before_it_is_closed(
    talk: Any, api: PaperApi, tool: str, given: dict[str, Any]
) -> None:
    open_position(api, "BUY", "0.5")
    async with talk() as call:
        which = await run_on_it(call)
        told = await call.good(tool, **given, preview=True)
    said = f"twap_executor {which} runs on BTC-USDT, binance_perpetual (master_account), too"
    assert told.count(said) == 1


async def test_who_closed_it_is_told_of_the_executor_too(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.5")
    async with talk() as call:
        which = await run_on_it(call)
        placed = await call.good("place_order", **SELL, position_action="CLOSE")
        closed = await call.good("close_position", **PERPETUAL)
    assert f"{which} runs on BTC-USDT" in placed
    assert f"{which} runs on BTC-USDT" in closed


async def test_no_executor_is_named_where_none_runs_on_what_is_closed(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.5")
    async with talk() as call:
        await run_on_it(call, trading_pair="ETH-USDT")
        await run_on_it(call, account_name="second_account", connector_name="bybit_perpetual")
        asked = len(call.asked)
        more = await call.good("place_order", **{**SELL, "side": "BUY"}, preview=True)
        assert LIST not in call.asked[asked:]
        told = [await call.good(tool, **given, preview=True) for tool, given in CLOSES]
    assert not [one for one in (more, *told) if "twap_executor" in one]


async def test_what_stands_beside_a_position_in_hedge_mode_closes_none(talk: Any, api: PaperApi) -> None:
    api.paper.engine.set_position_mode("master_account", "binance_perpetual", "HEDGE")
    open_position(api, "BUY", "0.5")
    async with talk() as call:
        await run_on_it(call)
        beside = await call.good("place_order", **SELL, preview=True)
        closing = await call.good("place_order", **SELL, position_action="CLOSE", preview=True)
    assert "twap_executor" not in beside
    assert "twap_executor" in closing


async def test_a_position_is_closed_where_executors_can_t_be_read(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.5")
    async with talk(failing(LIST)) as call:
        told = await call.good("close_position", **PERPETUAL)
    assert not sizes(api)
    assert "Whether executors still act couldn't be read: " in told


def test_of_many_executors_a_few_are_named() -> None:
    running = [
        Executor.from_row(
            {
                "executor_id": str(number),
                "executor_type": "grid_executor",
                "status": "RUNNING",
                "account_name": "a",
                "connector_name": "b",
                "trading_pair": "BTC-USDT",
            }
        )
        for number in range(5)
    ]
    (said,) = said_of(running, [("a", "b", "BTC-USDT"), ("a", "b", "ETH-USDT"), ("a", "b", "BTC-USDT")])
    assert said.startswith("grid_executor 0, grid_executor 1, grid_executor 2, 2 more run on BTC-USDT, b (a), too")
