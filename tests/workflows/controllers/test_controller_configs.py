"""Controller configurations: validated before they are saved, read back, and not deleted in a preview."""

from typing import Any

import pytest

from hbmcp.errors import BadArguments, Failed, OutcomeUnknown, Refused
from hbmcp.installation.planned_request import Stake
from hbmcp.paper.api.faults import Crash, Cut
from hbmcp.workflows.controllers.delete_controller_config import delete_controller_config
from hbmcp.workflows.controllers.save_controller_config import save_controller_config
from hbmcp.workflows.controllers.update_bot_config import update_bot_config
from hbmcp.workflows.controllers.validate_controller_config import validate_controller_config
from hummingbot_api.request import Request
from tests.installation.scripted_installation import Reply, Script
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

STOP = {"manual_kill_switch": True}
CONFIG: dict[str, Any] = {
    "controller_type": "market_making",
    "controller_name": "pmm_simple",
    "connector_name": "binance_perpetual",
    "trading_pair": "BTC-USDT",
    "total_amount_quote": 1000,
    "leverage": 5,
    "buy_spreads": [0.002],
    "sell_spreads": [0.002],
}
WRITE = "POST /controllers/configs/{config_name}"
DELETE = "DELETE /controllers/configs/{config_name}"
BROKER = {"data": {"mqtt_connected": True}}


async def test_a_good_config_is_saved_and_its_defaults_are_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("save_controller_config", config_name="maker.yml", config=CONFIG)
        assert text.startswith('{"config_name":"maker","defaults":{')
        template = await call.good(
            "get_controller_template", controller_type="market_making", controller_name="pmm_simple"
        )
        assert "cooldown_time" in template
        assert '"cooldown_time":' in text
        assert '"leverage"' not in text.split("\n")[0]  # it was given
        assert "Saved, and read back" in text
        assert "broker" not in text
        again = await call.good("save_controller_config", config_name="maker", config=CONFIG | {"leverage": 7})
        assert "Replaced" in again
        assert "leverage 5 7" in again
        assert '"leverage":7' in await call.good("get_controller_config", config_name="maker")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"leverage": "lots"}, "leverage"),
        ({"colour": "red"}, "colour"),
        ({"controller_name": "pmm_simpel"}, "did you mean pmm_simple?"),
        ({"controller_type": "generic"}, "pmm_simple is market_making."),
        ({"controller_name": None}, '"controller_type": "market_making"'),
        ({"id": "other"}, "has the id other, but is to be saved as maker"),
    ],
)
async def test_a_bad_config_is_refused_before_it_is_saved(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], said: str
) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.bad("save_controller_config", config_name="maker", config=CONFIG | change)
        assert said in text
        assert WRITE not in call.asked


