"""Who may import whom, and why."""

import ast
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from hbmcp.catalog import Catalog
from hbmcp.services import OTHERS
from tests.conftest import ROOT

STANDARD = {*sys.stdlib_module_names, "typing_extensions"}

# The rooms of hbmcp.installation from the ground up: each knows only those on the floors below it.
FLOORS = (
    {"answer_fields", "fresh_checks", "place_filter", "planned_request"},
    {"installation"},
    {"plan"},
    {"deletion", "source_code"},
    {"balances", "levels", "connections", "heard_bots", "scripts", "gateway", "json_api"},
    {"fills"},
    {"markets", "controllers", "status", "dex"},
    {"positions", "bots"},
    {"reduce_only"},
    {"orders", "portfolio", "position_history", "funding"},
    {"closing", "performance", "executors", "keys"},
    {"triggers"},
)
# The rooms of hbmcp.paper likewise; errors are what all of them refuse with.
PAPER_FLOORS = (
    {"errors", "money", "gateway"},
    {"market"},
    {"exchange", "start_balances"},
    {"executors", "preflight"},
    {"shipped"},
    {"api"},
    {"start"},
)
# And the modules of hbmcp.bridge: what a call is and comes to, a tool, what is done with it, and the door.
BRIDGE_FLOORS = (
    {"incoming", "outcome", "progress"},
    {"prepared"},
    {"operations", "foresight", "acting"},
    {"bridge"},
)


class Import(NamedTuple):
    """`module` imports `name`, when it is itself imported or, if not `at_once`, when something is done."""

    module: str
    name: str
    at_once: bool


@cache
def imports(root: str, package: str) -> tuple[Import, ...]:
    """Every absolute import in a package that lies under a folder of the repository."""
    folder = ROOT / root / package.replace(".", "/")
    found: list[Import] = []
    for file in sorted(folder.rglob("*.py")):
        module = ".".join(file.relative_to(ROOT / root).with_suffix("").parts).removesuffix(".__init__")
        found += (Import(module, name, at_once) for name, at_once in _imported(file))
    return tuple(found)


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def _imported(file: Path) -> tuple[tuple[str, bool], ...]:
    """What a file imports, and whether at once."""
    found: list[tuple[str, bool]] = []

    def visit(node: ast.AST, at_once: bool) -> None:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.extend((f"{node.module}.{alias.name}", at_once) for alias in node.names)
        elif isinstance(node, ast.Import):
            found.extend((alias.name, at_once) for alias in node.names)
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case | ast.Module):  # no expression imports
            for child in ast.iter_child_nodes(node):
                visit(child, at_once and not _is_later(node))

    visit(parsed(file), True)
    return tuple(found)


def _is_later(node: ast.AST) -> bool:
    checked = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return checked or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def foreign(root: str, package: str, *allowed: str) -> list[Import]:
    found = [one for one in imports(root, package) if one.name.split(".")[0] not in STANDARD]
    return [one for one in found if not within(one.name, *allowed)]


def test_the_typed_client_knows_only_httpx_and_attrs() -> None:
    assert not foreign("generated", "hummingbot_api", "hummingbot_api", "httpx", "attrs")


def test_the_client_of_a_service_knows_only_what_all_clients_share() -> None:
    shared = [f"hummingbot_api.{name}" for name in ("absent", "decode", "encode", "exact_json", "request")]
    for name in OTHERS:
        assert not foreign("generated", f"{name}_api", f"{name}_api", "attrs", *shared)


def test_the_tools_know_the_clients_and_one_small_module_of_hbmcp() -> None:
    clients = [f"{name}_api" for name in OTHERS]
    assert not foreign("generated", "hbmcp_tools", "hummingbot_api", "hbmcp.times", *clients)


@pytest.mark.parametrize(("root", "package", "other"), [(".", "codegen", "hbmcp"), ("src", "hbmcp", "codegen")])
def test_generator_and_run_time_never_meet(root: str, package: str, other: str) -> None:
    assert not [one for one in imports(root, package) if within(one.name, other)]


UPSTAIRS = ("hbmcp.workflows", "hbmcp.bridge", "hbmcp.api", "hbmcp.server", "hbmcp.cli", "hbmcp.paper")


def test_an_installation_is_given_what_it_asks_with() -> None:
    """So that a tool, a trigger, a resource or a plugin can have it, each with what it may use, on paper or not."""
    assert not [one for one in imports("src", "hbmcp.installation") if within(one.name, *UPSTAIRS)]


