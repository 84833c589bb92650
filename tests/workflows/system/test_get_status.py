"""get_status tells what works, what doesn't, what there is none of, and what couldn't be seen."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from hbmcp.errors import (
    ApiFailed,
    CallError,
    ReadTimedOut,
    ServiceDown,
    UnknownOperation,
    Unreachable,
    WrongCredentials,
)
from hbmcp.installation.status import advice, reading
from hbmcp.results import render
from hbmcp.workflows.system.get_status import get_status
from hummingbot_api.request import Request
from tests.installation.scripted_installation import Script
from tests.paper.assistant import ALL, assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

TASKS = {
    "_order_book_stream_listener_task": {"exists": True, "done": False, "cancelled": False, "exception": None},
    "_init_order_books_task": {"exists": True, "done": True, "cancelled": False, "exception": None},
}
ALIVE: dict[str, Any] = {
    "connector_name": "binance",
    "has_order_book_tracker": True,
    "tracker_ready": True,
    "tasks": TASKS,
    "trading_pairs": ["BTC-USDT", "ETH-USDT"],
    "order_books": {"BTC-USDT": {"best_bid": 1}, "ETH-USDT": {"best_bid": 1}},
}
BOT = {
    "status": "running",
    "performance": {},
    "error_logs": [{"msg": "no"}],
    "recently_active": True,
    "source": "docker",
}
GOOD: dict[str, Any] = {
    "get_api_version": {"name": "Hummingbot API", "version": "1.0.1", "status": "running"},
    "get_broker_status": {"status": "success", "data": {"mqtt_connected": True, "active_bots": ["grid-1"]}},
    "list_bots": {"status": "success", "data": {"grid-1": BOT}},
    "get_docker_status": True,
    "get_gateway_status": {"running": True, "container_id": "9b32", "image": None, "created_at": None, "port": None},
    "list_chains": {"chains": [{"chain": "solana", "networks": ["mainnet-beta"]}]},
    "get_system_resources": {
        "cpu": {"percent": Decimal("14.1")},
        "memory": {"total": 25276510208, "available": 24199122944, "used": 1077387264, "percent": Decimal("4.3")},
        "disk": {"total": 270553174016, "used": 26195980288, "free": 82748313600, "percent": Decimal("24.0")},
    },
    "list_accounts": ["master_account", "empty"],
    "get_connected_exchanges": lambda request: ["binance"] if "master" in request.path else [],
    "get_orderbook_diagnostics": ALIVE,
}
NO_DOCKER = ServiceDown("The Hummingbot API can't reach Docker.")
NO_GATEWAY = ServiceDown("Gateway isn't running.")
FAILED = ApiFailed("The Hummingbot API failed and gave no reason.")


async def status(**changed: Any) -> tuple[Any, str]:
    """What it answers with these answers changed: its value, and the text of it."""
    answer = await get_status(Script({**GOOD, **changed}).installation)
    return answer.value, render(answer.value, answer.spec)


async def test_all_is_well() -> None:
    _, text = await status()
    assert text == (
        '{"api":"Hummingbot API 1.0.1, running","broker":"connected","docker":"running","gateway":"answers",'
        '"cpu_percent":14.1,"memory_percent":4.3,"memory_used_gb":1.1,"memory_total_gb":25.3,'
        '"disk_percent":24,"disk_used_gb":26.2,"disk_free_gb":82.7}\n'
        "# bots: 1 row\nbot_name status recently_active error_logs\ngrid-1 running true 1\n"
        '# connectors: 1 row\naccount_name connector_name order_books\nmaster_account binance "2 live"'
    )


async def test_on_paper(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as ask:
        text = await ask.good("get_status")
    for fact in (
        f"Hummingbot API {ALL.catalog.api['version']}",
        "broker isn't connected",
        "binance_perpetual",
        advice.PAPER,
    ):
        assert fact in text
    assert advice.NO_BROKER not in text


@pytest.mark.parametrize(
    ("changed", "part", "told"),
    [
        ({"list_bots": {"data": {}}}, "bots", "none"),
        (
            {"list_bots": {"data": {}}, "get_broker_status": {"data": {"mqtt_connected": False}}},
            "bots",
            "unknown: the broker isn't connected",
        ),
        ({"list_bots": {"data": {}}, "get_broker_status": FAILED}, "bots", "unknown: the broker isn't connected"),
        ({"list_bots": {"data": {}}, "get_docker_status": NO_DOCKER}, "bots", "unknown: Docker isn't reached"),
        ({"list_bots": {"data": {}}, "get_docker_status": FAILED}, "bots", "unknown: Docker isn't reached"),
        ({"list_bots": FAILED}, "bots", "unknown: the API failed at it"),
        ({"get_broker_status": {"data": {"mqtt_connected": False}}}, "broker", "not connected"),
        ({"get_broker_status": ReadTimedOut("late")}, "broker", "unknown: no answer in time"),
        ({"get_docker_status": NO_DOCKER}, "docker", "not reached by the API"),
        ({"get_docker_status": False}, "docker", "not running"),
        ({"get_docker_status": FAILED}, "docker", "unknown: the API failed at it"),
        ({"get_gateway_status": NO_DOCKER}, "gateway", "answers"),
        ({"list_chains": NO_GATEWAY}, "gateway", "not reached, although its container runs"),
        ({"list_chains": NO_GATEWAY, "get_gateway_status": {"running": False}}, "gateway", "not running"),
        ({"list_chains": NO_GATEWAY, "get_gateway_status": NO_DOCKER}, "gateway", "not reached"),
        ({"list_chains": FAILED}, "gateway", "unknown: the API failed at it"),
        ({"get_api_version": UnknownOperation("This API has no GET /.")}, "api", "unknown: this API can't tell"),
        ({"get_system_resources": FAILED}, "machine", "unknown: the API failed at it"),
        ({"list_accounts": CallError("No accounts today.")}, "connectors", "unknown: No accounts today."),
        ({"list_accounts": []}, "connectors", "none"),
    ],
)
async def test_none_is_told_from_not_reached(changed: dict[str, Any], part: str, told: str) -> None:
    before, _ = await status()
    value, text = await status(**changed)
    assert value[part] == told
    assert told in text
    others = value.keys() - {part, *(before.keys() if part == "machine" else ()), "bots", "broker", "docker"}
    assert {one: value[one] for one in others} == {one: before[one] for one in others}


@pytest.mark.parametrize(
    ("diagnostics", "told"),
    [
        ({**ALIVE, "has_order_book_tracker": False}, "none tracked"),
        ({**ALIVE, "trading_pairs": [], "order_books": {}, "tracker_ready": False}, "none tracked"),
        (
            {**ALIVE, "trading_pairs": ["NOPE-USDT"], "order_books": {}, "tracker_ready": False},
            "stuck: no book of NOPE-USDT",
        ),
        (
            {**ALIVE, "tasks": {**TASKS, "_order_book_diff_router_task": {"done": True, "exception": "boom"}}},
            "stuck: _order_book_diff_router_task ended",
        ),
        (FAILED, "unknown: the API failed at it"),
    ],
)
async def test_the_order_books_of_a_connector(diagnostics: Any, told: str) -> None:
    value, text = await status(get_orderbook_diagnostics=diagnostics)
    assert [row["order_books"] for row in value["connectors"]] == [told]
    assert (advice.STUCK in text) is told.startswith("stuck")


async def test_an_account_that_cannot_be_read_is_named() -> None:
    def exchanges(request: Any) -> list[str]:
        if "empty" in request.path:
            raise FAILED
        return ["binance"]

    value, _ = await status(get_connected_exchanges=exchanges)
    assert [(row["account_name"], row["connector_name"]) for row in value["connectors"]] == [
        ("master_account", "binance"),
        ("empty", "unknown: the API failed at it"),
    ]


async def test_what_to_do_is_said_where_something_is_to_be_done() -> None:
    resources = {**GOOD["get_system_resources"], "disk": {"free": 1_040_000_000, "percent": Decimal("98.2")}}
    value, text = await status(
        get_broker_status={"data": {"mqtt_connected": False}},
        get_docker_status=NO_DOCKER,
        list_bots={"data": {"plain": {"status": "stopped"}}},
        get_system_resources=resources,
    )
    assert value["disk_free_gb"] == Decimal("1.0")
    for sentence in (advice.NO_BROKER, advice.NO_DOCKER, advice.SILENT, "The API's disk is nearly full."):
        assert sentence in text
    assert "memory is nearly full" not in text


@pytest.mark.parametrize("error", [Unreachable("Nothing listens there."), WrongCredentials("It doesn't accept them.")])
async def test_an_api_that_answers_nothing_is_an_error(error: CallError) -> None:
    with pytest.raises(type(error), match=str(error)):
        await status(**dict.fromkeys(GOOD.keys() - {"get_api_version"}, error))
    with pytest.raises(type(error)):
        await status(**dict.fromkeys(GOOD, error))
    for name in ("get_broker_status", "get_system_resources"):  # an API of another version
        lacks = {name: UnknownOperation("This Hummingbot API has no such operation.")}
        with pytest.raises(type(error)):
            await status(**dict.fromkeys(GOOD, error) | lacks)


async def test_a_part_that_hangs_does_not_hold_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.05)
    script = Script(GOOD)

    async def ask(name: str, build: Callable[[], Request[Any]]) -> Any:
        if name in ("get_docker_status", "get_orderbook_diagnostics"):
            await asyncio.Event().wait()
        return await script(name, build)

    value: Any = (await get_status(evolve(script.installation, ask=ask))).value
    assert value["docker"] == value["connectors"][0]["order_books"] == "unknown: no answer in time"
    assert (value["broker"], value["gateway"]) == ("connected", "answers")