async def test_who_checked_what_is_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The id is filled in, as is what names the controller."""
    fields = {name: value for name, value in CONFIG.items() if not name.startswith("controller_")}
    named = {name: value for name, value in CONFIG.items() if name.startswith("controller_")}
    async with assistant(api, monkeypatch) as call:
        for config in (fields, CONFIG):
            assert await call.good("validate_controller_config", **named, config=config) == (
                "The controller takes it. Nothing was saved.\n\nPMMSimpleConfig, the controller's own class, checked "
                "names and types of fields. Nobody checked pair, exchange and amounts."
            )
        assert "colour" in await call.bad("validate_controller_config", **named, config=CONFIG | {"colour": "red"})
        assert "PMMSimpleConfig, the" in await call.good("save_controller_config", config_name="maker", config=CONFIG)
        assert WRITE in call.asked


async def test_fields_that_only_the_controllers_own_class_knows_are_taken_and_told_to_be_unchecked() -> None:
    """The API holds this controller's configurations to a class of Hummingbot's, as it does with its own pmm_simple."""
    script = bot(check_controller_config=held_to("MarketMakingControllerConfigBase", *CONFIG))
    named = {"controller_type": "market_making", "controller_name": "pmm_simple"}
    answer = await validate_controller_config(script.installation, **named, config={**CONFIG, "candles_config": []})
    assert answer.notes == (
        "MarketMakingControllerConfigBase, not the controller's own class, checked names and types of fields. "
        "Nobody checked candles_config, pair, exchange and amounts.",
    )
    with pytest.raises(Refused, match="colour is wrong"):
        await validate_controller_config(script.installation, **named, config={**CONFIG, "colour": "red"})
    with pytest.raises(Refused, match="colour is wrong"):
        await validate_controller_config(
            script.installation, **named, config={**CONFIG, "colour": "red", "candles_config": []}
        )
    unread = bot(read_controller_code=Failed("Gone."), check_controller_config={"message": "all the same"})
    answer = await validate_controller_config(unread.installation, **named, config=CONFIG)
    assert answer.notes[0].startswith("A class that it didn't name checked names and types of fields.")


@pytest.mark.parametrize("name", ["../x", "x/y", "..", "..%2fx", "a?b#c", "", " ", "a\\b"])
async def test_a_name_that_is_a_path_is_refused(api: PaperApi, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    async with assistant(api, monkeypatch) as call:
        for tool in ("save_controller_config", "save_script_config"):
            text = await call.bad(tool, config_name=name, config=CONFIG)
            assert "can't be the name of a configuration" in text or "config_name: is empty" in text
        assert call.asked == []


async def test_saving_may_have_happened(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, [Cut(WRITE)]) as call:
        assert (await call.bad("save_controller_config", config_name="maker", config=CONFIG)).startswith("Outcome unkn")
    async with assistant(api, monkeypatch, [Crash("GET /controllers/configs/{config_name}")]) as call:
        text = await call.bad("save_controller_config", config_name="maker", config=CONFIG)
    assert "says that config maker was saved. It couldn't be read back" in text


async def test_deleting_is_told_first(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await call.good("save_controller_config", config_name="maker", config=CONFIG)
        script = {"script_file_name": "v2_with_controllers.py", "controllers_config": ["maker.yml"]}
        await call.good("save_script_config", config_name="both", config=script)
        asked = await call.good("delete_controller_config", config_name="maker")
        assert "Nothing was deleted yet" in asked
        assert "Script config both names it" in asked
        assert "The message broker isn't connected" in asked
        assert DELETE not in call.asked
        assert "looked up to be gone" in await call.good("delete_controller_config", config_name="maker", preview=False)
        assert "no controller config maker" in await call.bad("delete_controller_config", config_name="maker")


async def test_a_controller_is_deleted_with_its_users_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    of_it = {"controller_type": "market_making", "controller_name": "pmm_simple"}
    async with assistant(api, monkeypatch) as call:
        await call.good("save_controller_config", config_name="maker", config=CONFIG)
        assert "Config maker is for it" in await call.good("delete_controller", **of_it)
        assert "pmm_simple" in await call.good("list_controllers")
        assert "Config maker is for it" in await call.good("delete_controller", **of_it, preview=False)
        assert "pmm_simple" not in await call.good("list_controllers")
        assert "no market_making controller" in await call.bad("delete_controller", **of_it)


OWN = "class PMMSimpleConfig(MarketMakingControllerConfigBase):\n    candles_config: list = []\n"


def held_to(name: str, *fields: str) -> Reply:
    """The API's answer where a class of that name checks: it needs an id, and takes these fields."""

    def check(request: Request[Any]) -> Any:
        wrong = [one for one in request.json if one not in ("id", *fields)]
        if wrong or "id" not in request.json:
            raise Refused(f'The API refused: "1 validation error for {name}\\n{(wrong or ["id"])[0]} is wrong".')
        return {"message": "Configuration is valid"}

    return check


def bot(**answers: Any) -> Script:
    """An installation with one running bot, which has a copy of `maker`."""
    copy = {**CONFIG, "id": "maker", "_config_name": "maker"}
    return Script(
        {
            "list_bots": {"data": {"bot-1": {"status": "running"}}},
            "get_broker_status": BROKER,
            "list_bot_configs": [copy],
            "list_controllers": {"market_making": ["pmm_simple"]},
            "check_controller_config": held_to("PMMSimpleConfig", *CONFIG),
            "read_controller_code": {"content": OWN},
            "read_controller_template": {name: {"default": None} for name in CONFIG},
            "list_controller_configs": [{**CONFIG, "id": "maker"}],
            "list_script_configs": [],
            "list_bot_runs": {"data": [{"bot_name": "bot-1", "account_name": "desk"}]},
            **answers,
        }
    )


async def test_a_running_bot_is_named() -> None:
    script = bot()
    answer = (await delete_controller_config(script.installation, config_name="maker")).shown
    assert answer.notes == ("bot-1 runs with a copy of it, and keeps that.",)
    script = bot(list_bot_configs=Refused("The API refused.", "Nothing was done."))
    answer = (await delete_controller_config(script.installation, config_name="maker")).shown
    assert "The configurations of bot-1 couldn't be read: The API refused." in answer.notes
    script = bot(get_broker_status=Refused("This API has none.", "Nothing was done."))
    answer = (await delete_controller_config(script.installation, config_name="maker")).shown
    assert "Bots may run that the API doesn't see; whether it would isn't known: This API has none." in answer.notes


async def test_a_deletion_that_did_nothing_is_told() -> None:
    script = bot(remove_controller_config={"message": "deleted"})
    with pytest.raises(Failed, match="still has it"):
        await script.commit(await delete_controller_config(script.installation, config_name="maker"))