def test_policy_judges_what_it_is_shown() -> None:
    """A plan, whoever made it; and nothing that plans knows how it is judged."""
    above = ("hbmcp.workflows", "hbmcp.bridge", "hbmcp.api", "hbmcp.server", "hbmcp.cli", "hbmcp.paper")
    assert not [one for one in imports("src", "hbmcp.policy") if within(one.name, *above)]
    below = ("hbmcp.installation", "hbmcp.workflows", "hbmcp.store", "hbmcp.api", "hbmcp.paper")
    assert not [
        one for one in imports("src", "hbmcp") if within(one.module, *below) and within(one.name, "hbmcp.policy")
    ]


def test_only_what_runs_it_knows_the_watch() -> None:
    """It calls the bridge, as a client does; a call never waits for it."""
    runs = ("hbmcp.watch", "hbmcp.background", "hbmcp.server", "hbmcp.cli")
    assert not [
        one for one in imports("src", "hbmcp") if within(one.name, "hbmcp.watch") and not within(one.module, *runs)
    ]
    assert not [one for one in imports("src", "hbmcp.watch") if within(one.name, "hbmcp.server", "hbmcp.cli")]


def test_only_what_is_reached_over_http_knows_access_tokens() -> None:
    """A call is judged by the tools and the policy that it is let have, whoever lets it and for what. The watch asks
    whether the token stands with which a trigger was armed."""
    users = ("hbmcp.access", "hbmcp.server", "hbmcp.cli", "hbmcp.approving", "hbmcp.watch")
    wrong = [
        one for one in imports("src", "hbmcp") if within(one.name, "hbmcp.access") and not within(one.module, *users)
    ]
    assert not wrong
    assert not [one for one in imports("src", "hbmcp.access") if within(one.name, "hbmcp.bridge", "hbmcp.server")]


def test_only_what_runs_it_carries_out_what_was_approved() -> None:
    """It calls the bridge, as a client does; a call never waits for it."""
    runs = ("hbmcp.approving", "hbmcp.background", "hbmcp.server", "hbmcp.cli")
    assert not [
        one for one in imports("src", "hbmcp") if within(one.name, "hbmcp.approving") and not within(one.module, *runs)
    ]
    assert not [one for one in imports("src", "hbmcp.approving") if within(one.name, "hbmcp.server", "hbmcp.cli")]


def test_only_a_server_offers_what_people_pick_and_type() -> None:
    """A client's user is at its other end. What can be picked is known of the tools alone, so that listing it asks
    nothing; a call needs none of it."""
    rooms = ("hbmcp.prompts", "hbmcp.resources", "hbmcp.completion")
    found = list(imports("src", "hbmcp"))
    assert not [one for one in found if within(one.name, *rooms) and not within(one.module, *rooms, "hbmcp.server")]
    below = ("hbmcp.installation", "hbmcp.policy", "hbmcp.store", *UPSTAIRS)
    assert not [one for one in found if within(one.module, *rooms[:2]) and within(one.name, *below)]
    assert not [one for one in found if within(one.module, rooms[2]) and within(one.name, "hbmcp.server", "hbmcp.cli")]


def test_only_what_lists_tools_loads_plugins() -> None:
    """They are tools of the catalog like others; the bridge runs what stands there. What loads them brings what a call
    needs only once there is one."""
    found = list(imports("src", "hbmcp"))
    users = {one.module for one in found if within(one.name, "hbmcp.plugins")}
    assert not [one for one in users if not within(one, "hbmcp.plugins", "hbmcp.cli")]
    light = ("hbmcp.plugins", "hbmcp.plugins.registry", "hbmcp.plugins.loading")
    below = ("hbmcp.installation", "hbmcp.results", "hbmcp.bridge", "hbmcp.policy", "mcp", "hbmcp.plugins.tool")
    assert not [one for one in found if one.at_once and one.module in light and within(one.name, *below)]


def test_only_a_person_connects_an_exchange() -> None:
    """At a terminal or on a page that a server has open: no tool sees the keys on their way."""
    users = ("hbmcp.connecting", "hbmcp.server.key_pages", "hbmcp.cli.connect")
    found = [one for one in imports("src", "hbmcp") if within(one.name, "hbmcp.connecting")]
    assert not [one for one in found if not within(one.module, *users)]
    assert not [one for one in imports("src", "hbmcp.connecting") if within(one.name, "hbmcp.server", "hbmcp.cli")]


def test_the_store_knows_nothing_of_what_is_kept_in_it() -> None:
    """It is asked from every floor; what it knew of one it would drag into all."""
    above = (*UPSTAIRS, "hbmcp.installation")
    assert not [one for one in imports("src", "hbmcp.store") if within(one.name, *above)]


def test_a_tool_imports_no_tool() -> None:
    """What two tools need is the installation's, where whatever isn't a tool finds it too."""
    workflows = [one for one in imports("src", "hbmcp.workflows") if within(one.name, "hbmcp.workflows")]
    assert not workflows


