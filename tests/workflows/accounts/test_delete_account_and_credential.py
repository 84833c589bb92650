"""Deleting keys and accounts: previewed unless told, looked up afterwards."""

from typing import Any

import pytest

from hbmcp.errors import ApiFailed, CallError, Failed, OutcomeUnknown, Refused
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import Stake
from hbmcp.paper.api.faults import EXCHANGE_DOWN, HIDDEN_ORDERS, Crash, Cut, Fault
from hbmcp.paper.api.routes.executors import executors_of
from hbmcp.results import render
from hbmcp.workflows.accounts.delete_account import delete_account
from hbmcp.workflows.accounts.delete_credential import delete_credential
from tests.installation.scripted_installation import Script
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PERPETUAL, SPOT, PaperApi
from tests.workflows.answers import value

pytestmark = pytest.mark.anyio

SECOND = {"account_name": "second_account", "connector_name": "bybit_perpetual"}
DELETE_KEYS = "POST /accounts/delete-credential/{account_name}/{connector_name}"
DELETE_ACCOUNT = "POST /accounts/delete-account"
CHANGES = {DELETE_KEYS, DELETE_ACCOUNT}


async def order(call: Assistant, body: dict[str, Any], **changes: Any) -> None:
    asked = {**body, **changes}
    asked["side"] = asked.pop("trade_type")
    await call.good("submit_order", **asked)


async def trade(api: PaperApi, call: Assistant) -> None:
    """A position, two orders at two exchanges, and an executor, all of the second account."""
    await order(call, PERPETUAL, **SECOND, trade_type="SELL", amount="0.02")
    limit = {"order_type": "LIMIT", "trade_type": "BUY"}
    await order(call, PERPETUAL, **SECOND, **limit, price="50000")
    await order(call, SPOT, account_name="second_account", **limit, price="51000")
    config = {
        "type": "order_executor",
        **{"connector_name": "bybit_perpetual", "trading_pair": "ETH-USDT", "leverage": 1},
        **{"side": 1, "amount": "0.1", "price": "2000", "execution_strategy": "LIMIT"},
    }
    executors_of(api.paper).create("second_account", "main", config)


