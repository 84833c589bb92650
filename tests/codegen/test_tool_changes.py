"""What two contracts mean for each tool: every change is found and graded, and nothing else."""

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from codegen import curation
from codegen.cli import app
from codegen.contract import Contract, normalise, parse
from codegen.generate import generate
from codegen.reporting import Report
from codegen.source_texts import fields_read, with_imported
from tests.codegen import shop

WORKFLOWS = """
[workflows.order_all]
title = "Order all"
risk = "trade"
description = "Order several things."
uses = ["place_order"]
uses_if_there = ["get_late_orders"]
"""


@pytest.fixture(scope="session")
def overrides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _overrides(str(tmp_path_factory.mktemp("overrides")))


@cache
def _overrides(folder: str) -> Path:
    for file in shop.OVERRIDES.iterdir():
        more = WORKFLOWS if file.name == "orders.toml" else ""
        (Path(folder) / file.name).write_text(file.read_text() + more)
    return Path(folder)


DOCUMENT: dict[str, Any] = yaml.safe_load(shop.DOCUMENT.read_text())


def contract(change: Callable[[dict[str, Any]], object] = lambda _: None) -> Contract:
    document = deepcopy(DOCUMENT)
    change(document)
    return parse(normalise(document))


def schemas(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def reads_nothing(*_: str) -> frozenset[str]:
    return frozenset()


@frozen
class Change:
    """A change of the document, and what each tool is told of it: (grade, what), through which tool for a workflow."""

    make: Callable[[dict[str, Any]], object]
    told: Mapping[str, tuple[str, str]]


CHANGES: Mapping[str, Change] = {
    "an operation is gone": Change(
        lambda document: document["paths"].pop("/orders/{order_id}"), {"cancel_order": ("breaking", "removed")}
    ),
    "a field is newly required": Change(
        lambda document: schemas(document, "OrderRequest")["required"].append("price"),
        {
            "place_order": ("breaking", "body price: now required"),
            "order_all": ("breaking", "body price: now required"),
        },
    ),
    "a field that is always sent is newly required": Change(
        lambda document: schemas(document, "OrderRequest")["required"].append("rush"),
        {"place_order": ("additive", "body rush: now required"), "order_all": ("additive", "body rush: now required")},
    ),
    "a type is narrowed": Change(
        lambda document: schemas(document, "Rounding")["properties"]["step"].update(type="integer"),
        {
            "set_currency": ("additive", "body rounding.step: integer, was number"),  # which never sends it
            "set_rounding": ("breaking", "body rounding.step: integer, was number"),
        },
    ),
    "an enum is narrowed": Change(
        lambda document: schemas(document, "Side").update(enum=["BUY"]),
        {
            "place_order": ("breaking", "body side: no longer SELL"),
            "order_all": ("breaking", "body side: no longer SELL"),
        },
    ),
    "a default is another": Change(
        lambda document: schemas(document, "OrderFilter")["properties"]["limit"].update(default=7),
        {"get_late_orders": ("additive", "body limit: default 7, was 10")},
    ),
    "an enum is widened": Change(
        lambda document: schemas(document, "Currency")["properties"].update(sign={"type": "string"}),
        {"set_currency": ("additive", "body currency.sign: added (string)")},
    ),
    "a field of the answer that is read is gone": Change(
        lambda document: schemas(document, "Line")["properties"].pop("count"),
        {
            "get_late_orders": ("additive", "answer[].lines[].count: removed"),  # which shows what comes
            "order_all": ("breaking", "answer lines[].count: removed"),
        },
    ),
    "a parameter that is required is new": Change(
        lambda document: document["paths"]["/orders/search"]["post"].update(
            parameters=[{"name": "shop", "in": "query", "required": True, "schema": {"type": "string"}}]
        ),
        {
            "get_late_orders": ("breaking", "query shop: added, required (string)"),
            "order_all": ("breaking", "query shop: added, required (string)"),
        },
    ),
    "a parameter is gone": Change(
        lambda document: schemas(document, "OrderFilter")["properties"].pop("since"),
        {"get_late_orders": ("breaking", "body since: removed")},
    ),
    "a parameter is new": Change(
        lambda document: schemas(document, "OrderFilter")["properties"].update(colour={"type": "string"}),
        {
            "get_late_orders": ("additive", "body colour: added (string)"),
            "order_all": ("additive", "body colour: added (string)"),
        },
    ),
    "a field of the answer that nobody reads is gone": Change(
        lambda document: schemas(document, "Line")["properties"].pop("title"),
        {"get_late_orders": ("additive", "answer[].lines[].title: removed")},
    ),
    "a type of the answer that nobody reads is another": Change(
        lambda document: schemas(document, "Order")["properties"]["order_id"].update(type="integer"),
        {"get_late_orders": ("additive", "answer[].order_id: integer, was string")},
    ),
    "a hidden parameter is gone": Change(
        lambda document: schemas(document, "OrderFilter")["properties"].pop("cursor"),
        {"get_late_orders": ("additive", "body cursor: removed")},
    ),
}


def report(folder: Path, *names: str) -> Report:
    def make(document: dict[str, Any]) -> None:
        for name in names:
            CHANGES[name].make(document)

    return Report.of(contract(), contract(make), curation.read(folder), lambda *_: frozenset({"count"}))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_and_graded(overrides: Path, name: str) -> None:
    done = report(overrides, name)
    for tool, told in CHANGES[name].told.items():
        assert told in {(one.grade, one.what) for one in done.tools if one.tool == tool}
    worst = "breaking" if any(grade == "breaking" for grade, _ in CHANGES[name].told.values()) else "additive"
    assert done.severity == worst


@cache
def told_alone(overrides: Path, name: str) -> list[tuple[str, str, str]]:
    return [(one.tool, one.grade, one.what) for one in report(overrides, name).tools]


@given(st.sets(st.sampled_from(sorted(CHANGES))))
def test_all_that_is_made_is_found_and_only_that(overrides: Path, names: set[str]) -> None:
    done = report(overrides, *sorted(names))
    alone = {one for name in names for one in told_alone(overrides, name)}
    assert {(one.tool, one.grade, one.what) for one in done.tools} == alone
    assert (done.severity == "none") == (not names)


def test_what_a_workflow_can_do_without_breaks_nothing(overrides: Path) -> None:
    gone = contract(lambda document: document["paths"].pop("/orders/search"))
    done = Report.of(contract(), gone, curation.read(overrides), reads_nothing)
    assert [(one.tool, one.grade, one.through) for one in done.tools] == [
        ("get_late_orders", "breaking", None),
        ("order_all", "additive", "get_late_orders"),
    ]


def test_an_operation_that_is_spelled_otherwise_breaks_nothing(overrides: Path, tmp_path: Path) -> None:
    for file in overrides.iterdir():
        also = '"POST /orders/search"\nalso = ["POST /v2/search"]'
        (tmp_path / file.name).write_text(file.read_text().replace('"POST /orders/search"', also))
    moved = contract(lambda document: document["paths"].update({"/v2/search": document["paths"].pop("/orders/search")}))
    for old, new in ((contract(), moved), (moved, contract())):
        done = Report.of(old, new, curation.read(tmp_path), reads_nothing)
        assert {(one.tool, one.grade) for one in done.tools} == {
            ("get_late_orders", "additive"),
            ("order_all", "additive"),
        }
        (was,), (now,) = ([key for key in one.operations if key.endswith("/search")] for one in (old, new))
        assert done.told("text").endswith(
            f"Operations: 1 moved.\n\nMoved, as the curation says:\n  {was}: now {now}  [get_late_orders]"
        )
        assert done.told("json")["moved"] == [{"operation": was, "now": now}]
        assert f"- `{was}`, now `{now}`" in done.told("markdown")


def test_a_place_of_a_path_may_have_another_name(overrides: Path) -> None:
    """As at run time. And where the operation moved with it, as the curation says."""

    def rename(path: str) -> Callable[[dict[str, Any]], object]:
        def change(document: dict[str, Any]) -> None:
            document["paths"][path] = document["paths"].pop("/orders/{order_id}")
            parameters = document["paths"][path].get("parameters", []) + document["paths"][path]["delete"]["parameters"]
            next(one for one in parameters if one.get("in") == "path")["name"] = "which"

        return change

    curated = curation.read(overrides)
    moved = curation.Spelling(operation="DELETE /v2/{which}", params={"order_id": curation.Param(to="which")})
    tools = {**curated.tools["orders"]}
    tools["cancel_order"] = tools["cancel_order"].model_copy(update={"also": [moved]})
    spelled = evolve(curated, tools={**curated.tools, "orders": tools})
    for path, known in (("/orders/{which}", curated), ("/v2/{which}", spelled)):
        new = contract(rename(path))
        done = Report.of(contract(), new, known, reads_nothing)
        assert [(one.tool, one.grade, one.what) for one in done.tools] == [
            ("cancel_order", "additive", f"now DELETE {path}")
        ]
        assert done.changes.moved == {"DELETE /orders/{order_id}": f"DELETE {path}"}
        made = generate(new, known.as_in(new.operations))
        (tool,) = (one for one in made.manifest["tools"] if one["definition"]["name"] == "cancel_order")
        assert (tool["operation"], "order_id" in tool["definition"]["inputSchema"]["properties"]) == (
            f"DELETE {path}",
            True,
        )
        assert tool["also"] == [{"operation": "DELETE /orders/{order_id}", "renamed": {"which": "order_id"}}]
        assert not curation.unaccounted(known.as_in(new.operations), new)


def test_a_tool_stands_once_with_what_breaks_it_first(overrides: Path) -> None:
    done = report(overrides, "a parameter is new", "a parameter is gone", "a field is newly required")
    late = "body since: removed, body colour: added (string)"
    lines = done.told("text").splitlines()
    assert lines[: lines.index("") + 1] == [
        "Tools that break:",
        "  place_order: body price: now required",
        f"  get_late_orders: {late}",
        f"  order_all: through place_order: body price: now required; through get_late_orders: {late}",
        "",
    ]
    assert not [line for line in lines if line.startswith("Tools that only")]
    assert done.told("markdown").count("| `get_late_orders` |") == 1


def test_what_took_the_place_of_a_tool_that_was_removed_is_told(overrides: Path, tmp_path: Path) -> None:
    for file in overrides.iterdir():
        removed = '\n[removed.cancel_order]\nby = "place_order"\noperation = "DELETE /orders/{order_id}"\n'
        text = re.sub(r"\[tools\.cancel_order\].*?(?=\n\[workflows)", "", file.read_text(), flags=re.DOTALL)
        (tmp_path / file.name).write_text(text + removed * (file.name == "orders.toml"))
    gone = contract(lambda document: document["paths"].pop("/orders/{order_id}"))
    done = Report.of(contract(), gone, curation.read(tmp_path), reads_nothing)
    assert [(one.tool, one.grade, one.what) for one in done.tools] == [
        ("cancel_order", "breaking", "removed, and place_order took its place")
    ]


def diff(overrides: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], *more: str) -> Result:
    document = deepcopy(DOCUMENT)
    change(document)
    file = tmp_path / "new.json"
    file.write_text(json.dumps(document))
    return CliRunner().invoke(app, ["diff", str(shop.DOCUMENT), str(file), "--overrides", str(overrides), *more])


