"""What trades plans first: a preview sends nothing, and what is sent is what the plan showed, each request once."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from hbmcp.catalog import REDUCING, Effect
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.orders.order import Order
from hbmcp.installation.plan import Plan
from hbmcp.paper.api.routes.executors import executors_of
from hbmcp.policy import grant
from hbmcp.policy.gate import Gate
from hbmcp.store import SentOrder
from hbmcp.times import ticking
from tests.paper.assistant import ALL, Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, PAIR, open_position
from tests.paper.scripted_faults import failing
from tests.paper.spot_account import BUY, rest
from tests.workflows.executors.executor_account import POSITION

pytestmark = pytest.mark.anyio

SENDS = {tool.operation for tool in ALL.catalog.tools.values() if tool.operation and not tool.reads}
WHERE = {"account_name": ACCOUNT, "connector_name": CONNECTOR}
SELL = {**WHERE, "trading_pair": PAIR, "side": "SELL"}
EXECUTOR = {"account_name": ACCOUNT, "executor_type": "position_executor", "config": POSITION}

CLOSES = {**SELL, "amount": 0.06, "price": "+20%", "position_action": "CLOSE"}  # of 0.1

Setup = Callable[[PaperApi], dict[str, Any]]


def rests(api: PaperApi) -> dict[str, Any]:
    return {"order_id": rest(api)}


def two_rest(api: PaperApi) -> dict[str, Any]:
    rest(api)
    rest(api, price="1001")
    return {}


def long(api: PaperApi) -> dict[str, Any]:
    """At leverage 5."""
    api.paper.engine.set_leverage(ACCOUNT, CONNECTOR, PAIR, 5)
    open_position(api, "BUY", "0.1")
    return {}


def several(api: PaperApi) -> dict[str, Any]:
    long(api)
    open_position(api, "SELL", "3", "ETH-USDT")
    return {}


def runs(api: PaperApi) -> dict[str, Any]:
    config = check("create_executor", "position_executor", POSITION)
    return {"executor_id": executors_of(api.paper).create(ACCOUNT, "main", config.sent).id}


def nothing(_: PaperApi) -> dict[str, Any]:
    return {}


CASES: list[tuple[str, dict[str, Any], Setup, list[Effect]]] = [
    ("place_order", {**BUY, "amount": 0.01, "order_type": "MARKET"}, nothing, ["opens"]),
    (
        "place_order",
        {
            **WHERE,
            "trading_pair": PAIR,
            "side": "SELL",
            "amount": 0.05,
            "order_type": "MARKET",
            "position_action": "CLOSE",
        },
        long,
        ["reduces"],
    ),
    ("place_orders", {"orders": [{**BUY, "amount": 0.01, "price": "50000"}] * 2}, nothing, ["opens", "opens"]),
    ("place_orders", {"orders": [{**CLOSES, "amount": 0.05}] * 2}, long, ["reduces", "reduces"]),
    ("cancel_order", {}, rests, ["cancels"]),
    ("replace_order", {"price": "50000"}, rests, ["unprotects", "opens"]),
    ("cancel_orders", {"side": "BUY"}, two_rest, ["cancels", "cancels"]),
    ("close_position", {"trading_pair": PAIR, "fraction": 0.5}, long, ["reduces"]),
    ("close_positions", {"account_name": ACCOUNT}, several, ["reduces", "reduces"]),
    ("set_leverage", {**WHERE, "trading_pair": PAIR, "leverage": 3}, long, ["configures"]),
    ("set_leverage", {**WHERE, "trading_pair": PAIR, "leverage": 8}, long, ["unprotects"]),
    ("set_leverage", {**WHERE, "trading_pair": PAIR, "leverage": 1}, nothing, ["unprotects"]),
    ("set_position_mode", {**WHERE, "position_mode": "HEDGE"}, nothing, ["configures"]),
    ("create_executor", EXECUTOR, nothing, ["opens"]),
    ("stop_executor", {"position": "close", "wait": 0}, runs, ["stops"]),
    ("stop_executor", {"position": "keep", "wait": 0}, runs, ["stops"]),
]
each = pytest.mark.parametrize(("tool", "given", "setup", "effects"), CASES)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Those that were granted."""
    granted = list[Plan]()
    real = Gate.grant

    async def noted(gate: Gate, call: Any, plan: Plan, *rest: Any) -> Any:
        granted.append(plan)
        return await real(gate, call, plan, *rest)

    monkeypatch.setattr(Gate, "grant", noted)
    return granted


