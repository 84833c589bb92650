"""`python -m codegen`, as an engineer uses it."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner, Result

from codegen import curation, render
from codegen.cli import app
from codegen.dependents import dependents
from codegen.generate import OVERRIDES, ROOT
from tests.codegen import shop
from tests.codegen.generated_tools import importing_tools

Run = Callable[..., Result]


class Workplace:
    """A folder with a contract, overrides and generated code, and the generator run in it."""

    def __init__(self, folder: Path) -> None:
        self.contract = folder / "pinned.json"
        self.overrides = folder / "overrides"
        self.output = folder / "generated"
        self.overrides.mkdir(exist_ok=True)
        for file in shop.OVERRIDES.iterdir():
            (self.overrides / file.name).write_text(file.read_text())

    def run(self, command: str, *arguments: object) -> Result:
        options = ["--contract", self.contract] if command != "diff" else []
        options += ["--overrides", self.overrides] if command != "fetch" else []
        options += ["--output", self.output] if command in ("regen", "check", "diff") else []
        return CliRunner().invoke(app, [command, *map(str, (*arguments, *options))])

    def tree(self) -> dict[str, bytes]:
        files = [self.contract, *self.output.rglob("*")]
        return {str(file): file.read_bytes() for file in files if file.is_file()}


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Workplace with the shop, which nobody changes."""
    folder = tmp_path_factory.mktemp("shop")
    result = Workplace(folder).run("regen", shop.DOCUMENT)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def place(generated: Path, tmp_path: Path) -> Workplace:
    shutil.copytree(generated, tmp_path, dirs_exist_ok=True)
    return Workplace(tmp_path)


def test_a_change_is_told_by_the_operations_that_the_tools_had(place: Workplace, tmp_path: Path) -> None:
    """The curation may be of the new contract already."""

    def move(document: dict[str, Any]) -> None:
        document["paths"]["/v2/search"] = document["paths"].pop("/orders/search")

    new = changed(tmp_path, move)
    file = place.overrides / "orders.toml"
    file.write_text(file.read_text().replace('"POST /orders/search"', '"POST /v2/search"'))
    told = json.loads(place.run("diff", place.contract, new, "--json").stdout)
    assert [(one["tool"], one["grade"], one["what"]) for one in told["tools"]] == [
        ("get_late_orders", "additive", "now POST /v2/search")
    ]
    assert "POST /orders/search: now POST /v2/search  [get_late_orders]" in place.run("regen", new).output


def changed(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The shop's document after a change, as a file."""
    document = yaml.safe_load(shop.DOCUMENT.read_text())
    change(document)
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(document))
    return file


def test_help(snapshot: SnapshotAssertion) -> None:
    environment = {"COLUMNS": "100", "TERM": "dumb"}
    commands = [[], *([name] for name in ("fetch", "regen", "check", "list", "diff", "scaffold"))]
    texts = [
        CliRunner().invoke(app, [*command, "--help"], prog_name="python -m codegen", env=environment).output
        for command in commands
    ]
    assert "\n".join(texts) == snapshot


def test_regen_writes_everything_and_again_the_same(place: Workplace) -> None:
    before = place.tree()
    assert {Path(name).suffix for name in before} == {".json", ".py", ".typed"}
    again = place.run("regen")
    assert again.exit_code == 0
    assert "7 tools, none changed." in again.output
    assert place.tree() == before
    assert place.run("check").exit_code == 0


@pytest.mark.slow
def test_fetch_pins_without_regenerating(place: Workplace, tmp_path: Path) -> None:
    renamed = changed(tmp_path, lambda document: document["info"].update(version="3"))
    assert "Pinned Shop API 3: 7 operations" in place.run("fetch", renamed).output
    stale = place.run("check")
    assert stale.exit_code == 1
    assert "hbmcp_tools/manifest.json: differs" in stale.output


@pytest.mark.slow
def test_a_new_operation_is_reported_and_only_check_refuses_it(place: Workplace, tmp_path: Path) -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/shop/close"] = {"post": {"responses": {"200": {"description": "Closed"}}}}

    result = place.run("regen", changed(tmp_path, add))
    assert result.exit_code == 0
    assert "POST /shop/close" in result.output
    assert "1 operation is neither curated nor excluded" in result.output
    check = place.run("check")
    assert check.exit_code == 1
    assert "POST /shop/close: neither a tool nor in excluded.toml" in check.output
    skeleton = place.run("scaffold").output
    assert '[tools.create_shop_close]\noperation = "POST /shop/close"' in skeleton


