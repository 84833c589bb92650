"""What isn't a read is planned first: a preview sends nothing of it, and a call sends what was planned, each once."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from attrs import field, frozen

from hbmcp.api import Api
from hbmcp.catalog import Tool
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import Stake
from hbmcp.paper.gateway import POOLS
from hbmcp.policy.gate import Gate
from hummingbot_api.request import Request
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

CONTROLLER = {"controller_type": "market_making", "controller_name": "pmm_simple"}
CONFIG = {**CONTROLLER, "connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "total_amount_quote": 100}
CHANGED = {**CONFIG, "leverage": 2}
OF_CONFIG = Stake(exchange="binance_perpetual", pair="BTC-USDT", type="pmm_simple")
SCRIPT = {"script_file_name": "v2_with_controllers.py"}


@frozen
class Watched:
    """The plans that were judged, and what was sent of tools that aren't reads."""

    plans: list[Plan] = field(factory=list)
    sent: list[Request[Any]] = field(factory=list)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    found = Watched()

    def seen(judge: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def judged(gate: Gate, call: Any, plan: Plan, *more: Any) -> Any:
            found.plans.append(plan)
            return await judge(gate, call, plan, *more)

        return judged

    monkeypatch.setattr(Gate, "grant", seen(Gate.grant))
    monkeypatch.setattr(Gate, "verdict", seen(Gate.verdict))
    send = Api.send

    async def noted(api: Api, request: Request[Any], tool: Tool) -> Any:
        if not tool.reads:
            found.sent.append(request)
        return await send(api, request, tool)

    monkeypatch.setattr(Api, "send", noted)
    return found


async def saved(call: Assistant) -> None:
    await call.good("save_controller_config", config_name="mine", config=CONFIG)
    await call.good("save_script_config", config_name="mine", config=SCRIPT)


async def wallet(call: Assistant) -> Mapping[str, Any]:
    await call.good("start_gateway")
    await call.good("add_wallet", chain="ethereum", private_key="0x" + "cd" * 32)
    shown = await call.good("list_wallets")
    return {"address": next(word for word in shown.replace('"', ",").split(",") if word.startswith("0x"))}


async def gateway(call: Assistant) -> None:
    await call.good("start_gateway")


async def on_solana(call: Assistant) -> None:
    await call.good("start_gateway")
    await call.good("add_wallet", chain="solana", private_key="4" * 88)


async def empty_account(call: Assistant) -> None:
    await call.good("add_account", account_name="empty")


CODE = {"content": "a = 1"}
GENERIC = {"controller_type": "generic", "controller_name": "new"}
NETWORK = {"network_id": "solana-mainnet-beta", "updates": {"node_url": "https://n/k"}}
CONNECTOR = {"connector_name": "jupiter", "updates": {"slippage_pct": 2}}
CHAIN = {"network_id": "solana-mainnet-beta"}
SWAP = {"connector": "jupiter", **CHAIN, "trading_pair": "SOL-USDC", "side": "SELL", "amount": 2}
POOL = {"connector": "meteora", **CHAIN, "pool_address": POOLS["meteora"], "lower_price": 100, "upper_price": 200}
DEPOSIT = {"base_token_amount": 2, "quote_token_amount": 100}
OF_SWAP = Stake(
    exchange="jupiter",
    pair="SOL-USDC",
    side="SELL",
    amount=Decimal(2),
    price=Decimal("148.5"),
    value=Decimal(300),
    market=Decimal(150),
)
OF_DEPOSIT = Stake(
    exchange="meteora",
    pair="SOL-USDC",
    amount=Decimal(2),
    price=Decimal(100),
    until=Decimal(200),
    value=Decimal(400),
    market=Decimal(150),
)
OF_SCRIPT = Stake(type="v2_with_controllers")
Prepare = Callable[[Assistant], Awaitable[Mapping[str, Any] | None]]
CASES: list[tuple[str, dict[str, Any], str, Stake, Prepare | None]] = [
    ("delete_account", {"account_name": "empty"}, "configures", Stake(account="empty"), empty_account),
    ("delete_controller", CONTROLLER, "configures", Stake(type="pmm_simple"), None),
    ("delete_controller_config", {"config_name": "mine"}, "configures", Stake(), saved),
    ("delete_script", {"script_name": "v2_with_controllers"}, "configures", OF_SCRIPT, None),
    ("delete_script_config", {"config_name": "mine"}, "configures", Stake(), saved),
    ("remove_wallet", {"chain": "ethereum"}, "unprotects", Stake(), wallet),
    ("save_controller_config", {"config_name": "new", "config": CONFIG}, "configures", OF_CONFIG, None),
    ("save_controller_config", {"config_name": "mine", "config": CHANGED}, "configures", OF_CONFIG, saved),
    ("save_script_config", {"config_name": "new", "config": SCRIPT}, "configures", OF_SCRIPT, None),
    ("save_controller_code", {**GENERIC, **CODE}, "runs_code", Stake(type="new"), None),
    ("save_script_code", {"script_name": "new", **CODE}, "runs_code", Stake(type="new"), None),
    ("execute_swap", SWAP, "moves", OF_SWAP, on_solana),
    ("open_clmm_position", {**POOL, **DEPOSIT}, "moves", OF_DEPOSIT, on_solana),
    ("update_network", NETWORK, "configures", Stake(), gateway),
    ("update_dex_connector", CONNECTOR, "configures", Stake(), gateway),
]


def on_the_wire(request: Request[Any]) -> tuple[Any, ...]:
    return request.method, request.path, request.query, request.json


@pytest.mark.parametrize(("tool", "arguments", "effect", "stake", "prepare"), CASES)
async def test_a_preview_sends_nothing_and_a_call_what_was_planned_once(
    api: PaperApi,
    monkeypatch: pytest.MonkeyPatch,
    watched: Watched,
    tool: str,
    arguments: dict[str, Any],
    effect: str,
    stake: Stake,
    prepare: Prepare | None,
) -> None:
    async with assistant(api, monkeypatch) as call:
        more = await prepare(call) if prepare else None
        given = {**arguments, **(more or {})}
        watched.plans.clear()
        watched.sent.clear()
        text = await call.good(tool, **given, preview=True)
        told = ("Nothing was deleted yet: preview=false deletes ", "Nothing was sent yet. Without", '{"would_')
        assert any(words in text for words in told)
        assert watched.sent == []
        await call.good(tool, **given, preview=False)
    ((shown,), (planned,)) = (plan.requests for plan in watched.plans)
    assert watched.sent == [planned.request]
    assert on_the_wire(shown.request) == on_the_wire(planned.request)
    assert shown.words == planned.words
    assert (planned.effect, planned.stake) == (effect, stake)


@pytest.mark.parametrize("tool", ["delete_controller", "delete_script"])
async def test_without_a_word_nothing_is_deleted_and_a_model_s_confirm_is_none(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, watched: Watched, tool: str
) -> None:
    given = CONTROLLER if tool == "delete_controller" else {"script_name": "v2_with_controllers"}
    async with assistant(api, monkeypatch) as call:
        for words in ({}, {"confirm": False}, {"dry_run": True}):
            assert "Nothing was deleted yet" in await call.good(tool, **given, **words)
        assert watched.sent == []
        assert "confirm: no such argument" in await call.bad(tool, **given, confirm=True)
        assert watched.sent == []
        assert "looked up to be gone" in await call.good(tool, **given, preview=False)
    assert len(watched.sent) == 1


async def test_a_preview_tells_what_changes_against_what_is_saved(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with assistant(api, monkeypatch) as call:
        await saved(call)
        text = await call.good("save_controller_config", config_name="mine", config=CHANGED, preview=True)
        assert "Without preview: replace controller config mine." in text
        assert "leverage" in text.partition("changed")[2]
        script = {**SCRIPT, "controllers_config": ["mine.yml"]}
        for preview in (True, False):
            text = await call.good("save_script_config", config_name="mine", config=script, preview=preview)
            assert "controllers_config" in text.partition("changed")[2]
        assert "replace script v2_with_controllers with 1 line of code" in await call.good(
            "save_script_code", script_name="v2_with_controllers", content="a = 1", preview=True
        )