def sent(call: Assistant) -> Counter[str]:
    return Counter(one for one in call.asked if one in SENDS)


@each
async def test_a_preview_sends_nothing_and_what_is_sent_was_planned(
    api: PaperApi,
    monkeypatch: pytest.MonkeyPatch,
    plans: list[Plan],
    tool: str,
    given: dict[str, Any],
    setup: Setup,
    effects: list[Effect],
) -> None:
    asked = given | setup(api)
    async with assistant(api, monkeypatch) as call:
        shown = await call.good(tool, **asked, preview=True)
        assert (sent(call), plans) == (Counter(), [])
        done = await call.good(tool, **asked, preview=False)
        (plan,) = plans
        assert [one.effect for one in plan.requests] == effects
        assert sent(call) == Counter(ALL.catalog.tools[one.tool].operation for one in plan.requests)
        assert shown != done


@each
async def test_a_plan_that_grew_old_is_made_anew_unless_it_only_reduces(
    api: PaperApi,
    monkeypatch: pytest.MonkeyPatch,
    plans: list[Plan],
    tool: str,
    given: dict[str, Any],
    setup: Setup,
    effects: list[Effect],
) -> None:
    """An hour passes once between the granting and the sending."""
    late = [3600.0]
    monkeypatch.setattr(grant, "ticking", lambda: ticking() + (late.pop() if late else 0))
    asked = given | setup(api)
    async with assistant(api, monkeypatch) as call:
        await call.good(tool, **asked, preview=False)
        assert len(plans) == (1 if set(effects) <= set(REDUCING) else 2)
        assert sent(call) == Counter(ALL.catalog.tools[one.tool].operation for one in plans[-1].requests)


async def test_an_order_that_closes_protects_a_position(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, plans: list[Plan]
) -> None:
    """As far as hbmcp sent it: the API keeps no position action."""
    long(api)
    target = {**SELL, "amount": 0.1, "price": "+20%", "position_action": "CLOSE"}
    async with assistant(api, monkeypatch) as call:
        await call.good("place_order", **target)
        (order,) = api.paper.engine.orders(statuses=["OPEN"])
        await call.good("cancel_order", order_id=order.id)
    placed, cancelled = (plan.requests for plan in plans)
    assert [one.effect for one in (*placed, *cancelled)] == ["reduces", "unprotects"]


async def test_together_orders_reduce_no_more_than_the_position(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, plans: list[Plan]
) -> None:
    long(api)
    async with assistant(api, monkeypatch) as call:
        await call.good("place_orders", orders=[CLOSES, CLOSES])
    assert [one.effect for one in plans[0].requests] == ["reduces", "opens"]


@pytest.mark.parametrize(
    ("connector", "mode", "effects"),
    [
        ("bybit_perpetual", "ONEWAY", ["reduces", "reduces"]),
        ("binance_perpetual", "HEDGE", ["reduces", "reduces"]),
        ("binance_perpetual", "ONEWAY", ["reduces", "opens"]),
    ],
)
async def test_what_rests_reduces_no_more_than_other_orders_leave(
    api: PaperApi,
    monkeypatch: pytest.MonkeyPatch,
    plans: list[Plan],
    connector: str,
    mode: Any,
    effects: list[Effect],
) -> None:
    """Where each isn't surely reduce-only; a market order and a replacement go on."""
    api.paper.engine.set_position_mode(ACCOUNT, connector, mode)
    open_position(api, "BUY", "0.1", connector=connector)
    whole = {**SELL, "connector_name": connector, "amount": 0.1, "price": "+20%", "position_action": "CLOSE"}
    async with assistant(api, monkeypatch) as call:
        for price in ("+20%", "+30%"):
            await call.good("place_order", **whole | {"price": price})
        assert [plan.requests[0].effect for plan in plans] == effects
        first = api.paper.engine.orders(statuses=["OPEN"])[-1]
        await call.good("cancel_order", order_id=api.paper.engine.orders(statuses=["OPEN"])[0].id)
        await call.good("replace_order", order_id=first.id, price="+25%")
        assert plans[-1].requests[-1].effect == "reduces"
        del whole["price"]
        await call.good("place_order", **whole | {"order_type": "MARKET"})
    assert plans[-1].requests[0].effect == "reduces"


