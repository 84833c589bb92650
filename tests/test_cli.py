"""The command line."""

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner

from bench.lists import cost, lists
from codegen.listing import CEILINGS
from hbmcp import __version__, tokens
from hbmcp.catalog import Catalog
from hbmcp.cli.app import COMMANDS, application
from tests.conftest import PASSWORD, USERNAME, environment, hbmcp, operation_of
from tests.faulty_api import FaultyApi, Reply
from tests.paper.paper_api import here
from tests.stdio_server import StdioServer

WIDE = {"COLUMNS": "120", "TERM": "dumb", "NO_COLOR": "1"}


@pytest.fixture(autouse=True)
def _settings(api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    for name in ("HBMCP_TOOLSETS", "HBMCP_TOOLS", "HBMCP_EXCLUDE_TOOLS", "HBMCP_READ_ONLY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HUMMINGBOT_API_URL", api.url)
    monkeypatch.setenv("HUMMINGBOT_API_USERNAME", USERNAME)
    monkeypatch.setenv("HUMMINGBOT_API_PASSWORD", PASSWORD)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(application(), arguments, env=WIDE)
    return result.exit_code, result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_alone_is_what_it_is_among_all(command: str) -> None:
    asked = [command, "--help"]
    alone, among = (CliRunner().invoke(application(wanted), asked, env=WIDE) for wanted in (command, None))
    assert (alone.exit_code, alone.output) == (among.exit_code, among.output)
    assert f"hbmcp {command}" in alone.output


def test_serving_imports_no_other_command() -> None:
    """They took a twentieth of the start."""
    code = "import sys; from hbmcp.cli.app import application; application('serve'); print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {f"hbmcp.cli.{module}" for module, _ in COMMANDS.values()} & set(loaded) - {"hbmcp.cli.serve"}


def test_version() -> None:
    assert run("--version") == (0, f"hbmcp {__version__}\n")


@pytest.mark.parametrize(
    "command",
    [
        "",
        "serve",
        "tools",
        "call",
        *("policy", "policy init", "policy check", "policy show", "policy test"),
        *("audit", "audit show", "halt", "resume"),
        *("approvals", "approvals approve", "approvals refuse", "approvals passphrase"),
    ],
)
def test_help(command: str, snapshot: SnapshotAssertion) -> None:
    code, out = run(*command.split(), "--help")
    assert code == 0
    assert "\n".join(line.rstrip() for line in out.splitlines()) == snapshot


@pytest.mark.parametrize("columns", ["40", "70"])
def test_a_narrow_terminal_cuts_no_name(columns: str, tmp_path: Path) -> None:
    env = environment(COLUMNS=columns, TERM="xterm", TTY_COMPATIBLE="1")
    helped = hbmcp("serve", "-h", env=env, cwd=tmp_path)
    assert all(flag in helped.stdout for flag in ("--exclude-tools", "--paper-balance TOKEN=AMOUNT", "--env-file"))
    listed = hbmcp("tools", "--tools", "all", env=env, cwd=tmp_path)
    assert re.search(r"get_portfolio_performance \(portfolio, read, \d+\)\n", listed.stdout)


def test_a_file_is_as_wide_as_the_list(tmp_path: Path) -> None:
    listed = hbmcp("tools", "--tools", "all", env=environment(COLUMNS="40"), cwd=tmp_path)
    assert re.search(r"get_portfolio_performance\s+│ portfolio\s+│ read\s+│\s+\d+ │\n", listed.stdout)


def test_help_has_a_short_name() -> None:
    assert run("-h") == run("--help")
    assert run("tools", "-h") == run("tools", "--help")


def test_tools_says_what_would_be_served_and_what_it_costs() -> None:
    code, out = run("tools")
    assert code == 0
    row = re.search(r"place_order\s+│ trading\s+│ trade\s+│\s+(\d+)", out)
    assert row
    assert int(row[1]) > 50
    assert "list_bots" not in out
    assert re.search(r"\d+ of \d+ tools\s+│", out)
    assert "list_bots" in run("tools", "--toolsets", "bots")[1]
    assert not re.search(r"\bplace_order\b", run("tools", "--toolsets", "all", "--read-only")[1])
    out = run("tools", "--exclude-tools", "place_order", "--exclude-tools", "cancel_order")[1]
    assert not re.search(r"\b(place|cancel)_order\b", out)


def test_call_takes_pairs_or_json_and_prints_what_a_model_reads(api: FaultyApi) -> None:
    api.always = Reply.json(["binance"])
    assert run("call", "get_connected_exchanges", "account_name=a b") == (0, '["binance"]\n')
    assert run("call", "get_connected_exchanges", "--json", '{"account_name": "a b"}') == (0, '["binance"]\n')
    assert [request.path for request in api.requests] == [here("GET", "/accounts/a%20b/credentials")] * 2


def test_call_exits_with_1_when_the_call_failed(api: FaultyApi) -> None:
    api.always = Reply.json({"detail": "Account 'x' not found"}, 404)
    code, out = run("call", "get_connected_exchanges", "account_name=x")
    assert code == 1
    assert "Account 'x' not found" in out


def test_a_call_knows_of_which_version_the_api_is(api: FaultyApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """What acts waits for that: there may be no other call that could know it."""
    pinned = json.loads(files("hummingbot_api").joinpath("openapi.json").read_bytes())
    order = operation_of("submit_order")
    del pinned["paths"][order.split()[1]]
    api.answers["/openapi.json"] = Reply.json(pinned)
    monkeypatch.setenv("HBMCP_COMPARE_API", "true")
    assert "Not offered, for this API hasn't what they need: " in " ".join(run("call", "get_status")[1].split())
    given = ("account_name=a", "connector_name=binance", "trading_pair=BTC-USDT", "side=BUY", "amount=1")
    code, out = run("call", "submit_order", *given)
    assert code == 1
    assert f"submit_order isn't offered: this Hummingbot API has no {order}." in out
    assert not [one for one in api.requests if one.path == order.split()[1]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list_accounts", "nonsense"), "isn't KEY=VALUE"),
        (("list_accounts", "--json", "nonsense"), "isn't JSON"),
        (("list_accounts", "--json", "[]"), "must be an object"),
        (("list_accounts", "a=b", "--json", "{}"), "not both"),
    ],
)
def test_call_refuses_what_it_cannot_read(arguments: tuple[str, ...], told: str) -> None:
    code, out = run("call", *arguments)
    assert code == 2
    assert told in out


def test_wrong_settings_end_it_with_code_2_and_a_line_on_stderr(tmp_path: Path) -> None:
    done = hbmcp("serve", "--toolsets", "tradin", env=environment(LOG_LEVEL="INFO"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "hbmcp: HBMCP_TOOLSETS (--toolsets): no such toolset: tradin (did you mean trading?). "
        f"There are: {done.stderr.partition('There are: ')[2]}"
    )


def test_tokens_are_estimated_without_rs_bpe_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rs_bpe.bpe", None)
    count, exact = tokens.counter()
    assert (count("12345678"), count("123456789"), exact) == (2, 3, False)
    assert "estimated" in run("tools")[1]


def test_a_list_costs_what_a_client_is_sent(tmp_path: Path) -> None:
    """The same figure wherever it is printed: here, and by the bench, which asks a server."""
    with StdioServer(env=environment(), cwd=tmp_path) as server:
        sent = list(server.tools().values())
    assert f"{tokens.counter()[0](tokens.shown(sent)):,}" in run("tools")[1].splitlines()[-2]


def test_tokens_are_counted_with_it() -> None:
    count, exact = tokens.counter()
    assert (count("hello world"), exact) == (2, True)


def test_the_lists_cost_no_more_than_is_promised() -> None:
    """`codegen check` tells it before."""
    assert tokens.counter()[1]
    found = lists(Catalog.load())
    assert {how: cost(found[how]) <= most for how, most in CEILINGS.items()} == dict.fromkeys(CEILINGS, True)
    assert CEILINGS == {"by default": 4_500, "with every toolset named": 16_000}
