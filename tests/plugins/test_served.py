"""Plugins in a real server, whose stdout carries the protocol and nothing else."""

import json
import re
from pathlib import Path

import pytest

from hbmcp.plugins.loading import catalog
from hbmcp.settings import Settings
from tests.conftest import ROOT, environment, hbmcp
from tests.plugins.written import plugin
from tests.stdio_server import StdioServer

REBALANCE = ROOT / "examples/rebalance.py"
ON = {"connector_name": "binance", "trading_pair": "BTC-USDT"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    paper = {"HBMCP_PAPER": "true", "HBMCP_PAPER_DB": str(tmp_path / "paper.sqlite")}
    return environment(HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}", **paper)


def share(text: str) -> float:
    """BTC's, of BTC and USDT together."""
    percents = dict(re.findall(r"^([A-Z]+) ([\d.]+)$", text, re.MULTILINE))
    bitcoin, dollars = float(percents["BTC"]), float(percents["USDT"])
    return 100 * bitcoin / (bitcoin + dollars)


def test_the_example_rebalances(env: dict[str, str], tmp_path: Path) -> None:
    with StdioServer("--plugin", str(REBALANCE), env=env, cwd=tmp_path) as server:
        tools = server.tools()
        assert tools["get_allocation"]["annotations"]["readOnlyHint"] is True
        assert set(tools["rebalance"]["inputSchema"]["required"]) == {*ON, "target_percent"}
        before, _ = server.call("get_allocation", connector_name="binance")
        shown, failed = server.call("rebalance", **ON, target_percent=60, preview=True)
        assert not failed, shown
        assert "would_place" in shown
        looked, _ = server.call("get_allocation", connector_name="binance")
        assert abs(share(looked) - share(before)) < 1
        done, failed = server.call("rebalance", **ON, target_percent=60)
        assert not failed, done
        assert "FILLED" in done
        after, _ = server.call("get_allocation", connector_name="binance")
    assert abs(share(before) - 60) > 5
    assert abs(share(after) - 60) < 1
    audit = hbmcp("audit", "show", env=env, cwd=tmp_path).stdout
    assert "rebalance: done" in audit
    assert "BTC-USDT MARKET on binance" in audit


def test_a_read_only_server_has_what_reads_of_it(env: dict[str, str], tmp_path: Path) -> None:
    told = {**env, "HBMCP_PLUGINS": str(REBALANCE)}
    with StdioServer("--read-only", env=told, cwd=tmp_path) as server:
        tools = server.tools()
        said, failed = server.call("rebalance", **ON, target_percent=60)
    assert "get_allocation" in tools
    assert "rebalance" not in tools
    assert failed
    assert "this server is read-only" in said


SHOUTS = """
import os, subprocess, sys

print("loaded")

@mcp.tool(reads=True)
async def shout() -> str:
    "Shouts."
    print("from Python", flush=True)
    sys.__stdout__.write("past it\\n")
    sys.__stdout__.flush()
    subprocess.run(["echo", "from another program"])
    os.write(1, b"from below\\n")
    try:
        return "heard: " + input()
    except EOFError:
        return "nothing to hear"

@mcp.tool(reads=True)
async def leave() -> str:
    "Leaves."
    sys.exit("gone")
"""


def test_what_a_plugin_prints_never_reaches_the_client(env: dict[str, str], tmp_path: Path) -> None:
    file = plugin(tmp_path, SHOUTS)
    with StdioServer("--plugin", str(file), env=env, cwd=tmp_path) as server:
        assert server.call("shout") == ("nothing to hear", False)
        said, failed = server.call("leave")
        assert failed
        assert "raised SystemExit (my_tools.py, line" in said
        assert server.call("shout") == ("nothing to hear", False)
        assert server.close() == ""
    log = "".join(server.log)
    for words in ("loaded", "from Python", "past it", "from another program", "from below"):
        assert words in log, words


def test_a_plugin_that_can_t_be_loaded_is_told_where_a_person_and_a_model_look(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text("def f(:\n    pass\n")
    with StdioServer("--plugin", "bad.py", "--tools", "get_status", env=env, cwd=tmp_path) as server:
        status, failed = server.call("get_status")
        server.close()
    told = "The plugin bad.py isn't loaded: SyntaxError in bad.py, line 1: "
    assert not failed
    assert told in status
    assert told in "".join(server.log)


def test_a_picture_reaches_the_client(env: dict[str, str], tmp_path: Path) -> None:
    file = ROOT / "tests/conformance/plugin.py"
    with StdioServer("--plugin", str(file), env=env, cwd=tmp_path) as server:
        result = server.request("tools/call", {"name": "test_multiple_content_types", "arguments": {}})
    assert [block["type"] for block in result["content"]] == ["text", "image", "resource"]
    assert json.loads(result["content"][2]["resource"]["text"]) == {"bids": 1, "asks": 2}


def test_the_documented_plugins_load(tmp_path: Path) -> None:
    page = (ROOT / "docs/plugins.md").read_text(encoding="utf-8")
    files = [REBALANCE]
    for number, source in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL)):
        files.append(tmp_path / f"documented_{number}.py")
        files[-1].write_text(source, encoding="utf-8")
    found = catalog(Settings.model_construct(plugins=tuple(map(str, files))))
    assert found.remarks == []
    assert found.named == {"get_allocation", "rebalance", "get_spread", "buy_both", "note_down"}
    assert found.tools["note_down"].risk == "write"
