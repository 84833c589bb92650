"""Which plans a policy's names refuse."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.caller import Caller
from hbmcp.catalog import EFFECTS, REDUCING, Catalog, Effect
from hbmcp.errors import NotAllowed, Refused
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.policy.call import Call
from hbmcp.policy.limits import uses
from hbmcp.policy.model import Budget, Limits, Names, Policy, Written, tightened
from hbmcp.policy.rules import (
    CONTROLLER_CONFIGS,
    CONTROLLERS,
    SCRIPT_CONFIGS,
    SCRIPTS,
    refuse,
)
from hbmcp.policy.seen import Seen
from hbmcp.policy.worth import Worth
from hbmcp.results.answer import Answer
from hummingbot_api.request import Request

CATALOG = Catalog.load()
ORDER = Stake("master_account", "binance", "BTC-USDT", "BUY", Decimal("0.1"))


def one(
    effect: Effect,
    stake: Stake = ORDER,
    tool: str = "submit_order",
    *,
    called: str = "place_order",
    toolset: str = "trading",
    arguments: dict[str, Any] | None = None,
) -> tuple[Call, Plan]:
    request: Request[Any] = Request("POST", "/x", parse=lambda answer: answer)
    planned = PlannedRequest(tool, request, effect, "BUY 0.1 BTC-USDT", stake)
    return Call(Caller(called, toolset, frozenset()), arguments or {}), Plan(Answer(""), (planned,))


def why(policy: Policy, asked: tuple[str, ...] = (), **of: Any) -> str:
    """What refuses it; nothing where it is allowed."""
    call, plan = one(**of)
    try:
        refuse(policy, call, plan, asked)
    except NotAllowed as error:
        return str(error)
    return ""


def allow(**lists: tuple[str, ...]) -> Policy:
    return Policy(allow=Names(**lists))


def deny(**lists: tuple[str, ...]) -> Policy:
    return Policy(deny=Names(**lists))


def test_without_lists_all_is_allowed_but_code() -> None:
    for effect in EFFECTS:
        assert bool(why(Policy(), effect=effect)) == (effect == "runs_code")


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (allow(exchanges=("kucoin", "bybit*")), r"the exchange binance isn't among .* \(kucoin, bybit\*\)"),
        (allow(exchanges=()), r"the exchange binance isn't among .* \(none\)"),
        (allow(pairs=("ETH-*",)), "the pair BTC-USDT isn't among"),
        (allow(accounts=("sub_*",)), "the account master_account isn't among"),
        (allow(tools=("cancel_order",)), "it doesn't allow the tool place_order"),
        (allow(toolsets=("executors",)), "it doesn't allow the tool place_order"),
        (deny(exchanges=("BINANCE",)), "it denies the exchange binance"),
        (deny(pairs=("*-usdt",)), "it denies the pair BTC-USDT"),
        (deny(accounts=("master_account",)), "it denies the account master_account"),
        (deny(tools=("place_*",)), "it denies the tool place_order"),
        (deny(tools=("submit_order",)), "it denies the tool submit_order"),
        (deny(toolsets=("trading",)), "it denies the toolset trading"),
    ],
)
def test_a_refusal_names_its_rule_and_no_way_around(policy: Policy, told: str) -> None:
    with pytest.raises(NotAllowed, match=told) as refused:
        refuse(policy, *one("opens"))
    assert isinstance(refused.value, Refused)
    assert str(refused.value).endswith("Nothing was sent. A person set this in the policy.")
    assert "HBMCP" not in str(refused.value)
    assert ".toml" not in str(refused.value)


@pytest.mark.parametrize(
    "policy",
    [
        allow(exchanges=("Binance*",), pairs=("btc-*", "ETH-*"), accounts=("master_account",)),
        allow(tools=("place_order",), toolsets=("executors",)),
        allow(tools=("cancel_order",), toolsets=("trading",)),
        allow(executors=("grid_executor",)),  # of executors
        deny(pairs=("DOGE-*",), exchanges=("kucoin",), executors=("*",)),
    ],
)
def test_what_the_lists_have_is_allowed(policy: Policy) -> None:
    assert not why(policy, effect="opens")


@pytest.mark.parametrize("effect", ["opens", "moves"])
@pytest.mark.parametrize("kind", ["accounts", "exchanges", "pairs"])
def test_what_cannot_be_judged_is_not_sent(effect: Effect, kind: str) -> None:
    for policy in (allow(**{kind: ("*",)}), deny(**{kind: ("x",)})):
        told = why(policy, effect=effect, stake=Stake())
        assert f"it restricts {kind}, and which {kind.removesuffix('s')} this is about isn't known" in told


def test_an_executor_is_judged_by_its_type_and_by_all_its_exchanges() -> None:
    executor = {"effect": "opens", "called": "create_executor", "toolset": "executors"}
    grid = Stake("master_account", "binance", "BTC-USDT", type="grid_executor")
    assert not why(allow(executors=("grid_*",)), stake=grid, **executor)
    assert "the executor grid_executor isn't among" in why(allow(executors=("dca_executor",)), stake=grid, **executor)
    assert "it denies the executor" in why(deny(executors=("grid_executor",)), stake=grid, **executor)
    assert "which executor this is" in why(allow(executors=("*",)), stake=ORDER, **executor)
    two = {"config": {"buying_market": {"connector_name": "binance"}, "selling_market": {"connector_name": "kucoin"}}}
    assert "it denies the exchange kucoin" in why(deny(exchanges=("kucoin",)), stake=grid, arguments=two, **executor)
    listed = {"config": {"markets": [{"trading_pair": "DOGE-USDT"}]}}
    assert "the pair DOGE-USDT isn't among" in why(allow(pairs=("BTC-*",)), stake=grid, arguments=listed, **executor)


@pytest.mark.parametrize("effect", REDUCING)
def test_you_may_always_get_out_unless_the_tool_is_denied(effect: Effect) -> None:
    nothing = Names(**dict.fromkeys(Names.model_fields, ()))
    everything = Names(accounts=("*",), exchanges=("*",), pairs=("*",), executors=("*",), controllers=("*",))
    assert not why(Policy(allow=nothing, deny=everything), effect=effect)
    assert not why(Policy(allow=nothing, deny=everything), effect=effect, stake=Stake())
    assert why(deny(tools=("close_position",)), effect=effect, called="close_position")
    assert why(deny(toolsets=("trading",)), effect=effect, called="close_position")


DEPLOYS: dict[str, Any] = {
    "effect": "runs_code",
    "stake": Stake("master_account"),
    "tool": "deploy_bot",
    "called": "deploy_bot",
    "toolset": "bots",
    "arguments": {"config_names": ["mine_1", "mine_2"]},
}


@pytest.mark.parametrize(
    ("policy", "asked", "changed", "allowed"),
    [
        (Policy(), (), {}, False),
        (Policy(), ("deploy_bot",), {}, True),
        (Policy(), ("deploy_script_bot",), {}, False),
        (allow(controllers=("mine_*",)), (), {}, True),
        (allow(controllers=("mine_1",)), (), {}, False),
        (allow(controllers=("mine_1",)), ("deploy_bot",), {}, False),  # what restricts holds, whatever is asked for
        (allow(scripts=("*",)), (), {}, False),  # controllers aren't scripts
        (allow(tools=("deploy_bot",)), (), {}, True),
        (allow(toolsets=("bots",)), (), {}, True),
        (allow(controllers=("*",)), (), {"arguments": {}}, False),  # which isn't known
        (allow(controllers=("*",)), ("deploy_bot",), {"arguments": {}}, False),
        (allow(controllers=("*",), tools=("deploy_bot",)), (), {"arguments": {}}, True),
        (deny(controllers=("mine_2",)), ("deploy_bot",), {}, False),
        (allow(scripts=("s.py",)), (), {"arguments": {"script": "s.py"}}, True),
        (allow(scripts=("s.py",)), (), {"arguments": {"script": "s.py", "script_config": "evil.yml"}}, False),
        (allow(accounts=("sub",), controllers=("*",)), (), {}, False),
    ],
)
def test_code_runs_only_where_a_person_named_it(
    policy: Policy, asked: tuple[str, ...], changed: dict[str, Any], allowed: bool
) -> None:
    assert (not why(policy, asked, **{**DEPLOYS, **changed})) == allowed


def test_a_configuration_is_judged_by_its_controller() -> None:
    saved: dict[str, Any] = {
        "effect": "configures",
        "stake": Stake(),
        "tool": "write_controller_config",
        "called": "save_controller_config",
        "toolset": "controllers",
        "arguments": {"config_name": "any", "config": {"controller_name": "pmm_simple", "trading_pair": "BTC-USDT"}},
    }
    assert not why(allow(controllers=("pmm_simple",)), **saved)
    assert "the controller pmm_simple isn't among" in why(allow(controllers=("grid_strike",)), **saved)
    assert "the pair BTC-USDT isn't among" in why(allow(pairs=("ETH-*",)), **saved)


def test_what_is_tried_on_the_past_may_have_any_pair() -> None:
    tried = {"config": {"trading_pair": "BTC-USDT"}}
    assert not why(allow(pairs=("ETH-*",)), effect="configures", stake=Stake(), toolset="backtesting", arguments=tried)


def test_every_tool_that_runs_code_says_which_or_must_itself_be_named() -> None:
    """An argument that is renamed would pass unseen."""
    top = {place.partition(".")[0] for place in (*CONTROLLERS, *CONTROLLER_CONFIGS, *SCRIPTS, *SCRIPT_CONFIGS)}
    without = set()
    for tool in CATALOG.tools.values():
        runs = [part for part in (tool.name, *tool.uses) if CATALOG.tools[part].effect.get("is") == "runs_code"]
        if runs and not top & tool.schema["properties"].keys():
            without.add(tool.name)
    assert without == {"start_container", "start_gateway", "restart_gateway"}


# Few names and few lists, so that lists and requests often meet, and often nothing refuses.
GLOBS = st.lists(st.sampled_from(["a", "b", "a*", "*b", "*", "A"]), max_size=2).map(tuple)
NAMES = st.dictionaries(st.sampled_from(list(Names.model_fields)), GLOBS, max_size=1).map(lambda one: Names(**one))
AMOUNTS = st.none() | st.decimals("0.01", 100, places=2)
LIMITS = st.builds(Limits, order=AMOUNTS, day=AMOUNTS, leverage=AMOUNTS, open_orders=st.none() | st.integers(1, 9))
BUDGETS = st.dictionaries(
    st.sampled_from(["x", "y"]), st.builds(Budget, account=st.just("a"), amount=st.just(Decimal(1)))
)
WRITTEN = st.builds(Written, allow=NAMES, deny=NAMES, limits=LIMITS, budgets=BUDGETS)
TEXTS = st.none() | st.sampled_from(["a", "b", "ab"])
STAKES = st.builds(Stake, account=TEXTS, exchange=TEXTS, pair=TEXTS, type=TEXTS)
ARGUMENTS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(["a", "b"]) for name in ("controller_name", "script", "connector_name")}
)


@given(
    mine=WRITTEN.map(lambda one: Policy(**dict(one))),
    others=st.lists(WRITTEN, min_size=1, max_size=2),
    effect=st.sampled_from(EFFECTS),
    stake=STAKES,
    arguments=ARGUMENTS,
    called=st.sampled_from(["a", "b"]),
    toolset=st.sampled_from(["bots", "executors", "trading"]),
    asked=st.booleans(),
)
def test_tightening_never_loosens(
    mine: Policy,
    others: list[Written],
    effect: Effect,
    stake: Stake,
    arguments: dict[str, Any],
    called: str,
    toolset: str,
    asked: bool,
) -> None:
    both = mine
    for other in others:
        both = tightened(both, other)
    of: dict[str, Any] = {
        "effect": effect, "stake": stake, "arguments": arguments, "called": called, "toolset": toolset, "tool": "a"
    }  # fmt: skip
    if not why(both, (called,) if asked else (), **of):
        assert not why(mine, (called,) if asked else (), **of)
        for other in others:  # that it names no code is no rule of it
            assert not why(Policy(**dict(other)), (called,), **of)
    for name in Limits.model_fields:
        values = [value for each in (mine, *others) if (value := getattr(each.limits, name)) is not None]
        assert getattr(both.limits, name) == (min(values) if values else None)
    assert both.currency == mine.currency
    assert both.budget_lists == tuple(each.budgets for each in (mine, *others) if each.budgets)


def test_a_budget_of_another_file_does_not_begin_where_one_ended() -> None:
    """Of one file the next would: outside of its budgets' times an account has nothing."""
    now = 1_800_000_000_000
    ended = Budget(account="a", amount=Decimal(1000), ends=datetime.fromtimestamp(now / 1000 - 1, UTC))
    lasting = Budget(account="a", amount=Decimal(1000))
    _, plan = one("opens", Stake("a", "binance", "BTC-USDT"))
    asks = [Worth(plan.requests[0], Decimal(1))]

    def exceeded(policy: Policy) -> list[str]:
        return [use.name for use in uses(policy, asks, (), Seen(now), now) if use.exceeded]

    mine = Policy(budgets={"first": ended})
    assert exceeded(mine) == ["budget first"]
    assert exceeded(Policy(budgets={"first": ended, "next": lasting})) == []
    for name in ("first", "next"):
        assert exceeded(tightened(mine, Written(budgets={name: lasting}))) == ["budget first"]
        assert exceeded(tightened(Policy(budgets={name: lasting}), Written(budgets={"first": ended}))) == [
            "budget first"
        ]


