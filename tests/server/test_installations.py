"""Several installations behind one server: a call to one never touches another."""

import asyncio
import json
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.types import PromptReference, ResourceTemplateReference

from hbmcp.catalog import Catalog
from hbmcp.policy.halt import KNOWN_FOR
from hbmcp.server.line import Line
from hbmcp.server.protocol import IDEMPOTENCY_KEY, build
from hbmcp.server.switchboard import Switchboard, UnderWay
from hbmcp.settings import load_all
from hbmcp.times import ticking
from tests.conftest import PASSWORD, USERNAME, environment, hbmcp, http_log, http_server
from tests.faulty_api import FaultyApi, Reply
from tests.forked import HBMCP, Popen
from tests.server.http import clients
from tests.server.http.clients import BUY, Raw, made, revoked, told
from tests.stdio_server import StdioServer
from tests.terminal import Terminal

TWO = """
[home]
paper = true
paper_db = "home.sqlite"
[lab]
paper = true
paper_db = "lab.sqlite"
"""
REST = {**BUY, "order_type": "LIMIT", "price": "20000", "amount": "0.01"}
TRIGGER = {"watch": "price", "connector_name": "binance", "trading_pair": "BTC-USDT", "below": "1234"}
BOTS = [tool.name for tool in Catalog.load().choose(toolsets=["bots"], tools=["all"]).tools if tool.toolset == "bots"]
HOSTILE = ["", "HOME", "../home", "home\n", "nobody", ["home"], {"home": 1}, None, 0, True, "home' OR 1=1", "h" * 5000]


def settings_of(folder: Path, text: str = TWO, **more: str) -> dict[str, str]:
    file = folder / "installations.toml"
    file.write_text(text)
    file.chmod(0o600)
    return environment(
        HBMCP_INSTALLATIONS=str(file),
        HBMCP_STATE_URL=f"sqlite:///{folder / 'state.sqlite'}",
        HBMCP_COMPARE_API="false",
        HBMCP_TOOLS="all",
        **more,
    )


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return settings_of(tmp_path)