async def test_keys_stay_in_a_preview(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await trade(api, call)
        text = await call.good("delete_credential", **SECOND)
        assert CHANGES.isdisjoint(call.asked)
        assert "bybit_perpetual" in api.paper.engine.connectors("second_account")
        assert "Nothing was deleted yet: preview=false deletes the API keys of second_account for bybit" in text
        found = value(text)
        assert found["deleted"] is False
        [position] = found["positions"]
        assert (position["trading_pair"], position["side"], position["amount"]) == ("BTC-USDT", "SHORT", "0.02")
        engine_orders = api.paper.engine.orders(accounts=["second_account"], exchanges=["bybit_perpetual"])
        rest = [one for one in engine_orders if one.rests]
        assert {row["order_id"] for row in found["orders"]} == {one.id for one in rest}
        assert len(rest) == 2  # its own and the executor's, not the one on spot
        [executor] = found["executors"]
        assert executor["executor_type"] == "order_executor"
        [balance] = found["balances"]
        assert balance["tokens"] == "USDT"
        assert "without keys they can be neither closed nor cancelled from here" in text
        assert "None found: bots." in text
        assert "Executors without keys leave their orders and positions as they are." in text

        text = await call.good("delete_credential", **SECOND, preview=False)
        assert call.asked.count(DELETE_KEYS) == 1
        assert api.paper.engine.connectors("second_account") == ["binance"]
        found = value(text)
        assert found["deleted"] is True
        assert len(found["positions"]) == 1
        assert len(found["orders"]) == 2
        assert "Deleted, and looked up to be gone: the API keys of second_account for bybit_perpetual." in text


async def test_an_account_with_all_that_stands_on_it(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await trade(api, call)
        found = value(await call.good("delete_account", account_name="second_account"))
        assert {row["connector_name"] for row in found["orders"]} == {"binance", "bybit_perpetual"}
        assert {row["connector_name"] for row in found["balances"]} == {"binance", "bybit_perpetual"}
        assert "second_account" in api.paper.engine.accounts()
        text = await call.good("delete_account", account_name="second_account", preview=False)
        assert api.paper.engine.accounts() == ["master_account"]
        assert "account second_account with its API keys for binance, bybit_perpetual." in text
        assert call.asked.count(DELETE_ACCOUNT) == 1


async def test_an_empty_account_goes_with_one_sentence(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api.paper.engine.add_account("empty")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("delete_account", account_name="empty")
        assert text.startswith("No position, order, executor, bot or balance was found to stand on it.\n\nNothing was")
        text = await call.good("delete_account", account_name="empty", preview=False)
        assert text == "Deleted, and looked up to be gone: account empty."


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("delete_account", {"account_name": "master_account"}, "master_account can't be deleted"),
        ("delete_account", {"account_name": "nobody"}, "There is no account nobody"),
        ("delete_credential", {**SECOND, "account_name": "nobody"}, "There is no account nobody"),
        ("delete_credential", {**SECOND, "connector_name": "kucoin"}, "second_account is not connected to kucoin"),
    ],
)
async def test_what_isnt_there_is_refused(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: dict[str, str], said: str
) -> None:
    """The API would say that it deleted keys that never were."""
    async with assistant(api, monkeypatch) as call:
        text = await call.bad(tool, **arguments, preview=False)
        assert said in text
        assert CHANGES.isdisjoint(call.asked)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (EXCHANGE_DOWN, "There may be positions on bybit_perpetual: it lists none, but the recorded fills leave SHORT"),
        (Crash("POST /trading/positions"), "There may be positions on bybit_perpetual: "),
        (Crash("POST /trading/orders/active"), "Some orders couldn't be read, so there may be more: "),
        (Crash("POST /executors/search"), "Some executors couldn't be read, so there may be more: "),
        (Crash("GET /bot-orchestration/bot-runs"), "Bots couldn't be read, so there may be some: "),
        (Crash("POST /portfolio/state"), "Balances couldn't be read, so there may be some: "),
    ],
)
async def test_what_cant_be_read_may_be_there(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    async with assistant(api, monkeypatch, faults={fault}) as call:
        await trade(api, call)
        text = await call.good("delete_credential", **SECOND)
    assert said in text
    assert len(value(text)["orders"]) == 2  # by either of the API's lists


async def test_orders_that_one_list_hides(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={HIDDEN_ORDERS}) as call:
        await trade(api, call)
        text = await call.good("delete_credential", **SECOND)
    assert len(value(text)["orders"]) == 2


async def test_an_answer_that_is_lost_is_looked_up(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={Cut(DELETE_KEYS)}) as call:
        text = await call.good("delete_credential", **SECOND, preview=False)
        assert "Deleted, and looked up to be gone" in text
        assert call.asked.count(DELETE_KEYS) == 1


async def test_a_request_that_is_lost_may_still_come(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={Cut(DELETE_KEYS, acted=False)}) as call:
        text = await call.bad("delete_credential", **SECOND, preview=False)
    assert "Outcome unknown" in text
    assert "It is still there, and may yet go. Look with get_accounts in a minute." in text


async def test_a_failure_is_passed_on(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, faults={Crash(DELETE_ACCOUNT, acted=False)}) as call:
        text = await call.bad("delete_account", account_name="second_account", preview=False)
    assert "delete_account was sent, but the API failed at it (HTTP 500)" in text
    assert "second_account" in api.paper.engine.accounts()


DOWN = ApiFailed("The API failed.")


def script(**answers: Any) -> Script:
    """One account besides the master's, connected to binance; keys go when they are told to."""
    keys = ["binance"]
    return Script(
        {
            "list_accounts": ["master_account", "desk"],
            "get_connected_exchanges": lambda _: list(keys),
            "remove_credential": lambda _: keys.clear(),
            "list_active_orders": {"data": []},
            "search_orders": {"data": []},
            "search_executors": {"data": []},
            "list_bots": {"data": {}},
            "list_bot_runs": {"data": []},
            "get_portfolio_state": {"desk": {"binance": []}},
            **answers,
        }
    )


async def planned(asked: Script) -> Plan:
    return await delete_credential(asked.installation, account_name="desk", connector_name="binance")


async def told(asked: Script) -> str:
    shown = (await planned(asked)).shown
    return render(shown.value, shown.spec)


ORDER = {"order_id": "a", "account_name": "desk", "connector_name": "binance", "status": "OPEN"}
RUNNING = {"executor_id": "a", "connector_name": "binance"}


@pytest.mark.parametrize(
    ("answers", "effect"),
    [
        ({}, "configures"),
        ({"get_portfolio_state": {"desk": {"binance": [{"token": "BTC", "units": 1, "value": 1}]}}}, "configures"),
        ({"get_portfolio_state": DOWN}, "configures"),
        ({"list_active_orders": {"data": [ORDER]}}, "unprotects"),
        ({"search_orders": DOWN}, "unprotects"),
        ({"search_executors": {"data": [RUNNING]}}, "unprotects"),
        ({"list_bots": DOWN}, "unprotects"),
        ({"list_bots": {"data": {"stranger": {}}}}, "unprotects"),
        (
            {"get_connected_exchanges": ["binance_perpetual"], "list_positions": DOWN, "get_trades": DOWN},
            "unprotects",
        ),
    ],
)
async def test_what_stands_on_the_keys_says_what_deleting_them_does(answers: dict[str, Any], effect: str) -> None:
    asked = script(**answers)
    (connector,) = answers.get("get_connected_exchanges", ["binance"])
    plans = [
        await delete_credential(asked.installation, account_name="desk", connector_name=connector),
        await delete_account(asked.installation, account_name="desk"),
    ]
    for plan, stake in zip(plans, (Stake("desk", connector), Stake("desk")), strict=True):
        assert [(planned.effect, planned.stake) for planned in plan.requests] == [(effect, stake)]
    assert not {"remove_account", "remove_credential"} & set(asked.names)


async def test_success_that_isnt_one() -> None:
    asked = script(remove_credential={"message": "Credential deleted successfully."})
    with pytest.raises(Failed, match="get_accounts still has it"):
        await asked.commit(await planned(asked))


async def test_success_that_nobody_can_confirm() -> None:
    answers = iter([["binance"]])

    def once(_: Any) -> Any:
        try:
            return next(answers)
        except StopIteration:
            raise DOWN from None

    asked = script(get_connected_exchanges=once)
    with pytest.raises(OutcomeUnknown, match=r"The API says that it deleted .* couldn't be looked up: The API failed"):
        await asked.commit(await planned(asked))


async def test_keys_that_cant_be_listed_are_not_deleted() -> None:
    asked = script(get_connected_exchanges=DOWN)
    with pytest.raises(CallError, match="The API failed"):
        await planned(asked)
    assert "remove_credential" not in asked.names


async def test_an_account_that_somebody_else_deleted_is_gone() -> None:
    listings = iter([["master_account", "desk"], ["master_account"]])
    asked = script(
        list_accounts=lambda _: next(listings), remove_account=Refused("Folder 'desk' not found in 'credentials'.")
    )
    answer = await asked.commit(await delete_account(asked.installation, account_name="desk"))
    assert answer.value == "Deleted, and looked up to be gone: account desk with its API keys for binance."


def run(bot: str, account: str = "desk", **changes: Any) -> dict[str, Any]:
    """A row of GET /bot-orchestration/bot-runs: a run stays DEPLOYED and CREATED while its bot runs."""
    return {
        "bot_name": bot,
        "account_name": account,
        "deployment_status": "DEPLOYED",
        "run_status": "CREATED",
        "stopped_at": None,
        **changes,
    }


RUNS = [
    run("maker-1"),
    run("other-1", "master_account"),
    run("quiet-1"),
    run("crashed-1"),
    run("failed-1", deployment_status="FAILED"),
    run("stopped-1", stopped_at="2026-11-22T08:45:46+00:00"),
]


async def test_bots_that_are_heard_and_those_whose_container_runs() -> None:
    asked = script(
        list_bots={"data": {"maker-1": {}, "other-1": {}, "stranger": {}}},
        list_bot_runs={"data": RUNS},
        list_active_containers=[{"name": "quiet-1"}, {"name": "other-1"}],
    )
    text = await told(asked)
    assert [row["bot_name"] for row in value(text)["bots"]] == ["maker-1", "quiet-1"]
    assert "Bots have copies of the keys and trade on." in text
    assert "Which account these running bots use isn't recorded: stranger." in text


async def test_bots_that_nobody_can_tell_of() -> None:
    text = await told(script(list_bot_runs={"data": RUNS}, list_active_containers=DOWN))
    assert "No position, order, executor, bot or balance was found" in text
    assert (
        "Bots that may run, unheard and with Docker not telling: maker-1, quiet-1, crashed-1. The API failed." in text
    )
    assert "Bots have copies of the keys" in text


async def test_executors_over_two_exchanges_stand_on_both() -> None:
    def row(name: str, connector: str | None, **config: Any) -> dict[str, Any]:
        told = {"executor_id": name, "executor_type": "some", "trading_pair": "BTC-USDT", "status": "RUNNING"}
        return {**told, "connector_name": connector, "config": config}

    rows = [
        row("here", "binance"),
        row("elsewhere", "kucoin"),
        row("between", None, buying_market={"connector_name": "kucoin"}, selling_market={"connector_name": "binance"}),
    ]
    asked = script(search_executors=lambda request: {"data": rows if request.json["status"] == "RUNNING" else []})
    assert [one["executor_id"] for one in value(await told(asked))["executors"]] == ["here", "between"]