async def test_a_config_that_was_saved_otherwise_is_told() -> None:
    script = bot(write_controller_config={}, get_controller_config={**CONFIG, "id": "maker", "leverage": 20})
    with pytest.raises(Failed, match="now says otherwise of leverage"):
        await script.commit(await save_controller_config(script.installation, config_name="maker", config=CONFIG))


async def test_a_bots_config_is_validated_whole_and_read_back() -> None:
    copies = iter(
        [
            [{**CONFIG, "_config_name": "maker"}],
            [{**CONFIG, "leverage": 3, "_config_name": "maker"}],
        ]
    )
    script = bot(list_bot_configs=lambda _: next(copies), write_bot_config={})
    plan = await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates={"leverage": 3})
    assert plan.shown.value == [{"field": "leverage", "before": 5, "after": 3}]
    assert "write_bot_config" not in script.names
    answer = await script.commit(plan)
    assert answer.value == [{"field": "leverage", "before": 5, "after": 3}]
    sent = dict(script.asked)
    assert sent["write_bot_config"].json == {"leverage": 3}
    assert {**CONFIG, "leverage": 3, "id": "maker"} in [
        request.json for tool, request in script.asked if tool == "check_controller_config"
    ]


async def test_a_bots_config_is_planned_as_what_runs_code_on_its_account() -> None:
    script = bot()
    plan = await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates={"leverage": 3})
    (planned,) = plan.requests
    assert planned.effect == "runs_code"
    assert planned.stake == Stake(
        account="desk", exchange="binance_perpetual", pair="BTC-USDT", type=CONFIG["controller_name"]
    )
    assert planned.words == "change leverage in bot-1's copy of maker"
    nobody = bot(list_bot_runs=Refused("The API refused."))
    plan = await update_bot_config(nobody.installation, bot_name="bot-1", config_name="maker", updates={"leverage": 3})
    assert plan.requests[0].stake.account is None


@pytest.mark.parametrize("broken", ["list_controllers", "check_controller_config", "list_bot_runs"])
async def test_what_stops_a_controller_waits_for_no_check(broken: str) -> None:
    copies = iter([[{**CONFIG, "_config_name": "maker"}], [{**CONFIG, **STOP, "_config_name": "maker"}]])
    script = bot(**{broken: Failed("Gone.")}, list_bot_configs=lambda _: next(copies), write_bot_config={})
    plan = await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates=STOP)
    assert [planned.effect for planned in plan.requests] == ["stops"]
    await script.commit(plan)
    assert dict(script.asked)["write_bot_config"].json == STOP


@pytest.mark.parametrize("updates", [{"manual_kill_switch": False}, {**STOP, "leverage": 20}])
async def test_what_stops_it_does_nothing_else(updates: dict[str, Any]) -> None:
    known = [*CONFIG, "manual_kill_switch"]
    script = bot(check_controller_config=held_to("PMMSimpleConfig", *known))
    plan = await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates=updates)
    assert [planned.effect for planned in plan.requests] == ["runs_code"]
    assert "check_controller_config" in script.names


async def test_a_bots_config_that_says_it_already_is_not_sent() -> None:
    script = bot()
    plan = await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates={"leverage": 5})
    assert plan.requests == ()
    assert "nothing was sent" in str(plan.shown.value)
    assert script.names == ["list_bot_configs"]


async def test_a_bots_config_that_doesnt_fit_is_not_sent() -> None:
    script = bot(check_controller_config=Refused("leverage: must be a number", "Nothing was done."))
    with pytest.raises(Refused, match="must be a number"):
        await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates={"leverage": "x"})
    with pytest.raises(Refused, match="It has: maker"):
        await update_bot_config(script.installation, bot_name="bot-1", config_name="taker", updates={"leverage": 1})
    with pytest.raises(BadArguments, match="can't change"):
        await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates={"id": "x"})
    assert "write_bot_config" not in script.names


async def test_what_became_of_a_bots_config_may_be_unknown() -> None:
    answers = iter([[{**CONFIG, "_config_name": "maker"}], []])
    script = bot(list_bot_configs=lambda _: next(answers), write_bot_config={})
    with pytest.raises(OutcomeUnknown, match="couldn't be read back"):
        await script.commit(
            await update_bot_config(script.installation, bot_name="bot-1", config_name="maker", updates={"leverage": 3})
        )


async def test_a_name_that_deploying_refuses_is_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    script = {"script_file_name": "v2_with_controllers.py", "controllers_config": []}
    async with assistant(api, monkeypatch) as call:
        for tool, config in (("save_controller_config", CONFIG), ("save_script_config", script)):
            text = await call.good(tool, config_name="maker.v2.yml", config=config)
            assert "Deploying refuses a name with a dot: save it as maker_v2, and delete this one" in text
            assert "Deploying" not in await call.good(tool, config_name="maker_v2", config=config)
