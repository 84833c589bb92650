"""Access tokens, with real servers: who comes in, what they see, what they may do, and what stands in the audit."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from hbmcp.access.tokens import FRESH
from hbmcp.catalog import Catalog
from tests.conftest import hbmcp
from tests.server.http.clients import (
    ACCEPT,
    BUY,
    HELLO,
    MODES,
    PRICE,
    Raw,
    bearer,
    client,
    made,
    on_paper,
    process,
    revoked,
    text,
    told,
)

READS = {tool.name for tool in Catalog.load().tools.values() if tool.only_looks}


class Served(NamedTuple):
    """A server, its settings, and the tokens that there are."""

    url: str
    env: dict[str, str]
    folder: Path
    all: str
    prices: str
    looks: str
    small: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "policy.toml").write_text("[profiles.small.limits]\norder = 100\n")
    env = on_paper(folder, HBMCP_POLICY=str(folder / "policy.toml"))
    tokens = (
        made("all", env=env, cwd=folder),
        made("prices", "--toolsets", "market_data", env=env, cwd=folder),
        made("looks", "--read-only", env=env, cwd=folder),
        made("small", "--profile", "small", env=env, cwd=folder),
    )
    with process(env=env, cwd=folder) as (_, url):
        yield Served(url, env, folder, *tokens)


def asked(url: str, *headers: tuple[str, str]) -> httpx.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
    with httpx.Client(trust_env=False) as http:
        return http.post(url, json=body, headers=[*ACCEPT.items(), *headers])


def shown(url: str, value: str) -> httpx.Response:
    return asked(url, ("authorization", value))


def test_nobody_comes_in_without_a_token_on_the_loopback_either(served: Served) -> None:
    answer = asked(served.url)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.text
    for path in ("/", "/metrics", "/mcp/", "/nothing"):
        assert asked(served.url.replace("/mcp", path)).status_code == 401


def test_a_token_lets_in(served: Served) -> None:
    assert shown(served.url, f"Bearer {served.all}").status_code == 200
    assert shown(served.url, f"bearer {served.all}").status_code == 200


def test_what_is_no_token_or_only_a_part_of_one_or_in_a_longer_word_does_not(served: Served) -> None:
    whole = served.all
    for word in (
        *(whole[:-1], whole[1:], whole + "x", "x" + whole, whole + whole, whole.upper(), " " + whole),
        *(f"{whole},{whole}", f"{whole} x", whole.replace("hbmcp_", ""), "hbmcp_" + "A" * 43, "null", "*"),
        whole[:-1] + ("a" if whole[-1] != "a" else "b"),
    ):
        answer = shown(served.url, f"Bearer {word}")
        assert answer.status_code == 401, word
        assert 'error="invalid_' in answer.headers["www-authenticate"] or answer.headers["www-authenticate"] == "Bearer"
        assert word not in answer.text
    for value in (whole, f"Basic {whole}", f"Bearer{whole}"):
        assert shown(served.url, value).status_code == 401
    twice = ("authorization", f"Bearer {whole}")
    assert asked(served.url, twice, twice).status_code == 401


def test_a_token_in_the_address_is_refused_and_in_no_log(tmp_path: Path) -> None:
    env = on_paper(tmp_path, LOG_LEVEL="DEBUG")
    token = made("leaked", env=env, cwd=tmp_path)
    bare = token.removeprefix("hbmcp_")
    with process(env=env, cwd=tmp_path) as (server, url):
        for where in ("?access_token={}", "?token={}", "?a=b&q={}", "/{}", "?q=%68bmcp_{}", "?Api_Key=1"):
            part = bare if "%68" in where else token
            answer = asked(url + where.format(part), ("authorization", f"Bearer {token}"))
            assert answer.status_code == 400, where
            assert "A token stands in the address" in answer.text
            assert bare not in answer.text
        server.terminate()
        _, log = server.communicate(timeout=30)
    assert bare not in log


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_a_list_shows_what_a_token_is_for_and_nothing_else(mode: str, served: Served) -> None:
    catalog = Catalog.load()

    async def listed(token: str) -> set[str]:
        async with client(served.url, token, mode) as opened:
            return {tool.name for tool in (await opened.list_tools()).tools}

    every = await listed(served.all)
    assert {"place_order", "get_ticker", "list_triggers"} <= every
    assert await listed(served.prices) == {name for name in every if catalog.tools[name].toolset == "market_data"}
    assert await listed(served.looks) == every & READS
    assert await listed(served.small) == every


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_a_tool_that_a_token_is_not_for_is_off(mode: str, served: Served) -> None:
    for token in (served.prices, served.looks):
        async with client(served.url, token, mode) as opened:
            result = await opened.call_tool("place_order", BUY)
            assert result.is_error
            assert "place_order is switched off here: this client's access token isn't for it" in text(result)
            assert "Nothing was done" in text(result)
            assert not (await opened.call_tool("get_ticker", PRICE)).is_error


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_the_limits_of_its_profile_hold_for_a_token_alone(mode: str, served: Served) -> None:
    order = {**BUY, "amount": "0.01", "again": True}  # some thousand
    async with client(served.url, served.small, mode) as opened:
        result = await opened.call_tool("place_order", order)
        assert result.is_error
        assert "limit" in text(result)
        assert "order" in text(result)
    async with client(served.url, served.all, mode) as opened:
        result = await opened.call_tool("place_order", order)
        assert not result.is_error, text(result)


@pytest.mark.slow
@pytest.mark.anyio
async def test_its_name_stands_in_the_audit_with_what_was_sent_and_refused(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    tokens = [made("desk-1", env=env, cwd=tmp_path), made("desk-2", "--read-only", env=env, cwd=tmp_path)]
    with process(env=env, cwd=tmp_path) as (_, url):
        for token in tokens:
            async with client(url, token) as opened:
                await opened.call_tool("place_order", BUY)
    exported = hbmcp("audit", "export", env=env, cwd=tmp_path).stdout
    calls = json.loads(exported)
    assert [(one["token"], one["tool"], one["event"]) for one in calls if "token" in one] == [
        ("desk-1", "place_order", "begin"),
        ("desk-2", "place_order", "refused"),
    ]
    assert "token desk-1" in hbmcp("audit", "show", env={**env, "COLUMNS": "200"}, cwd=tmp_path).stdout
    for token in tokens:
        assert token not in exported


@pytest.mark.slow
def test_a_token_that_is_revoked_opens_nothing_any_more_in_any_process(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    ended, stays = made("ended", env=env, cwd=tmp_path), made("stays", env=env, cwd=tmp_path)
    with process(env=env, cwd=tmp_path) as (_, one), process(env=env, cwd=tmp_path) as (_, other):
        sessions = [Raw(url, **bearer(ended)).opened() for url in (one, other)]
        revoked("ended", env=env, cwd=tmp_path)
        time.sleep(FRESH)
        for session in sessions:
            assert session.post("tools/list").status_code == 401
            assert session.call("get_ticker", **PRICE).status_code == 401
            assert shown(session.url, f"Bearer {ended}").status_code == 401
            assert shown(session.url, f"Bearer {stays}").status_code == 200
        fresh = made("ended", env=env, cwd=tmp_path)  # another of that name doesn't bring it back, nor its sessions
        time.sleep(FRESH)
        assert shown(one, f"Bearer {ended}").status_code == 401
        assert sessions[0].post("tools/list", **bearer(fresh)).status_code == 404


def test_a_session_is_its_token_s_alone(served: Served) -> None:
    session = Raw(served.url, **bearer(served.all)).opened()
    assert session.post("tools/list").status_code == 200
    answer = session.post("tools/list", **bearer(served.looks))
    assert answer.status_code == 404
    assert told(answer)["error"]["message"] == "Session not found"
    assert session.post("tools/list").status_code == 200  # and it didn't end


@pytest.mark.anyio
async def test_what_was_sent_under_the_key_of_another_is_not_told(served: Served) -> None:
    key = {"hbmcp/idempotency_key": "one-and-the-same"}
    order = {**BUY, "again": True}
    async with client(served.url, served.all) as opened, client(served.url, served.small) as other:
        first = text(await opened.call_tool("place_order", order, meta=key))  # type: ignore[arg-type]
        assert "Not sent again" in text(await opened.call_tool("place_order", order, meta=key))  # type: ignore[arg-type]
        second = text(await other.call_tool("place_order", order, meta=key))  # type: ignore[arg-type]
    assert "Not sent again" not in first + second


@pytest.mark.slow
def test_from_the_first_token_on_one_is_asked_for(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    with process(env=env, cwd=tmp_path) as (_, url):
        assert asked(url).status_code == 200
    made("first", env=env, cwd=tmp_path)
    with process(env=env, cwd=tmp_path) as (_, url):
        assert asked(url).status_code == 401
    revoked("first", env=env, cwd=tmp_path)
    done = hbmcp("serve", "--transport", "http", "--port", "0", env=env, cwd=tmp_path)
    assert done.returncode == 2
    assert "All access tokens are revoked, so nobody could come in" in done.stderr


@pytest.mark.slow
def test_beyond_this_machine_it_starts_with_a_token(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    token = made("remote", env=env, cwd=tmp_path)
    with process("--host", "0.0.0.0", "--allowed-hosts", "host.docker.internal", env=env, cwd=tmp_path) as (_, url):
        assert asked(url).status_code == 401
        assert asked(url, ("host", "host.docker.internal"), *bearer(token).items()).status_code == 200
        assert asked(url, ("host", "evil.example"), *bearer(token).items()).status_code == 421


@pytest.mark.slow
def test_a_token_of_another_installation_opens_nothing(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    foreign = made("foreign", env={**env, "HBMCP_PAPER_DB": str(tmp_path / "other.sqlite")}, cwd=tmp_path)
    made("ours", env=env, cwd=tmp_path)
    with process(env=env, cwd=tmp_path) as (_, url):
        assert shown(url, f"Bearer {foreign}").status_code == 401