def move(document: dict[str, Any]) -> None:
    document["paths"]["/v2/orders/search"] = document["paths"].pop("/orders/search")


def test_a_vanished_operation_stops_regen_before_anything_is_written(place: Workplace, tmp_path: Path) -> None:
    before = place.tree()
    result = place.run("regen", changed(tmp_path, move))
    assert result.exit_code == 1
    assert (
        "POST /orders/search: loses get_late_orders; the same is POST /v2/orders/search: write "
        '[tools.get_late_orders] also = ["POST /v2/orders/search"]\n'
    ) in result.output
    assert place.tree() == before


def test_what_only_moved_is_a_line_of_the_skeleton(place: Workplace, tmp_path: Path) -> None:
    """Of a document that isn't pinned yet; parameters are called what most tools call them."""

    def change(document: dict[str, Any]) -> None:
        move(document)
        document["paths"]["/refunds"] = {"post": document["paths"]["/orders/"]["post"]}

    orders = place.overrides / "orders.toml"
    text = orders.read_text()
    more = text[text.index("[tools.place_order]") : text.index("[tools.get_late_orders]")].replace(
        "place_order", "rush_order"
    )
    orders.write_text(text + more)
    before = place.tree()
    skeleton = place.run("scaffold", changed(tmp_path, change)).output
    assert place.tree() == before
    line = '# POST /orders/search moved: [tools.get_late_orders] also = ["POST /v2/orders/search"]\n'
    assert skeleton.startswith(line)
    assert "[tools.create_refunds]" in skeleton
    assert 'buyer = { to = "customer", description = "" }\n' in skeleton
    assert "search" not in skeleton.removeprefix(line)


def test_what_took_the_place_of_another_has_its_table(place: Workplace, tmp_path: Path) -> None:
    """Its name, its sentences and what its parameters are called, where more has changed than the path."""

    def change(document: dict[str, Any]) -> None:
        rename(document)
        fields = document["components"]["schemas"]["OrderFilter"]
        fields["properties"]["region"] = {"type": "string"}
        fields["required"] = ["region"]
        del fields["properties"]["limit"]

    skeleton = place.run("scaffold", changed(tmp_path, change)).output
    table = tomllib.loads(skeleton)["tools"]["get_late_orders"]
    was = tomllib.loads((place.overrides / "orders.toml").read_text())["tools"]["get_late_orders"]
    assert table["operation"] == "POST /v2/orders/search"
    assert {key: table[key] for key in was if key not in ("operation", "params")} == {
        key: one for key, one in was.items() if key not in ("operation", "params")
    }
    assert table["params"] == {
        "customer": {"to": "customer_ids", "wrap": "list"},
        "since": {"to": "since_time", "time": "ms"},
        "cursor": {"hidden": True},
        "threshold": {"fixed": 0.1},
    }
    assert "# was POST /orders/search\n" in skeleton
    assert "# limit: the operation takes no limit\n" in skeleton
    assert '# region = { description = "" }\n' in skeleton


