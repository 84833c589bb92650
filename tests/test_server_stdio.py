"""The server over stdio."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from mcp import Client
from mcp.types import INVALID_PARAMS

from hbmcp import __version__
from tests import forked
from tests.conftest import PASSWORD, USERNAME, connected, environment, hbmcp, operation_of
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.stdio_server import StdioServer

ORDER = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": "0.1",
    "order_type": "MARKET",
}


def test_says_what_it_is(stdio: StdioServer) -> None:
    assert stdio.hello["serverInfo"]["title"] == "Hummingbot"
    changes = {"listChanged": True}
    assert stdio.hello["capabilities"] == {
        "tools": changes,
        "prompts": changes,
        "resources": {**changes, "subscribe": True},
        "completions": {},
    }
    assert "live Hummingbot trading installation" in stdio.hello["instructions"]
    assert len(stdio.hello["instructions"].split()) <= 120


def test_a_read_is_answered_and_authenticated(stdio: StdioServer, api: FaultyApi) -> None:
    api.then(Reply.json(["master_account"]))
    assert stdio.call("list_accounts") == ('["master_account"]', False)
    (request,) = api.requests
    assert (request.method, request.path) == ("GET", "/accounts/")
    assert request.headers["authorization"].startswith("Basic ")


def test_an_unknown_tool_is_the_protocol_s_own_error(stdio: StdioServer, api: FaultyApi) -> None:
    error = stdio.answer(stdio.start("tools/call", {"name": "get_acounts", "arguments": {}}))["error"]
    assert error["code"] == INVALID_PARAMS
    assert "There is no tool get_acounts. Nothing was done. Did you mean" in error["message"]
    assert not api.requests


def test_a_tool_that_is_switched_off_is_told_as_a_result(api: FaultyApi, tmp_path: Path) -> None:
    """Every client shows that to its model, which may tell its user how to have it."""
    with StdioServer("--read-only", env=connected(api.url), cwd=tmp_path) as server:
        text, failed = server.call("place_order", **ORDER)
    assert failed
    assert "place_order is switched off here" in text


def test_bad_arguments_are_told_all_at_once_and_nothing_is_sent(stdio: StdioServer, api: FaultyApi) -> None:
    text, failed = stdio.call("submit_order", **{**ORDER, "amount": "lots", "side": "HOLD", "colour": "red"})
    assert failed
    for problem in ("- amount: expected a number", "- side: expected one of BUY, SELL", "- colour: no such argument"):
        assert problem in text
    assert "Nothing was sent" in text
    assert not api.requests


def test_a_cancelled_call_closes_its_connection(stdio: StdioServer, api: FaultyApi) -> None:
    api.then(HANG)
    call = stdio.start("tools/call", {"name": "list_accounts", "arguments": {}})
    assert api.arrived.wait(10)
    stdio.notify("notifications/cancelled", {"requestId": call, "reason": "changed my mind"})
    assert api.left.wait(10)
    api.then(Reply.json(["still here"]))
    assert stdio.call("list_accounts") == ('["still here"]', False)


def test_two_calls_run_at_once(stdio: StdioServer, api: FaultyApi) -> None:
    api.then(HANG)
    slow = stdio.start("tools/call", {"name": "list_accounts", "arguments": {}})
    assert api.arrived.wait(10)
    assert stdio.call("list_active_orders")[1] is False
    stdio.notify("notifications/cancelled", {"requestId": slow})


def test_no_secret_reaches_the_log(stdio: StdioServer, api: FaultyApi) -> None:
    api.then(Reply.json({"detail": "key-4711-secret isn't valid"}, 400))
    text, failed = stdio.call(
        "add_credential",
        account_name="master_account",
        connector_name="binance",
        credentials={"binance_api_key": "key-4711-secret", "binance_api_secret": "not-to-be-seen"},
    )
    assert failed
    assert "*** isn't valid" in text
    assert b"key-4711-secret" in api.requests[-1].body
    log = "".join(stdio.log)
    assert not any(secret in text + log for secret in ("key-4711", "not-to-be-seen", "correct-horse"))


def test_starts_while_the_api_is_down_and_works_when_it_is_up(tmp_path: Path) -> None:
    with FaultyApi() as first:
        url, port = first.url, first.port
    with StdioServer("--tools", "list_accounts", env=connected(url), cwd=tmp_path) as server:
        text, failed = server.call("list_accounts")
        assert failed
        assert "can't be reached" in text
        assert url not in text
        with FaultyApi(port) as second:
            second.always = Reply.json(["master_account"])
            assert server.call("list_accounts") == ('["master_account"]', False)


NOISY = """
import os, sys
import hbmcp.bridge.progress
hbmcp.bridge.progress.REPORT_EVERY = 0.01
call = hbmcp.bridge.Bridge.call
async def noisy(self, *arguments, **named):
    print("a library says hello")
    sys.stdout.write("and does not flush")
    os.system("echo a child process too")
    return await call(self, *arguments, **named)
