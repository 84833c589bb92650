"""Controllers, scripts and their configurations: saved as they come, and nowhere else than in their folder."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from hbmcp.paper.api.config_files import BadFileName, Configs, Shelf
from tests.paper.paper_api import PaperApi

CONFIG = {"id": "mine", "controller_name": "pmm_simple", "controller_type": "market_making", "leverage": 5}


def detail(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]


def test_controllers_are_listed_read_saved_and_deleted(api: PaperApi) -> None:
    assert api.good("GET", "/controllers/") == {
        "directional_trading": ["bollinger_v1"],
        "market_making": ["pmm_simple"],
        "generic": ["grid_strike"],
    }
    assert "PMMSimpleConfig" in api.good("GET", "/controllers/market_making/pmm_simple")["content"]
    saved = api.good("POST", "/controllers/generic/mine", {"content": "# mine\n"})
    assert saved == {"message": "Controller 'mine' saved successfully in 'generic'"}
    assert api.good("GET", "/controllers/generic/mine") == {"name": "mine", "type": "generic", "content": "# mine\n"}
    api.good("DELETE", "/controllers/generic/mine")
    missing = (404, "Controller 'mine' not found in 'generic'")
    assert detail(api.request("GET", "/controllers/generic/mine")) == missing
    assert detail(api.request("DELETE", "/controllers/generic/mine")) == missing
    assert api.request("GET", "/controllers/nope/mine").status_code == 422


def test_a_shipped_controller_that_was_deleted_stays_deleted(api: PaperApi) -> None:
    api.good("DELETE", "/controllers/market_making/pmm_simple")
    api.paper.parts.clear()  # a new process
    assert api.good("GET", "/controllers/")["market_making"] == []


def test_a_configuration_is_saved_unchecked_and_can_be_validated_first(api: PaperApi) -> None:
    for name, config in (("mine", CONFIG), ("a..b", {"id": "x"}), ("..", {})):
        saved = api.good("POST", f"/controllers/configs/{quote(name, safe='').replace('.', '%2E')}", config)
        assert saved == {"message": f"Configuration '{name}' saved successfully"}
    assert api.good("GET", "/controllers/configs/mine") == CONFIG
    assert CONFIG in api.good("GET", "/controllers/configs/")
    api.good("DELETE", "/controllers/configs/mine")
    assert detail(api.request("GET", "/controllers/configs/mine")) == (404, "Configuration 'mine' not found")

    validate = "/controllers/market_making/pmm_simple/config/validate"
    assert api.good("POST", validate, CONFIG) == {"message": "Configuration is valid"}
    status, text = detail(api.request("POST", validate, CONFIG | {"leverage": "lots", "colour": "red"}))
    assert status == 400
    assert "leverage\n  Input should be a valid integer" in text
    assert "colour\n  Extra inputs are not permitted" in text


@pytest.mark.parametrize(
    "kind", ["market_making/pmm_simple", "directional_trading/bollinger_v1", "generic/grid_strike"]
)
def test_the_template_names_what_can_be_configured(api: PaperApi, kind: str) -> None:
    template = api.good("GET", f"/controllers/{kind}/config/template")
    assert template["id"] == {"default": "PydanticUndefined", "type": "<class 'str'>", "required": False}
    assert template["total_amount_quote"]["default"] == "100"


def test_code_that_was_saved_is_never_run(api: PaperApi, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    code = f"open({str(trap)!r}, 'w')\nclass Config: pass\n"
    for name in ("mine", "pmm_simple"):
        api.good("POST", f"/controllers/market_making/{name}", {"content": code})
        missing = (404, f"Controller configuration class for '{name}' not found")
        assert detail(api.request("GET", f"/controllers/market_making/{name}/config/template")) == missing
        assert detail(api.request("POST", f"/controllers/market_making/{name}/config/validate", CONFIG)) == missing
    assert not trap.exists()


def test_scripts_and_their_configurations(api: PaperApi) -> None:
    assert api.good("GET", "/scripts/") == ["v2_with_controllers"]
    assert api.good("GET", "/scripts/v2_with_controllers/config/template") == {
        "script_file_name": "",
        "controllers_config": [],
    }
    api.good("POST", "/scripts/mine", {"content": "# mine\n"})
    assert api.good("GET", "/scripts/mine") == {"name": "mine", "content": "# mine\n"}
    api.good("DELETE", "/scripts/mine")
    assert detail(api.request("GET", "/scripts/mine")) == (404, "Script 'mine' not found")
    config = {"script_file_name": "v2_with_controllers.py", "controllers_config": ["mine.yml"]}
    api.good("POST", "/scripts/configs/mine", config)
    assert api.good("GET", "/scripts/configs/mine") == config
    assert api.good("GET", "/scripts/configs/") == [
        {"config_name": "mine", **config, "candles_config": [], "markets": {}}
    ]
    assert api.good("GET", "/controllers/configs/") == []


def test_no_bot_has_configurations(api: PaperApi) -> None:
    assert detail(api.request("GET", "/controllers/bots/nobot/configs")) == (404, "Bot 'nobot' not found")
    assert detail(api.request("POST", "/controllers/bots/nobot/mine/config", CONFIG)) == (404, "Bot 'nobot' not found")


ODD = ["../x", "..", "../../x", "a/../../x", "/tmp/x", "..\\x", "C:x", "x\0y", "", "é" * 200, "\ud800"]


@pytest.mark.parametrize("name", ODD)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "outer" / "inner"
    (tmp_path / "x.yml").write_text("{}")
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "x.yml").write_text('{"secret": 1}')
    for shelf in (Configs(inside), Shelf(inside, ".py")):
        try:
            shelf.write(name, "{}")
        except BadFileName:
            assert shelf.read(name) is None
            assert not shelf.delete(name)
        else:
            assert shelf.names() == [name]
    everything = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert [path for path in everything if not path.startswith("outer/inner/")] == ["outer/x.yml", "x.yml"]
    assert (tmp_path / "outer" / "x.yml").read_text() == '{"secret": 1}'


@pytest.mark.parametrize("name", ["%2e%2e%2fx", "..%5cx", "%00", "%2Ftmp%2Fx"])
def test_odd_names_over_the_api_save_nothing_elsewhere(api: PaperApi, tmp_path: Path, name: str) -> None:
    for path, body in (
        (f"/scripts/{name}", {"content": "x"}),
        (f"/scripts/configs/{name}", {}),
        (f"/controllers/configs/{name}", {}),
    ):
        assert api.request("POST", path, body).status_code in (400, 404, 405, 422)
        assert api.request("GET", path).status_code in (404, 405, 422)
        assert api.request("DELETE", path).status_code in (404, 405, 422)
    assert [path.name for path in tmp_path.iterdir()] in ([], ["files"])


def test_a_file_that_was_spoiled_by_hand_is_said_to_be(api: PaperApi, tmp_path: Path) -> None:
    api.good("POST", "/controllers/configs/mine", CONFIG)
    (tmp_path / "files" / "conf" / "controllers" / "mine.yml").write_text("id: mine\n")
    assert "isn't JSON" in api.good("GET", "/controllers/configs/mine")["error"]