def test_it_writes_all_but_what_a_person_must_say(place: Workplace, tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        move(document)
        document["paths"]["/shop/hours"] = {"get": {"responses": {"200": {"description": "Hours"}}}}
        del document["paths"]["/orders/{order_id}"]
        document["paths"]["/moon"] = {"get": {"responses": {"200": {"description": "It"}}}}

    orders, document = place.overrides / "orders.toml", changed(tmp_path, change)
    excluded = place.overrides / "excluded.toml"
    excluded.write_text(f'{excluded.read_text()}"GET /night" = "It is dark."\n')
    comment = "# What is late is looked for.\n"
    orders.write_text(orders.read_text().replace("[tools.get_late_orders]", f"{comment}[tools.get_late_orders]"))
    told = place.run("scaffold", document, "--write")
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert 'overrides/orders.toml: [tools.get_late_orders] also = ["POST /v2/orders/search"]' in lines
    assert "overrides/orders.toml: [removed.cancel_order]" in lines
    assert 'overrides/excluded.toml: "GET /night" is gone: its line is taken away' in lines
    assert list(tomllib.loads(excluded.read_text())["operations"]) == ["GET /"]
    assert "overrides/shop.toml: [tools.get_shop_hours]" in lines
    assert lines[lines.index("# no toolset is likely") + 2] == "[tools.get_moon]"
    assert comment in orders.read_text()
    tables = tomllib.loads(orders.read_text())
    assert tables["tools"]["get_late_orders"]["also"] == ["POST /v2/orders/search"]
    assert "cancel_order" not in tables["tools"]
    assert tables["removed"] == {"cancel_order": {"operation": "DELETE /orders/{order_id}"}}
    empty = place.run("regen", document)
    assert empty.exit_code == 1
    for key in ("risk", "paper", "description"):
        assert f"shop.toml: [tools.get_shop_hours] {key}: " in empty.output
    toolset = place.overrides / "shop.toml"
    said = {
        'risk = ""': 'risk = "read"',
        'paper = ""': 'paper = "it never shuts"',
        'description = ""': 'description = "X."',
    }
    text = toolset.read_text()
    for blank, words in said.items():
        text = text.replace(blank, words)
    toolset.write_text(text)
    assert place.run("regen", document).exit_code == 0
    assert place.run("scaffold", "--write").output.splitlines()[0] == "# no toolset is likely"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (
            lambda text: text.replace("None is late.", "None; see get_lates."),
            "names get_lates, and there is no such tool",
        ),
        (
            lambda text: text.replace('"DELETE /orders/{order_id}"', '"DELETE /orders/{id}/x"'),
            "cancel_order, which isn't",
        ),
    ],
    ids=["no tool", "gone"],
)
def test_a_sentence_names_tools_that_are_there(place: Workplace, change: Callable[[str], str], mistake: str) -> None:
    orders = place.overrides / "orders.toml"
    orders.write_text(change(orders.read_text()))
    check = place.run("check")
    assert check.exit_code == 1
    assert mistake in check.output


def rename(document: dict[str, Any]) -> None:
    """The operation moves, two of its parameters have other names, and there is a new one."""
    move(document)
    fields = document["components"]["schemas"]["OrderFilter"]["properties"]
    fields["customer_ids"], fields["since_time"] = fields.pop("customers"), fields.pop("since")
    fields["colour"] = {"type": "string"}


@pytest.mark.slow
def test_what_it_proposes_for_a_renamed_operation_is_right(place: Workplace, tmp_path: Path) -> None:
    """One tool over two versions of the API, each with its own names."""
    refused = place.run("regen", changed(tmp_path, rename))
    assert refused.exit_code == 1
    where, _, line = refused.output.partition("write [tools.get_late_orders] ")[2].partition("also")
    line = f"also{line.splitlines()[0]}"
    assert not where
    assert line == (
        'also = [{ operation = "POST /v2/orders/search", params.customer = { to = "customer_ids" }, '
        'params.since = { to = "since_time" } }]'
    )
    orders = place.overrides / "orders.toml"
    operation = 'operation = "POST /orders/search"\n'
    orders.write_text(orders.read_text().replace(operation, f"{operation}{line}\n"))
    for document in (changed(tmp_path, rename), shop.DOCUMENT):
        assert place.run("regen", document).exit_code == 0
        assert place.run("check").exit_code == 0
        moved = document != shop.DOCUMENT
        with importing_tools(place.output) as tools:
            request = tools["hbmcp_tools.orders"].get_late_orders(customer="x")
        assert request.path == ("/v2/orders/search" if moved else "/orders/search")
        assert request.json["customer_ids" if moved else "customers"] == ["x"]
        manifest = json.loads((place.output / "hbmcp_tools/manifest.json").read_text())
        (tool,) = (one for one in manifest["tools"] if one["definition"]["name"] == "get_late_orders")
        assert {"customer", "since"} <= tool["definition"]["inputSchema"]["properties"].keys()
        names = {"customers": "customer_ids", "since": "since_time"}
        other = {"operation": "POST /v2/orders/search", "renamed": names}
        if moved:
            other = {"operation": "POST /orders/search", "renamed": {now: was for was, now in names.items()}}
        assert tool["also"] == [other]