def test_what_denies_a_plain_order_leaves_the_way_out() -> None:
    policy = Policy(deny=Names(tools=("submit_*",)))
    assert "denies the tool submit_order" in why(policy, effect="opens")
    assert why(policy, effect="reduces", called="close_position") == ""


def test_who_names_code_does_not_allow_to_write_it() -> None:
    saves: dict[str, Any] = {
        "effect": "runs_code",
        "tool": "write_controller_code",
        "called": "save_controller_code",
        "toolset": "controllers",
        "arguments": {"controller_type": "generic", "controller_name": "mine", "content": "x = 1"},
    }
    assert "it writes code" in why(allow(controllers=("mine",)), **saves)
    assert why(allow(controllers=("mine",), tools=("save_controller_code",)), **saves) == ""


def test_what_is_sent_is_judged_and_not_what_was_asked_alone() -> None:
    """Saved defaults stand in the request, and in no argument."""
    call, plan = one("opens")
    body = {"executor_config": {"selling_market": {"connector_name": "kraken"}}}
    (planned,) = plan.requests
    plan = evolve(plan, requests=(evolve(planned, request=evolve(planned.request, json=body)),))
    with pytest.raises(NotAllowed, match="kraken"):
        refuse(Policy(deny=Names(exchanges=("kraken",))), call, plan)