@pytest.fixture
def server(env: dict[str, str], tmp_path: Path) -> Iterator[StdioServer]:
    with StdioServer(env=env, cwd=tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("untouched")


@pytest.fixture(scope="module")
def unchanged(untouched: Path) -> Iterator[StdioServer]:
    """One in that folder, for tests in which nothing is done."""
    with StdioServer(env=settings_of(untouched), cwd=untouched) as started:
        yield started


def good(server: StdioServer, tool: str, **arguments: Any) -> str:
    text, failed = server.call(tool, **arguments)
    assert not failed, text
    return text


def test_each_tool_asks_which_is_meant_and_each_answer_says_whose_it_is(server: StdioServer) -> None:
    for tool in server.tools().values():
        schema = tool["inputSchema"]
        assert schema["properties"]["installation"] == {"type": "string", "enum": ["home", "lab"]}
        assert ("installation" in schema["required"]) == (tool["name"] != "get_status")
    assert "At installation home and lab: These tools run a paper exchange" in server.hello["instructions"]
    assert good(server, "get_accounts", installation="lab").endswith("\n\nInstallation: lab (paper).")
    text, failed = server.call("get_ticker", installation="home", connector_names=["nope"])
    assert failed
    assert text.endswith("\n\nInstallation: home (paper).")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_names_none_does_nothing(unchanged: StdioServer, name: Any, untouched: Path) -> None:
    text, failed = unchanged.call("place_order", **BUY, installation=name)
    assert failed
    assert "Nothing was done. Call again with installation: home or lab." in text
    assert len(text) < 400
    assert not (untouched / "home.sqlite").exists()
    assert not (untouched / "lab.sqlite").exists()


def test_orders_what_was_said_and_the_audit_are_of_one(
    server: StdioServer, env: dict[str, str], tmp_path: Path
) -> None:
    good(server, "place_order", **REST, installation="home")
    assert "again" in server.call("place_order", **REST, installation="home")[0]
    assert "No open orders" in good(server, "get_open_orders", installation="lab")
    first = good(server, "place_order", **REST, installation="lab")
    assert "order_id" in first, "it wasn't said there before"
    assert good(server, "get_open_orders", installation="lab").count("BTC-USDT") == 1

    def audited(name: str) -> str:
        uri = f"hummingbot://{name}/audit"
        return server.request("resources/read", {"uri": uri})["contents"][0]["text"]  # type: ignore[no-any-return]

    good(server, "cancel_orders", all=True, installation="home")
    assert "cancel_orders" in audited("home")
    assert "cancel_orders" not in audited("lab")
    assert good(server, "get_open_orders", installation="lab").count("BTC-USDT") == 1
    both = hbmcp("audit", "show", env=env, cwd=tmp_path).stdout
    of_lab = hbmcp("audit", "show", "--installation", "lab", env=env, cwd=tmp_path).stdout
    assert both.count("place_order") > of_lab.count("place_order") == 1
    assert "cancel_orders" in both
    assert "cancel_orders" not in of_lab
    assert hbmcp("audit", "verify", env=env, cwd=tmp_path).stdout.count("is intact") == 1


def shown(env: dict[str, str], cwd: Path, name: str) -> str:
    done = hbmcp("policy", "show", "--installation", name, env=env, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_limits_and_how_far_they_are_used_up_are_of_one(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[limits]\nday = 1000\n")
    (tmp_path / "strict.toml").write_text("[limits]\norder = 100\n")
    table = '[desk]\npaper = true\npaper_db = "desk.sqlite"\npolicy = "strict.toml"\n'
    env = settings_of(tmp_path, TWO + table, HBMCP_POLICY=str(tmp_path / "policy.toml"))
    with StdioServer(env=env, cwd=tmp_path) as server:
        good(server, "place_order", **REST, installation="home")
        text, failed = server.call("place_order", **REST, again=True, installation="home")
        assert failed
        assert "limit day" in text
        good(server, "place_order", **REST, installation="lab")
        text, failed = server.call("place_order", **REST, installation="desk")
        assert failed
        assert "limit order" in text
    assert "day" not in shown(env, tmp_path, "desk")
    for name in ("home", "lab"):
        assert re.search(r"[1-9][\d.]* of at most 1,000 USDT", shown(env, tmp_path, name))


def test_what_only_one_may_do_only_one_is_asked_for(tmp_path: Path) -> None:
    env = settings_of(tmp_path, f"{TWO}read_only = true\n")
    with StdioServer(env=env, cwd=tmp_path) as server:
        tools = server.tools()
        assert tools["place_order"]["inputSchema"]["properties"]["installation"]["enum"] == ["home"]
        assert tools["get_accounts"]["inputSchema"]["properties"]["installation"]["enum"] == ["home", "lab"]
        text, failed = server.call("place_order", **BUY, installation="lab")
        assert failed
        assert "read-only" in text


def test_a_toolset_that_only_one_has_can_be_enabled_there(tmp_path: Path) -> None:
    only_lab = TWO.replace("[lab]", f"exclude_tools = {json.dumps(BOTS)}\n[lab]")
    env = {**settings_of(tmp_path, only_lab, HBMCP_DISCOVERY="toolsets", HBMCP_TOOLSETS="trading"), "HBMCP_TOOLS": ""}
    with StdioServer(env=env, cwd=tmp_path) as server:
        asked = server.tools()["enable_toolset"]["inputSchema"]["properties"]
        assert asked["installation"]["enum"] == ["home", "lab"]
        assert "bots" in asked["toolset"]["enum"]
        assert len(set(asked["toolset"]["enum"])) == len(asked["toolset"]["enum"])
        good(server, "enable_toolset", toolset="bots", installation="lab")
        assert server.call("enable_toolset", toolset="bots", installation="home")[1]


def test_what_is_unusual_is_of_one(server: StdioServer) -> None:
    for _ in range(3):
        assert server.call("place_order", **REST | {"amount": "1000000"}, installation="home")[1]
    assert "calls were refused" in good(server, "get_status", installation="home")
    assert "calls were refused" not in good(server, "get_status", installation="lab")


@pytest.mark.parametrize("place", ["HOME", "nobody", "home/..", "home%2F..", "home%0A", "", "home/lab", "*"])
def test_an_address_that_names_none_is_none(unchanged: StdioServer, place: str) -> None:
    answer = unchanged.answer(unchanged.start("resources/read", {"uri": f"hummingbot://{place}/orders"}))
    assert "is offered here. Nothing was done." in answer["error"]["message"]


def test_triggers_and_their_watch_are_of_one(server: StdioServer, tmp_path: Path) -> None:
    good(server, "create_trigger", **TRIGGER, installation="lab")
    assert "1234" in good(server, "list_triggers", installation="lab")
    assert "1234" not in good(server, "list_triggers", installation="home")
    uris = [one["uri"] for one in server.request("resources/list", {})["resources"]]
    assert "hummingbot://lab/triggers" in uris
    with sqlite3.connect(tmp_path / "state.sqlite") as store:
        assert store.execute("SELECT installation FROM hbmcp_triggers").fetchall() == [
            (f"paper {tmp_path}/lab.sqlite",)
        ]


def test_an_idempotency_key_is_of_one(server: StdioServer) -> None:
    def bought(name: str) -> str:
        params = {"name": "place_order", "arguments": {**BUY, "installation": name}, "_meta": {IDEMPOTENCY_KEY: "one"}}
        return server.request("tools/call", params)["content"][0]["text"]  # type: ignore[no-any-return]

    assert "Filled" in bought("home")
    assert "Filled" not in bought("home")
    assert "Filled" in bought("lab")


def test_a_halt_of_one_lets_the_other_act_and_one_of_all_none(
    server: StdioServer, env: dict[str, str], tmp_path: Path
) -> None:
    def halted(name: str) -> bool:
        text, failed = server.call("place_order", **BUY, again=True, installation=name)
        assert failed == ("hbmcp is halted since" in text), text
        return failed

    def resumed(*arguments: str) -> Terminal:
        with Terminal("resume", *arguments, env=env, cwd=tmp_path) as terminal:
            terminal.type("Resume?", "y")
            terminal.end()
        return terminal

    assert hbmcp("halt", "--yes", "--installation", "home", env=env, cwd=tmp_path).returncode == 0
    assert (halted("home"), halted("lab")) == (True, False)
    done = hbmcp("halt", "--yes", env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "lab: hbmcp is halted since" in done.stdout
    assert "What is open at lab (the PAPER exchange):" in done.stdout
    assert (halted("home"), halted("lab")) == (True, True)
    one = resumed("--installation", "home")
    assert one.code == 1
    assert "still halted, with all others" in one.screen
    assert resumed().code == 0
    until = ticking() + 10 * KNOWN_FOR
    while halted("home") and ticking() < until:
        """What a server knows of a halt holds for a moment."""
    assert (halted("home"), halted("lab")) == (False, False)


def test_the_lines_of_all_tell_a_halt_and_what_is_used_up(
    server: StdioServer, env: dict[str, str], tmp_path: Path
) -> None:
    assert hbmcp("halt", "--yes", "--installation", "home", env=env, cwd=tmp_path).returncode == 0
    home, lab = good(server, "get_status").splitlines()
    assert "hbmcp is halted since" in home
    assert "halted" not in lab
    assert all("Limits: 0 of at most" in line for line in (home, lab))


def test_what_all_refuse_has_failed(server: StdioServer) -> None:
    text, failed = server.call("get_status", nonsense=1)
    assert failed
    assert text.count("nonsense") == 2


@pytest.mark.anyio
async def test_what_one_has_to_tell_waits_for_a_call_to_it(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in settings_of(tmp_path).items():
            patched.setenv(name, value)
        patched.chdir(tmp_path)
        each = load_all({})
    ended: list[UnderWay] = []
    board = Switchboard([Line(Catalog.load().offer(told), told, None, "tests") for told in each])
    board.count = ended.append
    board.lines["lab"].bridge.news.append("trigger 1 is done")
    async with Client(build(board)) as client:
        await client.call_tool("get_status")
        answer = await client.call_tool("get_accounts", {"installation": "lab"})
    assert "Since your last call: trigger 1 is done." in answer.content[0].text  # type: ignore[union-attr]
    assert [(call.tool.name, call.outcome is not None) for call in ended] == [
        ("get_status", True),
        ("get_accounts", True),
    ]


def test_one_that_is_not_reached_stops_no_other(tmp_path: Path) -> None:
    gone = '[gone]\nurl = "http://127.0.0.1:9"\nusername = "u"\npassword = "p"\n'
    env = settings_of(tmp_path, gone + TWO)
    with StdioServer(env=env, cwd=tmp_path) as server:
        first, *others = good(server, "get_status", installation=None).splitlines()
        assert first.startswith("gone: The Hummingbot API")
        assert [one.partition(": {")[0] for one in others] == ["home", "lab"]
        assert server.call("get_accounts", installation="gone")[1]
        good(server, "place_order", **BUY, installation="home")
    with http_server(env, tmp_path) as url:
        ready = httpx.get(url.replace("/mcp", "/readyz"), timeout=30, trust_env=False)
    assert (ready.status_code, ready.json()) == (200, {"api": "ok", "store": "ok"})


def test_a_password_goes_to_its_own_address_alone(api: FaultyApi, tmp_path: Path) -> None:
    with FaultyApi() as other:
        other.always = Reply.json({"master_account": []})
        api.always = Reply.json({"master_account": []})
        env = settings_of(
            tmp_path,
            f'[one]\nurl = "{api.url}"\nusername = "{USERNAME}"\npassword = "{PASSWORD}"\n'
            f'[two]\nurl = "{other.url}"\nusername = "second"\npassword_env = "OF_TWO"\n',
            OF_TWO="another-secret",
        )
        with StdioServer(env=env, cwd=tmp_path) as server:
            server.call("list_accounts", installation="one")
            server.call("list_accounts", installation="two")
        ours, theirs = ({one.headers.get("authorization") for one in each.requests} for each in (api, other))
    assert ours
    assert theirs
    assert not ours & theirs


def test_prompts_name_the_one_that_is_meant(unchanged: StdioServer) -> None:
    (prompt,) = [one for one in unchanged.request("prompts/list", {})["prompts"] if one["name"] == "morning_report"]
    assert prompt["arguments"][0] == {"name": "installation", "description": "home or lab", "required": True}
    got = unchanged.request("prompts/get", {"name": "morning_report", "arguments": {"installation": "lab"}})
    assert got["messages"][0]["content"]["text"].endswith("\n\nIn each call installation is lab.")
    refused = unchanged.answer(unchanged.start("prompts/get", {"name": "morning_report", "arguments": {}}))
    assert "Call again with installation: home or lab." in refused["error"]["message"]


def test_what_is_alone_in_its_file_is_not_asked_for(tmp_path: Path) -> None:
    env = settings_of(tmp_path, "[home]\npaper = true\n")
    with StdioServer(env=env, cwd=tmp_path) as server:
        assert "installation" not in server.tools()["place_order"]["inputSchema"]["properties"]
        good(server, "get_accounts")
        assert "hummingbot://portfolio" in [one["uri"] for one in server.request("resources/list", {})["resources"]]


def test_a_mistake_in_the_file_is_told_at_the_start(tmp_path: Path) -> None:
    env = settings_of(tmp_path, f"{TWO}reed_only = true\n")
    for command in (["serve"], ["tools"], ["halt", "--yes"], ["audit", "show"]):
        done = hbmcp(*command, env=env, cwd=tmp_path)
        assert done.returncode == 2
        assert "[lab] has no key reed_only; did you mean read_only?" in done.stderr


def test_a_command_asks_which_is_meant(env: dict[str, str], tmp_path: Path) -> None:
    for command in (["call", "get_accounts"], ["policy", "show"], ["tools"], ["approvals"]):
        done = hbmcp(*command, env=env, cwd=tmp_path)
        assert done.returncode == 2
        assert "Say --installation with one of home, lab." in done.stderr
    done = hbmcp("call", "--installation", "lab", "get_accounts", env=env, cwd=tmp_path)
    assert done.stdout.rstrip().endswith("Installation: lab (paper).")


def test_a_paper_exchange_with_a_time_of_its_own_stands_beside_no_other(env: dict[str, str], tmp_path: Path) -> None:
    alone = environment(HBMCP_PAPER_DB=str(tmp_path / "lab.sqlite"), HBMCP_PAPER_SPEED="100000", HBMCP_PAPER="true")
    assert hbmcp("call", "place_order", "--json", json.dumps(BUY), env=alone, cwd=tmp_path).returncode == 0
    with StdioServer(env=env, cwd=tmp_path) as server:
        text, failed = server.call("get_accounts", installation="lab")
        assert failed
        assert "its time went faster than the real one" in text
        good(server, "get_accounts", installation="home")


def test_what_is_to_be_pasted_names_the_file_and_nothing_of_what_is_in_it(env: dict[str, str], tmp_path: Path) -> None:
    said = http_log(env, tmp_path)
    pasted = said[said.index("{\n") :]
    entry = json.loads(pasted[: pasted.index("\n}") + 2])["mcpServers"]["hummingbot"]
    where = entry["args"].index("--installations")
    assert entry["args"][where + 1] == env["HBMCP_INSTALLATIONS"]
    assert not {"--paper", "--paper-db"} & set(entry["args"])
    assert not {"HUMMINGBOT_API_URL", "HUMMINGBOT_API_PASSWORD"} & entry["env"].keys()


def test_a_login_is_that_of_the_address_in_its_table(tmp_path: Path) -> None:
    env = settings_of(tmp_path, f'[vps]\nurl = "https://vps.example.com"\n{TWO}')
    done = hbmcp("logout", "--installation", "vps", env=env, cwd=tmp_path)
    assert done.stdout.startswith("No login for https://vps.example.com was kept.")
    assert "is a paper exchange" in hbmcp("logout", "--installation", "home", env=env, cwd=tmp_path).stderr


def test_one_watch_watches_each(server: StdioServer, env: dict[str, str], tmp_path: Path) -> None:
    for name in ("home", "lab"):
        good(server, "create_trigger", **TRIGGER, installation=name)
    server.close()
    watching = Popen([*HBMCP, "watch"], env=env, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with closing(sqlite3.connect(tmp_path / "state.sqlite")) as store:
                whose = store.execute("SELECT installation FROM hbmcp_watches WHERE kind LIKE '%watch%'").fetchall()
            if len(whose) == 2:
                break
            assert watching.poll() is None
            time.sleep(0.1)
        assert len(whose) == 2
    finally:
        watching.terminate()
        watching.wait(30)


@pytest.mark.anyio
@pytest.mark.parametrize("mode", clients.MODES)
async def test_over_http_calls_at_once_and_subscriptions(env: dict[str, str], tmp_path: Path, mode: str) -> None:
    with http_server(env, tmp_path) as url:
        async with clients.client(url, mode=mode) as client:
            names = ["home", "lab"] * 5
            answers = await asyncio.gather(
                *(client.call_tool("place_order", {**BUY, "again": True, "installation": name}) for name in names)
            )
            for name, answer in zip(names, answers, strict=True):
                assert clients.text(answer).endswith(f"Installation: {name} (paper).")
            for name in ("home", "lab"):
                history = await client.call_tool("get_order_history", {"installation": name})
                assert clients.text(history).startswith("# 5 rows"), name
            await _completed(client)


async def _completed(client: Client) -> None:
    ref = PromptReference(name="morning_report")
    named = await client.complete(ref, {"name": "installation", "value": "l"})
    assert named.completion.values == ["lab"]
    assert not (await client.complete(ref, {"name": "account_name", "value": "m"})).completion.values, "of neither"
    place = ResourceTemplateReference(uri="hummingbot://lab/accounts/{account_name}/orders")
    assert "master_account" in (await client.complete(place, {"name": "account_name", "value": "m"})).completion.values


def test_who_revokes_a_token_is_told_what_it_still_opens(env: dict[str, str], tmp_path: Path) -> None:
    made("every", env=env, cwd=tmp_path)

    def ended(*arguments: str) -> str:
        done = hbmcp("token", "revoke", "every", *arguments, env=env, cwd=tmp_path)
        return done.stdout + done.stderr

    assert "no longer opens home. It still opens lab." in ended("--installation", "home")
    assert "no token named every that opens anything at home" in ended("--installation", "home")
    assert "opens nothing any more" in ended("--installation", "lab")


@pytest.mark.anyio
async def test_who_subscribes_hears_of_one(env: dict[str, str], tmp_path: Path) -> None:
    uris = ["hummingbot://home/triggers", "hummingbot://lab/triggers"]
    with http_server(env, tmp_path) as url, anyio.fail_after(60):
        async with clients.client(url) as client, client.listen(resource_subscriptions=uris) as stream:
            assert list(stream.honored.resource_subscriptions or ()) == uris
            await client.call_tool("create_trigger", {**TRIGGER, "installation": "lab"})
            assert (await anext(stream)).uri == uris[1]  # type: ignore[union-attr]


def test_a_token_is_for_all_or_for_one(env: dict[str, str], tmp_path: Path) -> None:
    every = made("every", env=env, cwd=tmp_path)
    one = made("one", "--installation", "lab", env=env, cwd=tmp_path)
    listed = hbmcp("token", "list", env=env, cwd=tmp_path).stdout
    assert (listed.count("every"), listed.count("one")) == (2, 1)
    with http_server(env, tmp_path) as url:

        def at(token: str, name: str) -> str:
            raw = Raw(url, authorization=f"Bearer {token}").opened()
            return json.dumps(told(raw.call("get_accounts", installation=name)))

        def offered(token: str) -> list[str]:
            found = told(Raw(url, authorization=f"Bearer {token}").opened().post("tools/list"))
            tools = {one["name"]: one for one in found["result"]["tools"]}
            return tools["get_accounts"]["inputSchema"]["properties"]["installation"]["enum"]  # type: ignore[no-any-return]

        assert (offered(every), offered(one)) == (["home", "lab"], ["lab"])
        assert all("master_account" in at(every, name) for name in ("home", "lab"))
        assert "master_account" in at(one, "lab")
        refused = at(one, "home")
        assert "master_account" not in refused
        assert "Call again with installation: lab." in refused
        read = (
            Raw(url, authorization=f"Bearer {one}").opened().post("resources/read", {"uri": "hummingbot://home/orders"})
        )
        assert "is offered here" in read.text
        done = hbmcp("token", "revoke", "every", "--installation", "home", env=env, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        anyio.run(anyio.sleep, 0.3)  # as long as a token is believed
        assert offered(every) == ["lab"]
        revoked("every", env, tmp_path)
        anyio.run(anyio.sleep, 0.3)
        assert Raw(url, authorization=f"Bearer {every}").post("initialize", clients.HELLO).status_code == 401
