"""Script configurations: held to their script before they are saved, and not deleted in a preview."""

from typing import Any

import pytest

from hbmcp.paper.api.faults import Crash
from hbmcp.workflows.scripts.delete_script_config import delete_script_config
from tests.installation.scripted_installation import Script
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

SCRIPT = {"script_file_name": "v2_with_controllers.py"}
WRITE = "POST /scripts/configs/{config_name}"


async def test_a_good_config_is_saved_and_read_back(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("save_script_config", config_name="both.yml", config=SCRIPT)
        assert text.startswith('{"config_name":"both","script_file_name":"v2_with_controllers.py"')
        assert "both" in await call.good("list_script_configs")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"script_file_name": "v2_with_controller.py"}, "did you mean v2_with_controllers?"),
        ({}, "script_file_name None, and there is no such script"),
        ({**SCRIPT, "controler_config": []}, "controler_config: unknown field; did you mean controllers_config?"),
        ({**SCRIPT, "controllers_config": "maker.yml"}, "controllers_config: must be a list"),
        ({**SCRIPT, "controllers_config": ["maker.yml"]}, "no controller config maker.yml is saved"),
    ],
)
async def test_a_bad_config_is_refused_before_it_is_saved(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], said: str
) -> None:
    async with assistant(api, monkeypatch) as call:
        assert said in await call.bad("save_script_config", config_name="both", config=config)
        assert WRITE not in call.asked


async def test_it_may_not_be_read_back(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, [Crash("GET /scripts/configs/{config_name}")]) as call:
        text = await call.bad("save_script_config", config_name="both", config=SCRIPT)
    assert "was saved, but it couldn't be read back" in text


async def test_deleting_is_told_first(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await call.good("save_script_config", config_name="both", config=SCRIPT)
        told = await call.good("delete_script", script_name="v2_with_controllers")
        assert "Nothing was deleted yet" in told
        assert "Config both is for it" in told
        assert "Nothing was deleted yet" in await call.good("delete_script_config", config_name="both")
        assert "both" in await call.good("list_script_configs")
        assert "looked up to be gone" in await call.good("delete_script_config", config_name="both", preview=False)
        assert "looked up to be gone" in await call.good(
            "delete_script", script_name="v2_with_controllers", preview=False
        )
        assert "no script" in await call.bad("delete_script", script_name="v2_with_controllers")
        assert "no script config" in await call.bad("delete_script_config", config_name="both")


async def test_a_bot_of_that_name_is_named() -> None:
    script = Script(
        {
            "list_script_configs": [{"config_name": "bot-1"}],
            "list_bots": {"data": {"bot-1": {}}},
            "get_broker_status": {"data": {"mqtt_connected": True}},
            "list_bot_configs": [],
        }
    )
    answer = (await delete_script_config(script.installation, config_name="bot-1")).shown
    assert answer.notes == ("bot-1 was deployed with it, and needs it to restart.",)
