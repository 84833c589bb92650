"""An account's name can't be guessed: where one alone fits it needn't be said, and where several do they are named."""

from typing import Any

import pytest

from tests.paper.paper_api import PaperApi
from tests.paper.spot_account import orders
from tests.workflows.answers import head
from tests.workflows.executors.executor_account import POSITION
from tests.workflows.triggers.test_create_trigger import kept

pytestmark = pytest.mark.anyio

PAIR = "BTC-USDT"
SPOT: dict[str, Any] = {"connector_name": "binance", "trading_pair": PAIR}
PERPETUAL: dict[str, Any] = {"connector_name": "binance_perpetual", "trading_pair": PAIR}
ORDER: dict[str, Any] = {"side": "BUY", "amount": 0.01, "order_type": "MARKET"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("place_order", {**SPOT, **ORDER}),
    ("place_orders", {"orders": [{**SPOT, **ORDER}]}),
    ("set_leverage", {**PERPETUAL, "leverage": 3}),
    ("set_position_mode", {"connector_name": "binance_perpetual", "position_mode": "HEDGE"}),
    ("create_trigger", {**SPOT, "below": "45000", "then": "place_order", "arguments": ORDER}),
    ("protect_position", {**SPOT, "amount": 0.1, "stop": "-5%"}),
    ("create_executor", {"executor_type": "position_executor", "config": POSITION}),
]


@pytest.mark.parametrize(("tool", "given"), CALLS, ids=[tool for tool, _ in CALLS])
async def test_the_only_one_is_taken_and_said(talk: Any, api: PaperApi, tool: str, given: dict[str, Any]) -> None:
    api.paper.engine.delete_account("second_account")
    async with talk() as call:
        assert "master_account" in await call.good(tool, **given, preview=True)
        assert "master_account" in await call.good(tool, **given) or tool == "place_orders"


@pytest.mark.parametrize(("tool", "given"), CALLS, ids=[tool for tool, _ in CALLS])
async def test_several_are_named(talk: Any, api: PaperApi, tool: str, given: dict[str, Any]) -> None:
    api.paper.engine.connect("second_account", "binance_perpetual")
    async with talk() as call:
        text = await call.bad(tool, **given)
        assert "2 accounts are connected to binance" in text
        assert "master_account, second_account" in text
    assert orders(api) == []


@pytest.mark.parametrize(("tool", "given"), CALLS, ids=[tool for tool, _ in CALLS])
async def test_of_a_wrong_one_those_that_there_are_are_named(
    talk: Any, api: PaperApi, tool: str, given: dict[str, Any]
) -> None:
    wrong = {"account_name": "main"}
    named = {"orders": [{**SPOT, **ORDER, **wrong}]} if tool == "place_orders" else {**given, **wrong}
    async with talk() as call:
        text = await call.bad(tool, **named)
        assert "There is no account main" in text
        assert "master_account" in text
    assert orders(api) == []


async def test_a_trigger_keeps_the_account_that_it_was_armed_for(talk: Any, api: PaperApi) -> None:
    """Whatever is connected by then."""
    api.paper.engine.delete_account("second_account")
    async with talk() as call:
        await call.good("create_trigger", **SPOT, below="45000", then="place_order", arguments=ORDER)
        (one,) = await kept(call)
    assert one.spec.then is not None
    assert one.spec.then.arguments["account_name"] == "master_account"


@pytest.mark.parametrize("where", [{}, {"connector_name": "binance"}])
async def test_its_balance_is_that_of_the_only_one_or_of_each(talk: Any, api: PaperApi, where: dict[str, str]) -> None:
    async with talk() as call:
        text = await call.good("get_account_balance", **where)
        assert "account_name" not in head(text)
        assert "\naccount_name " in text
        assert {"master_account", "second_account"} <= {*text.split()}
        api.paper.engine.delete_account("second_account")
        assert head(await call.good("get_account_balance", **where))["account_name"] == "master_account"


async def test_what_trades_on_two_exchanges_needs_an_account_with_both(talk: Any, api: PaperApi) -> None:
    sides = ("buying_market", "binance"), ("selling_market", "binance_perpetual")
    markets = {side: {"connector_name": exchange, "trading_pair": PAIR} for side, exchange in sides}
    given = {
        "executor_type": "arbitrage_executor",
        "config": {**markets, "order_amount": 0.01, "min_profitability": 0.5},
    }
    async with talk() as call:
        assert "doesn't run arbitrage_executor" in await call.bad("create_executor", **given)
        api.paper.engine.connect("second_account", "binance_perpetual")
        assert "2 accounts connected to binance and binance_perpetual" in await call.bad("create_executor", **given)


async def test_the_answer_says_which(talk: Any, api: PaperApi) -> None:
    api.paper.engine.delete_account("second_account")
    async with talk() as call:
        assert head(await call.good("place_order", **SPOT, **ORDER))["account_name"] == "master_account"
