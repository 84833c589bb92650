"""Workflows: their tables are validated like every other, and their definitions go into the manifest."""

from pathlib import Path
from textwrap import dedent

import pytest

from codegen.curation import CurationError, read
from codegen.tools import build_workflows

ORDERS = """
[toolset]
title = "Orders"
description = "Orders of the shop."
default = true

[workflows.order_all]
title = "Order all"
risk = "trade"
description = "Order several things."
aliases = ["order_many"]
uses = ["place_order", "list_orders"]
[workflows.order_all.params]
wait = { type = "number", default = 3, minimum = 0, description = "Seconds" }
things = { type = "array", required = true }
since = { type = "time" }
colours = { type = "array", enum = ["red", "blue"] }

[tools.place_order]
operation = "POST /orders"
title = "Place order"
risk = "trade"
effect = "opens"
default = false
description = "Order a thing."

[tools.list_orders]
operation = "GET /orders"
title = "Orders"
risk = "read"
description = "What was ordered."
"""


def written(folder: Path, text: str) -> Path:
    (folder / "orders.toml").write_text(dedent(text))
    return folder


def test_the_definition_is_what_the_table_says(tmp_path: Path) -> None:
    curation = read(written(tmp_path, ORDERS))
    assert curation.mistakes == ()
    (workflow,) = build_workflows(curation)
    assert workflow.manifest == {
        "definition": {
            "name": "order_all",
            "description": "Order several things.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "things": {"type": "array", "items": {"type": "string"}},
                    "wait": {"type": "number", "minimum": 0, "default": 3, "description": "Seconds"},
                    "since": {"type": "string", "description": "UTC time, or age like 24h"},
                    "colours": {"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}},
                    "preview": {"type": "boolean"},
                    "again": {"type": "boolean"},
                },
                "required": ["things"],
            },
            "annotations": {"title": "Order all"},
        },
        "toolset": "orders",
        "risk": "trade",
        "aliases": ["order_many"],
        "default": True,
        "times": ["since"],
        "uses": ["place_order", "list_orders"],
    }


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("uses =", "used =", "[workflows.order_all] used: unknown key; did you mean uses?"),
        ('"number"', '"nummer"', "[workflows.order_all.params.wait] type: Input should be 'string'"),
        ("minimum", "minnimum", "[workflows.order_all.params.wait] minnimum: unknown key; did you mean minimum?"),
        ('"list_orders"]', '"list_order"]', "uses: there is no tool 'list_order'; did you mean list_orders?"),
        ('risk = "trade"', 'risk = "read"', "uses: a read can't use place_order, whose risk is trade"),
        ("order_all", "place_order", "[workflows.place_order]: 'place_order' is already a name of place_order"),
        ("order_many", "list_orders", "aliases: 'list_orders' is already a name of list_orders in orders.toml"),
        ("[workflows.order_all]", "[workflow.order_all]", "workflow: unknown; did you mean workflows?"),
        ("required = true", "required = true, default = []", "a required parameter has no use for a default"),
    ],
)
def test_names_the_mistake(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    assert old in ORDERS
    found = [str(one) for one in read(written(tmp_path, ORDERS.replace(old, new, 1))).mistakes]
    assert any(mistake in text for text in found), found


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("default = 3", "default = -1", "wait: `default` is not what the API takes: -1 is less than the minimum of 0"),
        ("since =", "class =", "class: can't be the name of a parameter"),
        ('since = { type = "time"', 'since = { type = "time", base = true', "since: `base` is of a trading_pair"),
        ("since =", "preview =", "preview: can't be the name of a parameter"),
    ],
)
def test_a_parameter_contradicts_itself(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    curation = read(written(tmp_path, ORDERS.replace(old, new)))
    with pytest.raises(CurationError, match=mistake):
        build_workflows(curation)


def test_a_workflow_goes_with_a_tool_that_it_uses(tmp_path: Path) -> None:
    curation = read(written(tmp_path, ORDERS)).without(["POST /orders"])
    assert list(curation.tools["orders"]) == ["list_orders"]
    assert curation.workflows["orders"] == {}