def test_workflows_hold_tools_and_nothing_else() -> None:
    """The bridge looks a tool up by its name: TOOLSET/TOOL.py has the function TOOL, and no other that is public."""
    for file in (ROOT / "src/hbmcp/workflows").rglob("*.py"):
        body = parsed(file).body
        public = [one.name for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
        public = [name for name in public if not name.startswith("_")]
        assert public == ([] if file.name == "__init__.py" else [file.stem]), file


@pytest.mark.parametrize(
    ("package", "floors"),
    [("hbmcp.installation", FLOORS), ("hbmcp.bridge", BRIDGE_FLOORS), ("hbmcp.paper", PAPER_FLOORS)],
)
def test_no_import_runs_up_the_floors(package: str, floors: tuple[set[str], ...]) -> None:
    """Whoever reads a room needs to know only what is below it; and there can be no circle."""
    floor = {room: number for number, rooms in enumerate(floors) for room in rooms}
    wrong = []
    for one in imports("src", package):
        room, _, _ = one.module.removeprefix(package).lstrip(".").partition(".")
        if not room or not within(one.name, package) or one.name == package:
            continue
        other = one.name.removeprefix(f"{package}.").partition(".")[0]
        if room != other and floor[room] <= floor[other]:
            wrong.append(one)
    assert not wrong


def test_the_paper_exchange_is_imported_only_when_it_is_used() -> None:
    """It brings numpy and SQLite, and the bridge can't tell it from the real API."""
    outside = [one for one in imports("src", "hbmcp") if not within(one.module, "hbmcp.paper")]
    users = {one.module for one in outside if within(one.name, "hbmcp.paper")}
    assert users == {"hbmcp.api.connection", "hbmcp.cli.opening", "hbmcp.cli.paper"}
    assert not [one for one in outside if within(one.name, "hbmcp.paper") and one.at_once]


def test_a_call_needs_what_a_listing_does_not() -> None:
    """Starting the server imports what listing needs; the bridge, and all under it, at the first call."""
    heavy = ("hbmcp.bridge", "hbmcp.api", "hbmcp.installation", "hbmcp.workflows", "hbmcp.store", "hbmcp.results")
    light = {"hbmcp.server", "hbmcp.catalog", "hbmcp.settings", "hbmcp.log", "hbmcp.cli", "hbmcp.identity"}
    heavy = (*heavy, "hbmcp.prompts", "hbmcp.completion", "hbmcp.resources", "hbmcp.discovery", "hbmcp.background")
    first_call = (
        *("hbmcp.server.elicitation", "hbmcp.server.key_pages", "hbmcp.server.discovery"),
        *("hbmcp.server.prompts", "hbmcp.server.completing"),
        *("hbmcp.server.resources", "hbmcp.server.placed_resources", "hbmcp.server.subscriptions"),
    )
    at_once = [one for one in imports("src", "hbmcp") if one.at_once and within(one.module, *light)]
    found = [one for one in at_once if not within(one.module, *first_call)]
    assert not [one for one in found if within(one.name, *heavy, *first_call)]


def test_all_errors_stand_on_nothing() -> None:
    """Every room raises them."""
    assert not [one for one in foreign("src", "hbmcp.errors") if one.module == "hbmcp.errors.hierarchy"]
    assert not [one for one in imports("src", "hbmcp.errors") if within(one.name, "hbmcp.installation", *UPSTAIRS)]


def test_nothing_calls_the_command_line() -> None:
    users = {one.module for one in imports("src", "hbmcp") if within(one.name, "hbmcp.cli")}
    assert not [module for module in users if not within(module, "hbmcp.cli", "hbmcp.__main__")]


def test_what_is_no_read_stands_in_a_plan() -> None:
    """Nothing is asked that isn't a read: its function is what a PlannedRequest is made with, and nowhere else."""
    tools, absent = Catalog.load().tools, Catalog.load().absent
    wrong = []
    for room in ("workflows", "installation", "policy"):
        for file in sorted((ROOT / "src/hbmcp" / room).rglob("*.py")):
            tree = parsed(file)
            imported = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and one.module]
            modules = {
                alias.asname or alias.name for one in imported if one.module == "hbmcp_tools" for alias in one.names
            }
            wrong += [
                f"{file.name}: imports a function of {one.module}"
                for one in imported
                if within(str(one.module), "hbmcp_tools") and one.module != "hbmcp_tools"
            ]
            planned = {
                id(argument)
                for call in ast.walk(tree)
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "PlannedRequest.of"
                for argument in call.args
            }
            wrong += [
                f"{file.name}:{node.lineno}: {ast.unparse(node)}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules
                if node.attr not in absent and (id(node) in planned) == tools[node.attr].reads
            ]
    assert not wrong
