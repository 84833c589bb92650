"""A bot is told, judged and counted by what its configurations say, before it is deployed.

The paper exchange keeps configurations and has no bots: those of the real API's answers that these need are written
down here.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

import pytest

from hbmcp.catalog import Catalog
from hbmcp.paper.api.faults import Bug, Fault
from hbmcp.paper.api.routes.base import Handler, Json
from hbmcp.policy.model import Names, Policy
from tests.paper.assistant import ALL, Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.scripted_faults import failing
from tests.policy.planning import policy
from tests.workflows.answers import notes, value

pytestmark = pytest.mark.anyio

DEPLOY = "POST /bot-orchestration/deploy-v2-controllers"
DEPLOY_SCRIPT = "POST /bot-orchestration/deploy-v2-script"
BOTS = "GET /bot-orchestration/status"
NAME = "hummingbot-trial-20261122-084433"
TRIAL = {
    "id": "pmm_trial",
    "controller_name": "pmm_simple",
    "controller_type": "market_making",
    "connector_name": "binance_perpetual",
    "trading_pair": "BTC-USDT",
    "total_amount_quote": 1000,
    "leverage": 5,
}
ETH = {**TRIAL, "id": "eth", "trading_pair": "ETH-USDT", "total_amount_quote": 500}
ARBITRAGE = {
    "id": "arb",
    "controller_name": "arbitrage_controller",
    "controller_type": "generic",
    "exchange_pair_1": {"connector_name": "binance", "trading_pair": "SOL-USDT"},
    "exchange_pair_2": {"connector_name": "kucoin", "trading_pair": "SOL-USDT"},
    "candles_config": [{"connector": "okx", "trading_pair": "BTC-USDT"}],
    "total_amount_quote": 300,
}
UNBOUNDED = {name: field for name, field in TRIAL.items() if name != "total_amount_quote"} | {"id": "no_total"}
BAD = {"id": "pmm_bad"}
SCRIPTS = [
    {
        "config_name": name,
        "script_file_name": file,
        "controllers_config": configs,
        "candles_config": [],
        "markets": {},
    }
    for name, file, configs in (
        ("script_trial", "v2_with_controllers.py", ["pmm_trial.yml"]),
        ("my_own", "my_script.py", []),
        ("disguised", "my_script.py", ["eth.yml"]),
        ("lost", "v2_with_controllers.py", ["nope.yml"]),
    )
]
GIVEN = {"instance_name": "hummingbot-trial", "account_name": "master_account"}
TRIED = {**GIVEN, "config_names": ["pmm_trial"]}
BOTH = {**GIVEN, "config_names": ["pmm_trial", "eth.yml"]}
SCRIPT = {**GIVEN, "script_config": "script_trial.yml"}
Opened = Callable[..., AbstractAsyncContextManager[Assistant]]


def answering(operation: str, answer: Json) -> Bug:
    def wrap(_: Handler) -> Handler:
        return lambda _: answer

    return Bug("an answer of the real API", {operation: wrap})


CONFIGURED = (
    answering("GET /controllers/configs/", [TRIAL, ETH, ARBITRAGE, UNBOUNDED, BAD]),
    answering("GET /scripts/configs/", SCRIPTS),
)
DEPLOYED = {
    "success": True,
    "message": f"Instance {NAME} created successfully.",
    "script_config_generated": f"{NAME}.yml",
    "controllers_deployed": ["pmm_trial.yml"],
    "unique_instance_name": NAME,
}
DEPLOYS = (answering(DEPLOY, DEPLOYED), answering(DEPLOY_SCRIPT, DEPLOYED))
RUNNING = answering(BOTS, {"status": "success", "data": {NAME: {"status": "running"}, "hummingbot-trial-2": {}}})
UNASKED = Catalog.load().choose(tools=("all",))  # nothing by its own name


@pytest.fixture
def talk(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Opened:
    def opened(told: Policy, *faults: Fault, offer: Any = ALL) -> AbstractAsyncContextManager[Assistant]:
        return assistant(api, monkeypatch, (*CONFIGURED, *DEPLOYS, *faults), offer, told)

    return opened


async def opened_at(call: Assistant) -> list[tuple[str | None, str | None, Decimal, str]]:
    rows = await call.bridge.store.granted(0)
    return [(row.exchange, row.pair, row.opened, row.state) for row in rows]


async def test_a_preview_shows_what_the_bot_would_trade_and_sends_nothing(talk: Opened) -> None:
    async with talk(policy(order=2000, day=2000), RUNNING) as call:
        text = await call.good("deploy_bot", **BOTH, preview=True)
        assert not {DEPLOY, DEPLOY_SCRIPT} & set(call.asked)
    assert value(text)["configs"] == [
        {
            "config": name,
            "controller": "pmm_simple",
            "exchange": "binance_perpetual",
            "pair": pair,
            "total_amount_quote": total,
            "leverage": "5",
        }
        for name, pair, total in (("pmm_trial", "BTC-USDT", "1000"), ("eth", "ETH-USDT", "500"))
    ]
    said = notes(text)
    assert "deploy bot hummingbot-trial on account master_account with pmm_trial (1000 in quote), eth (500" in said
    assert f"Already there under this name: {NAME}." in said
    assert (
        "Limits, with this: 1,500 of at most 2,000 USDT an order; 1,500 of at most 2,000 USDT sent to open today"
        in said
    )


async def test_what_is_deployed_is_told_by_its_name_and_counts_by_its_totals(talk: Opened) -> None:
    async with talk(policy(order=2000, day=2000)) as call:
        text = await call.good("deploy_bot", **BOTH)
        assert NAME in text
        assert call.asked.count(DEPLOY) == 1
        assert await opened_at(call) == [
            ("binance_perpetual", "BTC-USDT", 1000, "sent"),
            ("binance_perpetual", "ETH-USDT", 500, "sent"),
        ]
        text = await call.bad("deploy_script_bot", **SCRIPT)
        assert "no limit can bound" not in text
        assert "limit day is 2,000 USDT sent to open today: 1,500 used already, 1,000 asked; 500 would pass" in text
    assert DEPLOY_SCRIPT not in call.asked


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"order": 1400}, "limit order is 1,400 USDT an order, and this is 1,500: 1,400 would pass"),
        ({"hour": 1400}, "limit hour"),
        ({"position": 900}, "limit position is 900 USDT open in BTC-USDT at master_account"),
        ({"pair": 900}, "limit pair is 900 USDT open in BTC-USDT"),
        ({"leverage": 4}, "limit leverage is 4x"),
    ],
)
async def test_each_limit_holds_for_a_bot(talk: Opened, limits: dict[str, Any], told: str) -> None:
    async with talk(policy(**limits)) as call:
        assert told in await call.bad("deploy_bot", **BOTH)
        assert DEPLOY not in call.asked


async def test_a_budget_holds_for_a_bot(talk: Opened) -> None:
    async with talk(policy({"trial": {"account": "master_account", "amount": 900}})) as call:
        assert "limit budget trial is 900 USDT" in await call.bad("deploy_bot", **TRIED)


async def test_a_total_that_is_not_known_is_no_small_one(talk: Opened) -> None:
    unknown = {**GIVEN, "config_names": ["no_total"]}
    async with talk(policy(day=1_000_000)) as call:
        assert "What this is worth isn't known" in await call.bad("deploy_bot", **unknown)
    async with talk(policy()) as call:
        text = await call.good("deploy_bot", **unknown)
        assert "No total_amount_quote in no_total: what that trades isn't known." in text


async def test_of_several_markets_each_counts_and_each_must_be_allowed(talk: Opened) -> None:
    several = {**GIVEN, "config_names": ["arb"]}
    async with talk(policy()) as call:
        await call.good("deploy_bot", **several)
        assert [(exchange, pair) for exchange, pair, *_ in await opened_at(call)] == [
            ("binance", "SOL-USDT"),
            ("kucoin", "SOL-USDT"),
        ]
    async with talk(Policy(deny=Names(exchanges=("kucoin",)))) as call:
        assert "it denies the exchange kucoin" in await call.bad("deploy_bot", **several)
    async with talk(Policy(allow=Names(pairs=("ETH-*",)))) as call:
        assert "the pair BTC-USDT isn't among" in await call.bad("deploy_bot", **BOTH)


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        ("deploy_bot", {**GIVEN, "config_names": ["pmm_tria"]}, "no controller config pmm_tria; did you mean pmm_tri"),
        ("deploy_bot", {**GIVEN, "config_names": ["pmm_trial", "../x"]}, "There is no controller config"),
        ("deploy_bot", {**GIVEN, "config_names": ["pmm_bad"]}, "pmm_bad names no controller"),
        ("deploy_bot", {**GIVEN, "config_names": []}, "config_names: is empty"),
        ("deploy_script_bot", {**GIVEN, "script_config": "nope.yml"}, "There is no script config nope"),
        ("deploy_script_bot", {**GIVEN, "script_config": "lost"}, "There is no controller config nope"),
    ],
)
async def test_what_is_not_there_is_not_deployed(talk: Opened, tool: str, given: dict[str, Any], told: str) -> None:
    async with talk(policy()) as call:
        for preview in (True, False):
            text = await call.bad(tool, **given, preview=preview)
            assert told in text
            assert "Nothing was sent" in text
        assert not {DEPLOY, DEPLOY_SCRIPT} & set(call.asked)


@pytest.mark.parametrize(("tool", "given"), [("deploy_bot", TRIED), ("deploy_script_bot", SCRIPT)])
async def test_an_account_that_is_not_there_deploys_nothing(talk: Opened, tool: str, given: dict[str, Any]) -> None:
    async with talk(policy()) as call:
        text = await call.bad(tool, **{**given, "account_name": "nobody"})
        assert text.startswith("There is no account nobody.")
        assert not {DEPLOY, DEPLOY_SCRIPT} & set(call.asked)


async def test_the_only_account_with_its_exchanges_is_taken(talk: Opened) -> None:
    unnamed = {"instance_name": "hummingbot-trial", "preview": True}
    async with talk(policy()) as call:
        for tool, given in (
            ("deploy_bot", {"config_names": ["pmm_trial"]}),
            ("deploy_script_bot", {"script_config": "script_trial"}),
        ):
            assert value(await call.good(tool, **unnamed, **given))["account"] == "master_account"
    far = answering("GET /controllers/configs/", [{**TRIAL, "connector_name": "kraken"}, ETH])
    async with talk(policy(), far) as call:
        told = await call.bad("deploy_bot", **unnamed, config_names=["pmm_trial", "eth"])
        assert "There is no account connected to binance_perpetual and kraken." in told
        assert "Say which one as account_name." in told


async def test_exchanges_that_the_account_lacks_are_told(talk: Opened) -> None:
    far = answering("GET /controllers/configs/", [{**TRIAL, "connector_name": "kraken"}, ETH])
    played = answering("GET /controllers/configs/", [{**TRIAL, "connector_name": "kraken_paper_trade"}, ETH])
    async with talk(policy(), failing("GET /accounts/{account_name}/credentials")) as call:
        text = await call.good("deploy_bot", **TRIED, preview=True)
        assert "Which exchanges master_account is connected to isn't known: " in text
    async with talk(policy(), far) as call:
        text = await call.good("deploy_bot", **BOTH, preview=True)
        assert "master_account isn't connected to kraken, so it can't trade there." in text
    async with talk(policy(), played) as call:
        assert "isn't connected" not in await call.good("deploy_bot", **BOTH)


async def test_what_a_flag_of_stopping_leaves_is_shown(talk: Opened) -> None:
    async with talk(policy()) as call:
        for tool in ("stop_bot", "stop_and_archive_bot"):
            text = await call.good(tool, bot_name=NAME, skip_order_cancellation=True, preview=True)
            assert "skip_order_cancellation: Leave orders open." in text
            assert "Leave orders open" not in await call.good(tool, bot_name=NAME, preview=True)


@pytest.mark.parametrize(
    ("scripts", "controllers", "given", "refused"),
    [
        (None, ("pmm_*",), TRIED, ""),
        (None, ("grid_strike",), TRIED, "the controller pmm_simple isn't among"),
        (None, ("pmm_trial",), TRIED, "the controller pmm_simple isn't among"),  # a config's name says nothing of it
        (("v2_with_controllers.py",), ("pmm_simple",), SCRIPT, ""),
        (None, ("pmm_simple",), SCRIPT, "the policy names no scripts such as v2_with_controllers"),
        (("my_script",), None, {**GIVEN, "script_config": "my_own"}, ""),
        (("other",), None, {**GIVEN, "script_config": "my_own"}, "the script my_script isn't among"),
        (None, ("pmm_simple",), {**TRIED, "image": "somebody/else"}, "no limit can bound what somebody/else trades"),
    ],
)
async def test_code_is_deployed_where_the_policy_names_it(
    talk: Opened,
    scripts: tuple[str, ...] | None,
    controllers: tuple[str, ...] | None,
    given: dict[str, Any],
    refused: str,
) -> None:
    told = policy(order=2000).model_copy(update={"allow": Names(scripts=scripts, controllers=controllers)})
    tool = "deploy_bot" if "config_names" in given else "deploy_script_bot"
    async with talk(told, offer=UNASKED) as call:
        text = await (call.bad if refused else call.good)(tool, **given)
    assert refused in text


@pytest.mark.parametrize("config", ["my_own", "disguised"])
async def test_a_script_of_ones_own_is_bounded_by_no_amounts(talk: Opened, config: str) -> None:
    given = {**GIVEN, "script_config": config}
    async with talk(policy(order=2000)) as call:  # its tool was asked for by name: that isn't enough here
        text = await call.bad("deploy_script_bot", **given)
        assert "no limit can bound what my_script trades, and the policy doesn't name it among its scripts" in text
    async with talk(policy()) as call:
        text = await call.good("deploy_script_bot", **given)
        assert "What my_script trades isn't known: no limit can bound it." in text


@pytest.mark.parametrize("tool", ["submit_bot", "submit_script_bot"])
async def test_what_is_not_read_before_is_held_to_no_limit_and_not_sent(talk: Opened, tool: str) -> None:
    given = TRIED if tool == "submit_bot" else SCRIPT
    async with talk(policy(day=1_000_000)) as call:
        assert "can't be held to the limits" in await call.bad(tool, **given)
    async with talk(policy()) as call:
        await call.good(tool, **given)


async def test_after_the_loss_of_a_day_no_code_is_started(talk: Opened) -> None:
    async with talk(policy(day_loss=5), answering("POST /docker/start-container/{container_name}", None)) as call:
        await call.good("deploy_script_bot", **GIVEN, script_config="my_own")
        order = {"connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "side": "BUY", "amount": 0.2}
        await call.good("place_order", **order, account_name="master_account", order_type="MARKET")
        for tool, given in (
            ("deploy_script_bot", {**GIVEN, "script_config": "my_own", "again": True}),
            ("start_container", {"container_name": NAME}),
        ):
            assert "limit day_loss is 5 USDT" in await call.bad(tool, **given)


async def test_the_same_bot_is_deployed_once_unless_it_says_again(talk: Opened) -> None:
    async with talk(policy()) as call:
        await call.good("deploy_bot", **TRIED)
        text = await call.bad("deploy_bot", **TRIED)
        assert "The same was said 0 s ago" in text
        assert text.count("deploy bot hummingbot-trial") == 1
        await call.good("deploy_bot", **TRIED, again=True)
        assert call.asked.count(DEPLOY) == 2


async def test_what_most_likely_was_not_deployed_counts_all_the_same(talk: Opened) -> None:
    no_docker = failing(DEPLOY, detail="('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))")
    async with talk(policy(day=2000), no_docker) as call:
        assert "Docker" in await call.bad("deploy_bot", **TRIED)
        assert [state for *_, state in await opened_at(call)] == ["unknown"]


@pytest.mark.parametrize("answer", [{"success": True, "message": "created"}, ["odd"]])
async def test_an_answer_without_its_name_is_told_as_unknown(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, answer: Json
) -> None:
    async with assistant(api, monkeypatch, (*CONFIGURED, answering(DEPLOY, answer)), policy=policy(day=2000)) as call:
        text = await call.bad("deploy_bot", **TRIED)
        assert "The deployment of hummingbot-trial was sent" in text
        assert "list_bots" in text
        assert [state for *_, state in await opened_at(call)] == ["sent"]
        call.unlike.clear()


async def test_without_the_list_of_bots_that_is_said(talk: Opened) -> None:
    async with talk(policy(), failing(BOTS)) as call:
        assert "Whether a bot of this name runs already isn't known" in await call.good("deploy_bot", **TRIED)


class TestARunningBotsConfiguration:
    COPY = "GET /controllers/bots/{bot_name}/configs"
    WRITE = "POST /controllers/bots/{bot_name}/{controller_name}/config"
    RUNS = answering(
        "GET /bot-orchestration/bot-runs",
        {
            "status": "success",
            "data": [{"bot_name": NAME, "account_name": "master_account"}],
            "total": 1,
            "limit": 100,
            "offset": 0,
        },
    )

    async def refused(self, talk: Opened, updates: dict[str, Any], **limits: Any) -> str:
        copy = answering(self.COPY, [{**TRIAL, "_config_name": "pmm_trial"}])
        async with talk(policy(**limits), copy, self.RUNS, answering(self.WRITE, {"message": "ok"})) as call:
            outcome = await call(
                "update_bot_config", bot_name=NAME, config_name="pmm_trial", updates=updates, preview=True
            )
            call.unlike.clear()
        assert not outcome.is_error, outcome.text
        return outcome.text.partition("It would be refused: ")[2]

    async def test_what_raises_its_amounts_is_counted(self, talk: Opened) -> None:
        assert "limit order is 1,500 USDT" in await self.refused(talk, {"total_amount_quote": 2000}, order=1500)
        assert "limit position" in await self.refused(talk, {"trading_pair": "ETH-USDT"}, position=900)
        assert "limit leverage is 9x" in await self.refused(talk, {"leverage": 10}, leverage=9)

    async def test_what_lets_it_trade_again_is_counted_as_deploying_is(self, talk: Opened) -> None:
        assert "limit order is 400 USDT" in await self.refused(talk, {"manual_kill_switch": False}, order=400)

    async def test_what_does_not_is_free(self, talk: Opened) -> None:
        for updates in ({"total_amount_quote": 500}, {"cooldown_time": 30}, {"leverage": 2}):
            assert not await self.refused(talk, updates, order=400, leverage=1)


def test_markets_are_found_whatever_their_fields_are_called() -> None:
    from hbmcp.installation.controllers.stake import markets

    maker = {"maker_connector": "kucoin", "maker_trading_pair": "A-B", "taker_connector": "binance"}
    assert markets(maker) == [("kucoin", "A-B"), ("binance", None)]
    assert markets(ARBITRAGE) == [("binance", "SOL-USDT"), ("kucoin", "SOL-USDT")]
    assert markets({**TRIAL, "candles_connector": "okx", "candles_trading_pair": "C-D"}) == [
        ("binance_perpetual", "BTC-USDT")
    ]
    assert markets(BAD) == []
