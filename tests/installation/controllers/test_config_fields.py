"""Which fields of a configuration differ, and which defaults hold."""

from typing import Any

from hbmcp.installation.controllers.config_fields import changed_fields, defaults_in_force


def test_defaults_that_switch_nothing_on_are_left_out() -> None:
    template: dict[str, dict[str, Any]] = {
        "given": {"default": 1},
        "left": {"default": "0.01,0.02"},
        "off": {"default": None},
        "empty": {"default": []},
        "needed": {"default": "PydanticUndefined"},
        "no": {"default": False},
    }
    assert defaults_in_force(template, {"given": 2}) == {"left": "0.01,0.02", "no": False}


def test_values_that_are_written_otherwise_are_the_same() -> None:
    assert changed_fields({"a": 1, "b": "2", "c": 3}, {"a": 1.0, "b": 2, "d": 4}) == [
        {"field": "c", "before": 3, "after": None},
        {"field": "d", "before": None, "after": 4},
    ]