async def test_what_rests_opens_where_nobody_knows_what_else_rests(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, plans: list[Plan]
) -> None:
    long(api)
    async with assistant(api, monkeypatch, [failing("POST /trading/orders/active")]) as call:
        await call.good("place_order", **CLOSES)
    assert plans[0].requests[0].effect == "opens"


async def test_an_order_that_closes_of_a_position_that_is_gone_protects_nothing(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, plans: list[Plan]
) -> None:
    at = {**SELL, "amount": 0.01, "order_type": "LIMIT", "price": 200_000}
    async with assistant(api, monkeypatch) as call:
        await call.good("submit_order", **at)
        (order,) = api.paper.engine.orders(statuses=["OPEN"])
        sent = SentOrder(ACCOUNT, CONNECTOR, PAIR, "SELL", "LIMIT", order.amount, order.price, "CLOSE", order.created)
        await call.bridge.store.remember_order(evolve(sent, order_id=order.id))
        open_position(api, "SELL", "0.1")
        await call.good("cancel_order", order_id=order.id, preview=True)
        await call.good("cancel_order", order_id=order.id)
    assert [one.effect for one in plans[-1].requests] == ["cancels"]


@pytest.mark.parametrize("kind", ["STOP_LOSS", "TAKE_PROFIT_LIMIT"])
def test_a_stop_says_so_itself_whoever_placed_it(kind: str) -> None:
    assert Order("x", ACCOUNT, "binance", type=kind).protects


@pytest.mark.parametrize(
    ("tool", "given", "setup"),
    [
        ("set_position_mode", {**WHERE, "position_mode": "ONEWAY"}, nothing),
        ("close_positions", {"loss_over": 90, "preview": False}, long),
        ("stop_executor", {}, runs),
    ],
)
async def test_where_there_is_nothing_to_send_nothing_is_sent(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, tool: str, given: dict[str, Any], setup: Setup
) -> None:
    asked = given | setup(api)
    async with assistant(api, monkeypatch) as call:
        await call.good(tool, **asked)
        assert sent(call) == Counter()


async def test_defaults_are_kept_by_hbmcp_and_a_preview_keeps_none(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = {"executor_type": "grid_executor"}
    async with assistant(api, monkeypatch) as call:
        shown = await call.good("set_executor_defaults", **kind, config={"leverage": 3}, preview=True)
        assert '"would_save":{"leverage":"3"}' in shown or '"would_save":{"leverage":3}' in shown
        assert await call.good("set_executor_defaults", **kind) == "No defaults are saved for grid_executor."
        assert '"leverage":3' in await call.good("set_executor_defaults", **kind, config={"leverage": 3})
        assert call.asked == []


async def test_what_an_executor_comes_to_is_its_stake(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, plans: list[Plan]
) -> None:
    async with assistant(api, monkeypatch) as call:
        await call.good("create_executor", **EXECUTOR)
    (planned,) = plans[0].requests
    stake = planned.stake
    assert (stake.account, stake.exchange, stake.pair) == (ACCOUNT, CONNECTOR, PAIR)
    assert (stake.side, stake.amount, stake.leverage, stake.type) == ("BUY", Decimal("0.1"), 10, "position_executor")
    assert stake.market is not None
    assert stake.value is not None
    assert stake.value >= stake.market * Decimal("0.1")