def test_a_spelling_that_the_run_time_can_t_send_is_named(place: Workplace) -> None:
    orders = place.overrides / "orders.toml"
    also = [
        '"POST /v2/search"',
        '"GET /v2/search"',
        '{ operation = "POST /v3/search", params.since = { to = "after", time = "s" } }',
        '{ operation = "POST /v4/search", params.since = { to = "filter.since" } }',
    ]
    operation = 'operation = "POST /orders/search"\n'
    orders.write_text(orders.read_text().replace(operation, f"{operation}also = [{', '.join(also)}]\n"))
    assert place.run("regen").exit_code == 0
    check = place.run("check")
    assert check.exit_code == 0
    told = [line.partition("[tools.get_late_orders] also ")[2] for line in check.output.splitlines() if "also" in line]
    assert told == [
        "GET /v2/search, which has another method",
        "POST /v3/search, where since differs in more than its name",
        "POST /v4/search, where since lies deeper",
    ]
    manifest = json.loads((place.output / "hbmcp_tools/manifest.json").read_text())
    (tool,) = (one for one in manifest["tools"] if one["definition"]["name"] == "get_late_orders")
    assert tool["also"] == [{"operation": "POST /v2/search"}]


def test_a_parameter_that_is_taken_if_it_is_there_costs_no_tool(place: Workplace, tmp_path: Path) -> None:
    orders = place.overrides / "orders.toml"
    orders.write_text(orders.read_text().replace('since = { time = "ms" }', 'since = { time = "ms", if_there = true }'))
    assert place.run("regen", changed(tmp_path, lose_since)).exit_code == 0
    manifest = json.loads((place.output / "hbmcp_tools/manifest.json").read_text())
    (tool,) = (one for one in manifest["tools"] if one["definition"]["name"] == "get_late_orders")
    assert "since" not in tool["definition"]["inputSchema"]["properties"]
    with importing_tools(place.output) as tools:
        late = tools["hbmcp_tools.orders"].get_late_orders
        assert "since" not in late(customer="x").json
        with pytest.raises(ValueError, match="this Hummingbot API takes no since here"):
            late(customer="x", since="24h")


def test_drop_goes_on_without_the_vanished(place: Workplace, tmp_path: Path) -> None:
    result = place.run("regen", changed(tmp_path, move), "--drop")
    assert result.exit_code == 0
    assert "removed: get_late_orders" in result.output
    with importing_tools(place.output) as tools, pytest.raises(LookupError, match="get_late_orders isn't there"):
        tools["hbmcp_tools.orders"].get_late_orders(since=0)  # which a workflow that can do without it may name
    manifest = json.loads((place.output / "hbmcp_tools/manifest.json").read_text())
    names = ("get_late_orders", "list_late_orders")
    assert manifest["absent"] == dict.fromkeys(names, "this Hummingbot API has no POST /orders/search")


def test_a_removed_tool_that_a_workflow_can_do_without_costs_no_code(place: Workplace) -> None:
    orders = place.overrides / "orders.toml"
    more = '[removed.list_stock]\noperation = "GET /stock"\n' + WORKFLOW + 'uses_if_there = ["list_stock"]\n'
    orders.write_text(f"{orders.read_text()}\n{more}")
    assert place.run("regen").exit_code == 0
    with importing_tools(place.output) as tools, pytest.raises(LookupError, match="list_stock isn't there"):
        tools["hbmcp_tools.orders"].list_stock(since=0)
    manifest = json.loads((place.output / "hbmcp_tools/manifest.json").read_text())
    assert (manifest["absent"], manifest["removed"]) == (
        {"list_stock": "this Hummingbot API has no GET /stock"},
        {"list_stock": {}},
    )


WORKFLOW = """
[workflows.order_all]
title = "Order all"
risk = "read"
description = "Says which orders are late."
uses = ["get_late_orders"]
"""