hbmcp.bridge.Bridge.call = noisy
from hbmcp.cli import main
sys.argv = ["hbmcp", "serve"]
main()
"""


def test_stdout_carries_the_protocol_and_progress_whatever_a_library_prints(tmp_path: Path, api: FaultyApi) -> None:
    with StdioServer(
        env=connected(api.url, HBMCP_TOOLS="all"), cwd=tmp_path, command=[sys.executable, "-c", NOISY]
    ) as server:
        api.then(Reply.json(["master_account"]))
        assert server.call("list_accounts") == ('["master_account"]', False)
        api.then(HANG)
        slow = server.start(
            "tools/call", {"name": "list_accounts", "arguments": {}, "_meta": {"progressToken": "slow one"}}
        )
        progress = server.notification()
        server.notify("notifications/cancelled", {"requestId": slow})
        assert api.left.wait(10)
        left = server.close().splitlines()
    assert (progress["method"], progress["params"]["progressToken"]) == ("notifications/progress", "slow one")
    assert all(json.loads(line)["method"] == "notifications/progress" for line in left)
    assert "a library says hello" in "".join(server.log)


@pytest.mark.anyio
@pytest.mark.parametrize(("mode", "version"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")])
async def test_clients_of_both_eras(mode: str, version: str, tmp_path: Path, api: FaultyApi) -> None:
    api.always = Reply.json(["master_account"])
    env = connected(api.url, HBMCP_TOOLS="all")
    async with Client(forked.stdio([*forked.HBMCP, "serve"], env=env, cwd=tmp_path), mode=mode) as client:
        assert client.protocol_version == version
        assert client.instructions
        assert client.instructions.startswith("These tools run a live")
        listed = await client.list_tools()
        assert {"list_accounts", "submit_order"} <= {tool.name for tool in listed.tools}
        if version == "2026-07-28":
            assert (listed.ttl_ms, listed.cache_scope) == (300_000, "private")
        result = await client.call_tool("list_accounts", {})
        assert (result.is_error, result.content[0].text) == (False, '["master_account"]')  # type: ignore[union-attr]


def test_nothing_that_only_a_call_needs_is_imported_before_one(tmp_path: Path) -> None:
    code = (
        "import sys; from hbmcp import settings, log; from hbmcp.catalog import Catalog; "
        "from hbmcp.server import line, protocol, stdio, switchboard; from hbmcp.cli import app; app.application(); "
        "told = settings.load(); "
        "protocol.build(switchboard.Switchboard([line.Line(Catalog.load().offer(told), told, None, '')])); "
        "print([name for name in ('httpx', 'jsonschema', 'attr', 'stamina', 'rich', 'sqlalchemy', 'hummingbot_api', "
        "'hbmcp.bridge', 'hbmcp.prompts', 'hbmcp.completion', 'hbmcp.resources', 'hbmcp_tools.accounts', "
        "'opentelemetry.sdk', 'hbmcp.server.tracing', 'prometheus_client') "
        "if name in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


def test_a_call_needs_no_command_line_of_a_library(tmp_path: Path) -> None:
    code = "import sys, hbmcp.bridge; print([name for name in ('click', 'pygments', 'rich') if name in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


def logged(server: StdioServer) -> list[str]:
    """What it logged by the time it is asked, without the times."""
    server.tools()
    server.close()
    return [line.partition("Z ")[2].strip() for line in server.log]


def test_the_first_line_says_on_what_it_acts_and_who_said_so(tmp_path: Path, api: FaultyApi) -> None:
    (tmp_path / "mine.env").write_text("LOG_LEVEL=info\nHBMCP_EXCLUDE_TOOLS=get_ticker\n")
    with StdioServer(
        "--read-only", "--env-file", "mine.env", env=connected(api.url, HBMCP_STATE_URL=""), cwd=tmp_path
    ) as server:
        count = len(server.tools())
        first, *_ = logged(server)
    assert first == (
        f"INFO hbmcp: hbmcp {__version__}, LIVE on the Hummingbot API at {api.url.removeprefix('http://')}: {count} "
        "tools, read-only. Settings: HUMMINGBOT_API_URL, HUMMINGBOT_API_USERNAME, HUMMINGBOT_API_PASSWORD, "
        "HBMCP_COMPARE_API from the environment; "
        f"LOG_LEVEL, HBMCP_EXCLUDE_TOOLS from {tmp_path / 'mine.env'}; --read-only from flags."
    )
    with StdioServer(env=environment(HBMCP_STATE_URL=""), cwd=tmp_path) as server:
        count = len(server.tools())
        first, *others = logged(server)
    assert first == (
        f"INFO hbmcp: hbmcp {__version__}, PAPER (simulated, no real money): {count} tools. "
        "Settings: none, all defaults."
    )
    assert [line.partition(":")[2][:8] for line in others] == [" Policy,"]


def test_a_file_in_the_folder_cannot_have_the_password_of_the_environment(tmp_path: Path, api: FaultyApi) -> None:
    (tmp_path / ".env").write_text(f"HUMMINGBOT_API_URL={api.url}\nHBMCP_READ_ONLY=false\n")
    env = environment(HUMMINGBOT_API_USERNAME=USERNAME, HUMMINGBOT_API_PASSWORD=PASSWORD)
    for arguments in (("serve",), ("call", "list_accounts")):
        done = hbmcp(*arguments, env=env, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "HUMMINGBOT_API_URL comes from " in done.stderr
        assert PASSWORD not in done.stderr
    assert not api.requests
    with FaultyApi() as mine:
        with StdioServer(
            "--tools", "list_accounts", env=connected(mine.url, HBMCP_READ_ONLY="true"), cwd=tmp_path
        ) as server:
            server.call("list_accounts")
            assert set(server.tools()) == {"list_accounts"}
        assert mine.requests
    assert not api.requests


def test_what_is_missing_is_told_before_a_call_and_what_is_only_for_http_is_not(tmp_path: Path) -> None:
    env = environment(HUMMINGBOT_API_URL="http://vps:8000", MCP_SERVER_PORT="http", HUMMINGBOT_USERNAME="me")
    with StdioServer(env=env, cwd=tmp_path) as server:
        log = "\n".join(logged(server))
    assert "WARNING hbmcp: HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD are not set" in log
    assert (
        "HUMMINGBOT_USERNAME, from the environment, is no setting of hbmcp; did you mean HUMMINGBOT_API_USERNAME" in log
    )
    assert "MCP_SERVER_PORT" not in log
    done = hbmcp("serve", "--transport", "http", env=env, cwd=tmp_path)
    assert done.returncode == 2
    assert "MCP_SERVER_PORT (--port): " in done.stderr


def test_what_the_api_turns_out_to_lack_is_not_listed_any_more(tmp_path: Path, api: FaultyApi) -> None:
    """Whenever its own contract has come: beside the first call, which doesn't wait for it."""
    contract = json.loads(files("hummingbot_api").joinpath("openapi.json").read_bytes())
    positions = operation_of("list_positions")
    del contract["paths"][positions.split()[1]]
    api.answers["/openapi.json"] = Reply.json(contract)
    with StdioServer(env=connected(api.url, HBMCP_COMPARE_API="true"), cwd=tmp_path) as server:
        assert "get_positions" in server.tools()
        server.call("get_accounts")
        listed = next(tools for _ in range(1000) if "get_positions" not in (tools := server.tools()))
        assert {"get_accounts", "place_order"} <= listed.keys()
        assert "close_position" not in listed
        text, failed = server.call("get_positions")
        assert failed
        assert f"isn't offered: this Hummingbot API has no {positions}" in text
        server.close()
        assert any("the API isn't of the version that the tools were made for" in line for line in server.log)
