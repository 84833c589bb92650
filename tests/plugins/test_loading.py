"""Which plugins are loaded, what is said of those that can't be, and what of them is offered."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from hbmcp import settings
from hbmcp.access.holder import Rights, allowed
from hbmcp.catalog import PLUGINS, Catalog
from hbmcp.errors import UnknownTool
from hbmcp.plugins.loading import catalog
from hbmcp.policy.model import Policy
from hbmcp.policy.offered import narrowed
from hbmcp.settings import Settings
from tests.conftest import environment, hbmcp
from tests.plugins.written import HEAD, catalog_with, plugin

LINES = HEAD.count("\n")  # before the first of a plugin

GOOD = '''
@mcp.tool(reads=True)
async def get_answer() -> str:
    """The answer."""
    return "42"
'''
DOES = '''
@mcp.tool()
async def note_down(words: str) -> str:
    """Note something down.

    A model isn't shown this.
    """
    return words
'''


def tool(signature: str, decorator: str = "@mcp.tool(reads=True)", doc: str = '"""Does."""') -> str:
    return f"{decorator}\n{signature}:\n    {doc}\n"


BAD = {
    "def broken(:\n": f"isn't loaded: SyntaxError in my_tools.py, line {LINES + 1}: ",
    "import no_such_module\n": f"isn't loaded: ModuleNotFoundError in my_tools.py, line {LINES + 1}: No module named",
    "def f():\n    raise SystemExit('no')\nf()\n": f"isn't loaded: SystemExit in my_tools.py, line {LINES + 2}: no",
    "x = 1\n": "has no tool: put @mcp.tool() on one",
    tool("async def f()", "@mcp.tool(reads=True, effect='opens')"): "a tool that reads has no effect",
    tool("async def f()", "@mcp.tool(effect='wins')"): "there is no effect 'wins'; there are opens, ",
    tool("async def f()", "@mcp.tool(effect='secret')"): "neither takes nor shows credentials",
    tool("async def f()", "@mcp.tool(timeout=0)"): "above 0 and at most 3600",
    tool("async def f()", "@mcp.tool"): f"f (my_tools.py, line {LINES + 1}) that isn't offered: write @mcp.tool()",
    tool("async def f()", "@mcp.tool('f')"): "write @mcp.tool() above it",
    tool("async def f()", "@mcp.tool(read=True)"): "takes reads, effect and timeout, and no read",
    tool("async def f()", "@mcp.tool(timeout='1 h')"): "above 0 and at most 3600",
    tool("async def f()", "@mcp.tool(effect='opens')"): "declare -> Plan where it returns one",
    tool("def f()"): f"has a tool f (my_tools.py, line {LINES + 1}) that isn't offered: it must be an `async def`.",
    "from functools import partial\nasync def f(x): ...\nmcp.tool()(partial(f, 1))\n": "it must be an `async def`",
    "raise BaseExceptionGroup('two', [SystemExit(), SystemExit()])\n": "isn't loaded: BaseExceptionGroup",
    tool("async def F()"): "small letters",
    tool("async def f()", doc="pass"): "it has no docstring",
    tool("async def f(x)"): "its parameter x has no type",
    tool("async def f(*x: str)"): "its parameter x must be one that can be given by its name",
    tool("async def f(x: str, /)"): "its parameter x must be one that can be given by its name",
    tool("async def f(preview: bool)"): "its parameter preview can't be called so: hbmcp itself takes",
    tool("async def f(größe: int)"): "ASCII letters",
    tool("async def f(x: 'Missing')"): "its types can't be read: name 'Missing' is not defined",
    tool("async def f(x: asyncio.Lock)"): "its types can't be arguments: ",
    "class M(BaseModel):\n    größe: int\n" + tool("async def f(x: M)"): 'not every client takes an argument "größe"',
    tool("async def f(Again: bool)"): "its parameter Again can't be called so: hbmcp itself takes",
    tool("async def f(installation: str)"): "its parameter installation can't be called so: hbmcp itself takes",
    tool("async def f(Installation: str = '')"): "its parameter Installation can't be called so: hbmcp itself takes",
    tool("async def find_tools()"): "there is a tool of that name, which is hbmcp's own",
    tool("async def call_tool()"): "there is a tool of that name, which is hbmcp's own",
    tool("async def call_read_tool()"): "there is a tool of that name, which is hbmcp's own",
    tool("async def enable_toolset()"): "there is a tool of that name, which is hbmcp's own",
    tool("async def get_status()"): "there is a tool of that name, which is hbmcp's own",
    tool("async def list_accounts()"): "there is a tool of that name",
}


@pytest.mark.parametrize("source", BAD)
def test_what_can_t_be_offered_is_told_and_stops_nothing(
    source: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = plugin(tmp_path, source)
    found = catalog_with(bad, plugin(tmp_path, GOOD, "good.py"))
    (remark,) = found.remarks
    assert remark.startswith("The plugin my_tools.py ")
    assert BAD[source] in remark
    assert remark in caplog.text
    assert found.tools.keys() - Catalog.load().tools.keys() == {"get_answer"}
    assert found.tools["get_status"].toolset == "system"


@pytest.mark.parametrize("decorator", ["@mcp.tool", "@mcp.tool(reads=True, effect='opens')", "@mcp.tool(effect='x')"])
def test_one_that_is_declared_wrongly_takes_no_other_with_it(decorator: str, tmp_path: Path) -> None:
    found = catalog_with(plugin(tmp_path, tool("async def f()", decorator) + GOOD))
    assert found.tools.keys() - Catalog.load().tools.keys() == {"get_answer"}
    assert len(found.remarks) == 1


def test_what_was_renamed_or_removed_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    manifest["tools"][0]["aliases"] = ["old_name"]
    manifest |= {"removed": {"gone_tool": {}}, "absent": {"lacking_tool": "the API hasn't it"}}
    monkeypatch.setattr(Catalog, "load", lambda: Catalog(manifest))
    taken = ("old_name", "gone_tool", "lacking_tool")
    file = plugin(tmp_path, "".join(tool(f"async def {name}()") for name in taken))
    remarks = catalog_with(file).remarks
    assert [name in remark and "there is a tool" in remark for name, remark in zip(taken, remarks, strict=True)] == [
        True
    ] * 3


def test_of_two_tools_of_one_name_the_first_counts(tmp_path: Path) -> None:
    found = catalog_with(plugin(tmp_path, GOOD), plugin(tmp_path, GOOD, "other.py"))
    assert [
        "other.py" in one and "there is a tool of that name, which is another plugin's" in one for one in found.remarks
    ] == [True]


@pytest.mark.parametrize(("name", "why"), [("gone.py", "there is no such file"), ("tools.txt", "must end in .py")])
def test_a_file_that_is_no_module(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "tools.txt").write_text(GOOD)
    (remark,) = catalog_with(tmp_path / name).remarks
    assert name in remark
    assert why in remark


def test_nothing_is_printed_where_a_client_reads(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = "import os, subprocess\nprint('one')\nsubprocess.run(['echo', 'two'])\nos.write(1, b'three')\n"
    catalog_with(plugin(tmp_path, source + GOOD))
    print("after")
    said = capfd.readouterr()
    assert said.out == "after\n"
    assert all(word in said.err for word in ("one", "two", "three"))


def test_a_module_can_hold_whatever_python_can(tmp_path: Path) -> None:
    source = """
        from dataclasses import dataclass

        @dataclass
        class Note:
            words: str

        @mcp.tool(reads=True)
        async def get_note(note: Note, legs: "list[Leg] | None" = None) -> Note:
            "A note."
            return note

        class Leg(BaseModel):
            pair: str
    """
    found = catalog_with(plugin(tmp_path, source))
    assert found.remarks == []
    legs = found.tools["get_note"].schema["properties"]["legs"]
    assert legs["items"]["properties"] == {"pair": {"type": "string"}}


def test_a_package_brings_tools_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours_1.dist-info").mkdir()
    (tmp_path / "ours_1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1\n")
    (tmp_path / "ours_1.dist-info/entry_points.txt").write_text("[hbmcp.tools]\nours = ours_tools\nlost = ours_lost\n")
    plugin(tmp_path, GOOD + DOES, "ours_tools.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = catalog(Settings.model_construct())
    assert found.tools["get_answer"].toolset == PLUGINS
    (remark,) = found.remarks
    assert remark.startswith("The plugin lost (ours_lost) isn't loaded: ModuleNotFoundError")
    # Installing isn't asking: what may do anything has to be named.
    assert "note_down" not in names(found)
    assert "note_down" in names(found, tools=["note_down"])
    assert "note_down" in names(found, toolsets=[PLUGINS])
    assert "get_answer" in names(found)


def names(found: Catalog, policy: Policy | None = None, **choice: object) -> set[str]:
    offer = narrowed(found.choose(**choice), policy or Policy())  # type: ignore[arg-type]
    return {tool.name for tool in offer.tools if tool.toolset == PLUGINS}


def test_who_names_a_plugin_asks_for_its_tools(tmp_path: Path) -> None:
    found = catalog_with(plugin(tmp_path, GOOD + DOES))
    both = {"get_answer", "note_down"}
    assert names(found) == names(found, toolsets=["trading"]) == names(found, tools=["get_ticker"]) == both
    assert names(found, exclude=["get_answer"]) == {"note_down"}


def test_only_what_says_that_it_reads_is_for_a_read_only_server(tmp_path: Path) -> None:
    found = catalog_with(plugin(tmp_path, GOOD + DOES))
    for choice in ({}, {"tools": ["all", "note_down"]}, {"toolsets": [PLUGINS]}):
        assert names(found, read_only=True, **choice) == {"get_answer"}
    with pytest.raises(UnknownTool, match="this server is read-only"):
        found.choose(read_only=True).find("note_down")


def test_a_token_can_be_for_them(tmp_path: Path) -> None:
    offer = catalog_with(plugin(tmp_path, GOOD + DOES)).choose()
    none: frozenset[str] = frozenset()
    for rights, left in (
        (Rights(acts=frozenset({PLUGINS})), {"get_answer", "note_down"}),
        (Rights(acts=none, reads=frozenset({PLUGINS})), {"get_answer"}),
        (Rights(acts=frozenset({"trading"})), set()),
    ):
        found = allowed(rights, offer, Policy()).offer.tools
        assert {one.name for one in found if one.toolset == PLUGINS} == left


def test_a_definition_says_what_the_function_says(tmp_path: Path) -> None:
    found = catalog_with(plugin(tmp_path, GOOD + DOES))
    assert found.tools["get_answer"].definition == {
        "name": "get_answer",
        "description": "The answer.",
        "inputSchema": {"type": "object", "properties": {}},
        "annotations": {"title": "Get answer", "readOnlyHint": True},
    }
    assert found.tools["note_down"].definition == {
        "name": "note_down",
        "description": "Note something down.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "words": {"type": "string"},
                "preview": {"type": "boolean"},
                "again": {"type": "boolean"},
            },
            "required": ["words"],
        },
        "annotations": {"title": "Note down"},
    }


def test_hbmcp_tools_counts_them(tmp_path: Path) -> None:
    file = plugin(tmp_path, GOOD)
    said = hbmcp("tools", "--plugin", str(file), "--tools", "get_ticker", env=environment(), cwd=tmp_path).stdout
    assert "get_answer" in said
    assert "plugins" in said
    assert "2 of" in said


def test_two_files_of_one_name_are_two_plugins(tmp_path: Path) -> None:
    for number, folder in enumerate((tmp_path / "one", tmp_path / "two")):
        folder.mkdir()
        source = f"class Leg(BaseModel):\n    pair{number}: 'Text'\n" + tool(f"async def get_{number}(leg: Leg)")
        plugin(folder, f"{source}\nText = str\n")
    found = catalog_with(tmp_path / "one/my_tools.py", tmp_path / "two/my_tools.py")
    assert found.remarks == []
    assert [list(found.tools[f"get_{n}"].schema["properties"]["leg"]["properties"]) for n in (0, 1)] == [
        ["pair0"],
        ["pair1"],
    ]


def test_a_file_beside_where_it_starts_is_nobody_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HBMCP_PLUGINS names is run, so a .env that nobody named can't say it."""
    plugin(tmp_path, GOOD)
    (tmp_path / ".env").write_text("HBMCP_PLUGINS=my_tools.py\n")
    monkeypatch.chdir(tmp_path)
    told = settings.load()
    assert told.plugins == ()
    assert any("HBMCP_PLUGINS" in remark for remark in told.remarks)
    assert catalog(told).tools.keys() == Catalog.load().tools.keys()
    named = settings.load(env_file_path=".env")
    assert named.plugins == (str(tmp_path / "my_tools.py"),)
    assert "get_answer" in catalog(named).tools
