"""Workflows: their tables are validated like every other, and their definitions go into the manifest."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from codegen.curation import CurationError, read
from codegen.tools import build_workflows
from codegen.tools.tool_spec import ToolParam, input_schema, unlisted

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
                    "wait": {"type": "number", "default": 3, "description": "Seconds"},
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
        "bounds": {"wait": {"minimum": 0}},
        "uses": ["place_order", "list_orders"],
    }


@pytest.mark.parametrize(
    ("schema", "description", "checked"),
    [
        ({"minimum": 1e-18, "maximum": 100}, None, {"minimum": 1e-18}),
        ({"minimum": 1}, "Lines", {"minimum": 1}),
        ({"minimum": 2, "maximum": 9}, None, {}),
        ({"minimum": -1}, None, {}),
        ({"pattern": "_perpetual"}, None, {}),
        ({"pattern": "^[a-z]*$"}, "Small letters", {"pattern": "^[a-z]*$"}),
    ],
)
def test_what_nobody_needs_to_be_told_is_checked_and_not_listed(
    schema: dict[str, Any], description: str | None, checked: dict[str, Any]
) -> None:
    param = ToolParam("it", {"type": "number", **schema}, False, "Any", description=description)
    assert unlisted(param) == checked
    listed = input_schema([param])["properties"]["it"]
    assert listed.keys() & schema.keys() == schema.keys() - checked.keys()
    assert listed | checked == {**param.schema, **({"description": description} if description else {})}


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


SALES = """
[toolset]
title = "Sales"
description = "What is sold."
default = true

[workflows.sell_all]
title = "Sell"
risk = "read"
description = "What would be sold."
uses = ["list_orders"]
uses_if_there = ["get_colours"]

[tools.list_orders]
operation = "GET /orders"
title = "Orders"
risk = "read"
description = "What was ordered."

[tools.get_colours]
operation = "GET /colours"
title = "Colours"
risk = "read"
description = "Which colours there are."
aliases = ["get_paints"]
"""


def test_what_it_uses_if_it_is_there_can_be_gone(tmp_path: Path) -> None:
    """The workflow goes on; what it asked for is told as absent, by every name that it had."""
    left = read(written(tmp_path, SALES)).without(["GET /colours"])
    (workflow,) = build_workflows(left)
    assert workflow.manifest["uses"] == ["list_orders"]
    assert workflow.manifest["uses_if_there"] == ["get_colours"]
    (absent,) = left.absent
    assert (absent.name, absent.aliases, absent.is_workflow) == ("get_colours", ("get_paints",), False)
    assert absent.why == "this Hummingbot API has no GET /colours"


def test_only_a_read_hands_over(tmp_path: Path) -> None:
    handing = SALES.replace('uses_if_there = ["get_colours"]', "hands_over = true")
    (workflow,) = build_workflows(read(written(tmp_path, handing)))
    assert workflow.manifest["hands_over"] is True
    (mistake,) = read(written(tmp_path, handing.replace('"read"', '"write"', 1))).mistakes
    assert "only a read has use for `hands_over`" in mistake.reason


def test_what_it_uses_can_not(tmp_path: Path) -> None:
    left = read(written(tmp_path, SALES)).without(["GET /orders"])
    assert build_workflows(left) == ()
    assert {one.name: one.why for one in left.absent} == dict.fromkeys(
        ("list_orders", "sell_all"), "this Hummingbot API has no GET /orders"
    )


@pytest.mark.parametrize(
    ("uses_if_there", "reason"),
    [
        (["list_orders"], "list_orders is in `uses` too"),
        (["get_colors"], "there is no tool 'get_colors'; did you mean get_colours?"),
        (["burn_all"], "a read can't use burn_all, whose risk is trade"),
    ],
)
def test_what_can_be_done_without_is_another_read(tmp_path: Path, uses_if_there: list[str], reason: str) -> None:
    sell = '[tools.burn_all]\noperation = "POST /all"\ntitle = "Burn all"\nrisk = "trade"\neffect = "opens"\n'
    text = SALES.replace('["get_colours"]', str(uses_if_there)) + sell + 'description = "Sell all."\n'
    assert [(one.key, one.reason) for one in read(written(tmp_path, text)).mistakes] == [("uses_if_there", reason)]