@pytest.mark.slow
def test_the_exit_code_tells_the_worst(overrides: Path, tmp_path: Path) -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/close"] = {"post": {"responses": {"200": {"description": ""}}}}

    assert diff(overrides, tmp_path, lambda _: None).exit_code == 0
    assert diff(overrides, tmp_path, add).exit_code == 3
    assert diff(overrides, tmp_path, CHANGES["an enum is narrowed"].make).exit_code == 4


def test_for_a_program_and_for_a_pull_request(overrides: Path, tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["paths"]["/v3/orders/{order_id}"] = document["paths"].pop("/orders/{order_id}")

    told = json.loads(diff(overrides, tmp_path, change, "--json").stdout)
    assert told["severity"] == "breaking"
    assert told["added"] == [
        {"operation": "DELETE /v3/orders/{order_id}", "parameters": ["order_id", "reason?", "X-Trace?"], "answer": ""}
    ]
    assert told["tools"] == [
        {"tool": "cancel_order", "grade": "breaking", "what": "removed, now perhaps DELETE /v3/orders/{order_id}"}
        | {"operation": "DELETE /orders/{order_id}"}
    ]
    table = diff(overrides, tmp_path, change, "--format", "markdown").stdout
    assert "| `cancel_order` | removed, now perhaps DELETE /v3/orders/{order_id} |" in table
    assert "- `DELETE /v3/orders/{order_id} (order_id, reason?, X-Trace?)`" in table


def test_only_who_reads_a_field_is_broken_by_its_loss(overrides: Path) -> None:
    """A tool by the columns that are curated, a workflow by what its own module and its rooms name."""
    gone = contract(CHANGES["a field of the answer that is read is gone"].make)
    curated = curation.read(overrides)
    (order_all,) = curated.workflows["orders"].values()
    more = {"order_all": order_all, "order_few": order_all, "order_none": order_all}
    curated = evolve(curated, workflows={"orders": more})
    fields = {"order_all": frozenset({"count"}), "order_few": frozenset({"title"}), "order_none": frozenset[str]()}
    done = Report.of(contract(), gone, curated, lambda _, name: fields[name])
    assert {one.tool for one in done.tools if one.grade == "breaking"} == {"order_all"}
    for key, value in {"columns": ["lines.count"], "lift": "count", "gigabytes": ["lines.count"]}.items():
        late = curated.by_name["get_late_orders"]
        shown = late.model_copy(update={"result": late.result.model_copy(update={key: value})})
        tools = {**curated.tools, "orders": {**curated.tools["orders"], "get_late_orders": shown}}
        done = Report.of(contract(), gone, evolve(curated, tools=tools), reads_nothing)
        assert [one.tool for one in done.tools if one.grade == "breaking"] == ["get_late_orders"]


def test_a_workflow_reads_what_its_module_and_its_rooms_name(tmp_path: Path) -> None:
    for name, source in {
        "work/own.py": 'from rooms.one import f\nfrom rooms import two\nfrom away.all import g\nx = "own"\n',
        "work/other.py": 'x = "other"\n',
        "rooms/one.py": '"""A docstring."""\nfrom rooms.deep import h\nFIELD = fields.needed("order_id", text)\n',
        "rooms/two.py": 'import rooms.one\nx = "two"\n',
        "rooms/deep.py": 'from rooms.one import f\nx = "deep"\n',
        "away/all.py": 'x = "away"\n',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    files = with_imported(tmp_path / "work/own.py", tmp_path, ("rooms",))
    assert fields_read(files) == {"own", "order_id", "two", "deep"}