def lose_since(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["OrderFilter"]["properties"]["since"]


def test_all_that_would_be_lost_is_named_by_its_cause(place: Workplace, tmp_path: Path) -> None:
    def lose_both(document: dict[str, Any]) -> None:
        lose_since(document)
        del document["paths"]["/shop/open"], document["paths"]["/"]

    orders = place.overrides / "orders.toml"
    orders.write_text(orders.read_text() + WORKFLOW)
    refused = place.run("regen", changed(tmp_path, lose_both))
    assert refused.exit_code == 1
    for line in (
        "  POST /shop/open: loses open_shop",
        "  GET /: is in excluded.toml",
        "POST /orders/search has no parameter 'since': loses get_late_orders, order_all",
        "3 tools would be lost. Correct the overrides, or go on without: `make regen DROP=1`, or --drop.",
    ):
        assert f"{line}\n" in refused.output, refused.output
    dropped = place.run("regen", changed(tmp_path, lose_both), "--drop")
    assert "dropped get_late_orders, order_all: POST /orders/search has no parameter 'since'" in dropped.output
    assert "removed: get_late_orders, open_shop\n" in dropped.output  # order_all wasn't there before
    manifest = json.loads((place.output / "hbmcp_tools/manifest.json").read_text())
    assert not {"order_all", "get_late_orders"} & {tool["definition"]["name"] for tool in manifest["tools"]}
    assert manifest["absent"]["order_all"] == "POST /orders/search has no parameter 'since'"


def test_what_no_tool_has_stops_nothing_and_is_excluded_where_it_is_now(place: Workplace, tmp_path: Path) -> None:
    file = place.overrides / "excluded.toml"
    file.write_text(file.read_text().replace('"GET /"', '"GET /info"'))
    old = changed(tmp_path, lambda document: document["paths"].update({"/info": document["paths"].pop("/")}))
    assert place.run("regen", old).exit_code == 0
    new = changed(tmp_path, lambda document: document["paths"].update({"/v2/info": document["paths"].pop("/")}))
    skeleton = place.run("scaffold", new).output
    assert '# excluded.toml\n\n"GET /v2/info" = "Says nothing."\n' in skeleton
    assert "[tools." not in skeleton
    before = file.read_text()
    assert place.run("scaffold", new, "--write").exit_code == 0
    assert file.read_text() == before.replace('"GET /info"', '"GET /v2/info"')
    file.write_text(before)
    regen = place.run("regen", new)
    assert regen.exit_code == 0, regen.output
    assert "gone: GET /info: is in excluded.toml; now perhaps GET /v2/info?\n" in regen.output


def test_what_is_named_as_lost_is_what_is_lost() -> None:
    """For each operation of the real curation."""
    curated = curation.read(OVERRIDES)

    def names(of: curation.Curation) -> set[str]:
        return {name for tables in (*of.tools.values(), *of.workflows.values()) for name in tables}

    for key, tools in dependents(curated).items():
        assert set(tools) == names(curated) - names(curated.without([key])), key
        assert len(set(tools)) == len(tools)


def test_a_vanished_parameter_stops_regen_too_and_drop_goes_on(place: Workplace, tmp_path: Path) -> None:
    before = place.tree()
    refused = place.run("regen", changed(tmp_path, lose_since))
    assert refused.exit_code == 1
    assert "[tools.get_late_orders.params] since: POST /orders/search has no parameter 'since'" in refused.output
    assert place.tree() == before
    dropped = place.run("regen", changed(tmp_path, lose_since), "--drop")
    assert dropped.exit_code == 0
    assert "dropped get_late_orders: POST /orders/search has no parameter 'since'" in dropped.output
    assert "removed: get_late_orders" in dropped.output


@pytest.mark.parametrize("failing", ["write", "prove"])
def test_a_failure_leaves_contract_and_code_as_they_were(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object) -> None:
        raise render.RenderError("No space left on device")

    before = place.tree()
    monkeypatch.setattr(render, failing, fail)
    result = place.run("regen", changed(tmp_path, lambda document: document["info"].update(version="3")))
    assert result.exit_code == 1
    assert "No space left on device" in result.output
    assert place.tree() == before


def test_a_full_disk_leaves_everything_as_it_was(place: Workplace, tmp_path: Path) -> None:
    """A limit on the size of files makes the system refuse to write, as a full disk does."""
    before = place.tree()
    command = [sys.executable, "-m", "codegen", "regen", str(shop.DOCUMENT), "--contract", str(place.contract)]
    command += ["--overrides", str(place.overrides), "--output", str(place.output)]
    limited = f"ulimit -f 4; exec {shlex.join(command)}"
    done = subprocess.run(["bash", "-c", limited], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr
    assert place.tree() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["generated", "overrides", "pinned.json"]


def test_check_says_all_mistakes_at_once(place: Workplace) -> None:
    orders = place.overrides / "orders.toml"
    orders.write_text(orders.read_text().replace("buyer =", "bayer =").replace('"customer"', '"costumer"'))
    (place.overrides / "excluded.toml").write_text('[operations]\n"GET /x" = "Gone."')
    result = place.run("check")
    assert result.exit_code == 1
    for mistake in (
        "[tools.place_order.params] bayer: POST /orders/ has no parameter 'costumer'; did you mean customer?",
        "excluded.toml: [operations] GET /x: the contract has no such operation",
        "overrides: GET /: neither a tool nor in excluded.toml",
        "[tools.place_order.effect] account: the tool has no parameter 'buyer'",
        "4 mistakes",
    ):
        assert mistake in result.output


def test_a_file_that_is_not_toml_is_told_alone(place: Workplace) -> None:
    orders = place.overrides / "orders.toml"
    orders.write_text(f"{orders.read_text()}\n[tools")
    for command, end in (
        ("check", "1 mistake."),
        ("regen", "1 mistake; nothing was written."),
        ("scaffold", "1 mistake."),
    ):
        told = place.run(command)
        assert told.exit_code == 1
        assert told.output.splitlines()[-2].startswith("orders.toml: not TOML: ")
        assert told.output.splitlines()[-1] == end


def test_list_shows_every_operation(place: Workplace) -> None:
    lines = place.run("list").output.splitlines()
    assert any("PUT /shop/settings" in line and "set_currency" in line and "write" in line for line in lines)
    assert any("GET /" in line and "excluded: Says nothing." in line for line in lines)


def test_diff_names_the_tools_touched(place: Workplace, tmp_path: Path) -> None:
    def require(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["OrderRequest"]["required"].append("price")

    output = place.run("diff", shop.DOCUMENT, changed(tmp_path, require)).output
    assert "POST /orders/" in output
    assert "place_order" in output
    assert "price" in output


@pytest.mark.parametrize("source", ["nowhere.json", "http://127.0.0.1:9/openapi.json"])
def test_a_source_that_is_not_there(place: Workplace, source: str) -> None:
    before = place.tree()
    result = place.run("regen", source)
    assert result.exit_code == 1
    assert source in result.output
    assert "Traceback" not in result.output
    assert place.tree() == before


@pytest.mark.slow
def test_lists_that_cost_too_much_and_figures_that_are_wrong_are_named(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    page.write_text("There are 1 tools, and so on, with `--tools all`.\n\n| tools listed | 2 | 1 |\n")
    stale = place.run("check")
    assert stale.exit_code == 1
    assert "README.md: its figures aren't those of the tools: run `make regen`." in stale.output
    monkeypatch.setattr("codegen.listing.CEILINGS", {"by default": 100})
    longer = re.compile(
        r"overrides: the tools offered by default: cost (\d+) tokens, (\d+) more than the 100 that they may\. "
        r"(Since the last commit: .*\. )?By toolset: \w+ \d+.* Say it shorter.* or `because = \"why few need it\"`"
    )
    regen = place.run("regen")
    assert regen.exit_code == 0
    assert "All of it is written. What `make check` won't pass yet:" in regen.output
    assert page.read_text().startswith("There are 7 tools, 7 of one operation each and 0 workflows: ")
    assert "| tools listed | 7 (3 by default) | 1 |" in page.read_text()
    for told in (regen, place.run("check")):
        (found,) = longer.findall(told.output)
        assert int(found[0]) - int(found[1]) == 100
        assert not found[2]
    assert "nothing was written" not in told.output
    monkeypatch.undo()
    assert place.run("check").exit_code == 0


@pytest.mark.slow
def test_a_list_that_costs_too_much_is_told_with_what_the_change_added(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "README.md").write_text("There are 1 tools, and so on, with `--tools all`.\n")
    place.run("regen")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr("codegen.listing.CEILINGS", {"by default": 100})
    assert "Since the last commit" not in place.run("check").output
    file = place.overrides / "orders.toml"
    file.write_text(file.read_text().replace('title = "Place order"', 'title = "Place one order"'))
    assert "Since the last commit: place_order (orders) +1. By toolset: " in place.run("regen").output
