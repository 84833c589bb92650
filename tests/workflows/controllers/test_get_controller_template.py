"""A controller's fields, a row each."""

import pytest

from hbmcp.workflows.controllers.get_controller_template import get_controller_template
from tests.installation.scripted_installation import Script
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi


@pytest.mark.anyio
async def test_a_field_is_a_row_and_what_saving_sets_is_none() -> None:
    fields = {
        "id": {"default": "PydanticUndefined", "type": "<class 'str'>", "required": False},
        "leverage": {"default": 20, "type": "<class 'int'>", "required": False},
        "pool": {"default": "PydanticUndefined", "type": "<class 'str'>", "required": False},
    }
    source = "class OwnConfig(ControllerConfigBase):\n    leverage: int = 20\n    start_price: float\n"
    script = Script({"read_controller_template": fields, "read_controller_code": {"content": source}})
    answer = await get_controller_template(
        script.installation, controller_type="generic", controller_name="grid_strike"
    )
    assert answer.value == [
        {"field": "leverage", "type": "integer", "default": 20},
        {"field": "pool", "type": "text", "default": "needed"},
    ]
    assert "isn't the controller's own: that has start_price too" in answer.notes[1]


@pytest.mark.anyio
async def test_no_field_of_the_controllers_there_is_told_in_python(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"market_making": "pmm_simple", "directional_trading": "bollinger_v1", "generic": "grid_strike"}
    async with assistant(api, monkeypatch) as call:
        for kind, name in there.items():
            text = await call.good("get_controller_template", controller_type=kind, controller_name=name)
            assert "leverage integer" in text
            for word in ("class", "typing", "Undefined", "Decimal", " | "):
                assert word not in text
        unknown = await call.bad("get_controller_template", controller_type="generic", controller_name="nope")
        assert "not found" in unknown
