"""The tools of GeckoTerminal, called through a server, against answers of its shapes."""

import json
import logging
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator
from syrupy.assertion import SnapshotAssertion

from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.paper.api.operation_paths import OperationPaths
from hbmcp.settings import Settings
from hummingbot_api.client import Client
from tests.answer_storm import LIMIT, ODD
from tests.conftest import PASSWORD, USERNAME, connected, environment
from tests.faulty_api import CUT, DROP, HTML, FaultyApi, Reply
from tests.paper.assistant import ALL
from tests.sampling import sampled
from tests.services.geckoterminal import ANSWERS, ROOT, contract, geckoterminal
from tests.stdio_server import StdioServer

WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
POOL = "0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640"
CALLS = {
    "networks": ("list_onchain_dexes", {}),
    "dexes": ("list_onchain_dexes", {"network": "eth", "page": 2}),
    "trending": ("list_onchain_pools", {}),
    "trending on a network": ("list_onchain_pools", {"network": "solana"}),
    "top": ("list_onchain_pools", {"which": "top", "network": "eth", "page": 3}),
    "top of a dex": ("list_onchain_pools", {"network": "eth", "dex": "uniswap_v3"}),
    "new": ("list_onchain_pools", {"which": "new"}),
    "new on a network": ("list_onchain_pools", {"which": "new", "network": "solana"}),
    "of a token": ("list_onchain_pools", {"network": "eth", "token_address": WETH}),
    "pools": ("get_onchain_pools", {"network": "eth", "addresses": [POOL]}),
    "token": ("get_onchain_token", {"network": "eth", "token_address": WETH}),
    "info": ("get_onchain_token", {"network": "eth", "token_address": WETH, "info": True}),
    "candles": (
        "get_onchain_candles",
        {
            "network": "eth",
            "pool_address": POOL,
            "timeframe": "hour",
            "aggregate": 4,
            "end_time": "2026-11-22T08:00:00Z",
            "limit": 2,
            "currency": "token",
        },
    ),
    "trades": ("get_onchain_trades", {"network": "eth", "pool_address": POOL, "min_usd": 1000}),
}


@pytest.fixture(scope="module")
def gecko() -> Iterator[FaultyApi]:
    with geckoterminal() as api:
        yield api


@pytest.fixture(scope="module")
def server(gecko: FaultyApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StdioServer]:
    """On paper: what is asked of others is real all the same."""
    env = environment(HBMCP_GECKOTERMINAL_URL=f"{gecko.url}{ROOT}/", HBMCP_TOOLSETS="geckoterminal")
    with StdioServer(env=env, cwd=tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.mark.parametrize("name", CALLS)
def test_a_call(name: str, gecko: FaultyApi, server: StdioServer, snapshot: SnapshotAssertion) -> None:
    """What it asks, and what it says."""
    gecko.requests.clear()
    tool, arguments = CALLS[name]
    text, failed = server.call(tool, **arguments)
    assert not failed, text
    (asked,) = gecko.requests
    assert "authorization" not in asked.headers
    ages = re.sub(r"\d[\d.]* (min|h|days)", "AGE", text)  # since then, which is another every day
    assert f"{asked.method} {asked.path}\n\n{ages}" == snapshot


def test_every_operation_is_asked_and_answered_as_its_contract_says(gecko: FaultyApi, server: StdioServer) -> None:
    gecko.requests.clear()
    for tool, arguments in CALLS.values():
        assert not server.call(tool, **arguments)[1]
    promised = contract()
    paths = OperationPaths(promised.operations.values())
    found = set()
    for one in gecko.requests:
        path, _, query = one.path.removeprefix(ROOT).partition("?")
        operation, _, _ = paths.find(one.method, path)
        assert operation is not None, one.path
        names = {pair.partition("=")[0] for pair in query.split("&") if pair}
        assert names <= {parameter.name for parameter in operation.parameters}
        schema = {**(operation.response or {}), "components": {"schemas": promised.schemas}}
        assert not [*Draft202012Validator(schema).iter_errors(ANSWERS[path])]
        found.add(operation.key)
    ours = [tool for tool in Catalog.load().tools.values() if tool.service == "geckoterminal"]
    assert found == {tool.operation for tool in ours if not tool.is_workflow}


@pytest.mark.parametrize(
    "arguments",
    [
        {"which": "top"},
        {"dex": "uniswap_v3"},
        {"token_address": WETH},
        {"network": "eth", "dex": "uniswap_v3", "which": "new"},
        {"network": "eth", "dex": "uniswap_v3", "token_address": WETH},
    ],
)
def test_what_is_ranked_nowhere_is_not_asked(arguments: dict[str, str], gecko: FaultyApi, server: StdioServer) -> None:
    gecko.requests.clear()
    text, failed = server.call("list_onchain_pools", **arguments)
    assert failed
    assert "Nothing was sent. Give " in text
    assert gecko.requests == []


@pytest.mark.parametrize(
    ("reply", "times", "said"),
    [
        (
            Reply.json({"status": {"error_code": 429, "error_message": "Rate limit"}}, 429),
            1,
            'GeckoTerminal answered 429 to get_onchain_token: "Rate limit". Nothing was done. It limits how often it '
            "is asked: wait a minute, then call again.",
        ),
        (
            Reply.json({"errors": [{"status": "404", "title": "Token\nnot found"}]}, 404),
            1,
            'GeckoTerminal answered 404 to get_onchain_token: "Token\\nnot found". Nothing was done. Correct the '
            "arguments before you call it again.",
        ),
        (
            Reply(403, HTML.body, "text/html"),
            1,
            "GeckoTerminal answered 403 to get_onchain_token. Nothing was done. Calling again won't help: a person "
            "must see whether GeckoTerminal is for everybody, and restart hbmcp.",
        ),
        (
            Reply(302, b"", headers=("location: https://elsewhere.example",)),
            1,
            "What answers at HBMCP_GECKOTERMINAL_URL sends the request elsewhere (HTTP 302), which isn't followed. "
            "Nothing was done. A person must set HBMCP_GECKOTERMINAL_URL to GeckoTerminal itself: https against http, "
            "host and path.",
        ),
        (
            Reply(503, b"<html>busy</html>", "text/html"),
            3,
            "GeckoTerminal answered 503 to get_onchain_token. Try again in a moment.",
        ),
        (DROP, 3, "The connection to GeckoTerminal broke before the whole answer to get_onchain_token was here"),
        (CUT, 3, "The connection to GeckoTerminal broke before the whole answer to get_onchain_token was here"),
        (
            Reply(200, b"hello", "text/plain"),
            1,
            "Something other than GeckoTerminal may answer at HBMCP_GECKOTERMINAL_URL",
        ),
        (Reply.json({"data": []}), 1, "The API's answer to read_onchain_token isn't what its contract promises"),
    ],
)
def test_an_error_names_who_answered(
    reply: Reply, times: int, said: str, gecko: FaultyApi, server: StdioServer
) -> None:
    gecko.requests.clear()
    gecko.then(*[reply] * times)
    text, failed = server.call("get_onchain_token", network="eth", token_address=WETH)
    assert failed
    assert said in text
    assert "Hummingbot" not in text
    assert len(gecko.requests) == times


@pytest.mark.anyio
@pytest.mark.parametrize("odd", sampled(ODD, 4))
async def test_no_odd_answer_breaks_a_call(
    odd: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is told, or shown as far as it can be."""

    def spoiled(request: httpx.Request) -> httpx.Response:
        answer = httpx.Response(200, json=ANSWERS[request.url.path], request=request)
        return ODD[odd](answer)

    def connected_to(*_: object) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://gecko", transport=httpx.MockTransport(spoiled))

    monkeypatch.setattr("hbmcp.api.sending.connect_service", connected_to)
    monkeypatch.setattr("hbmcp.api.sending.Client", partial(Client, limit=LIMIT))
    bridge = Bridge(ALL, Settings.model_construct(paper=True, paper_db=":memory:"))
    try:
        for tool, arguments in CALLS.values():
            outcome = await bridge.call(tool, arguments)
            assert "hbmcp itself failed" not in outcome.text, tool
            assert "Hummingbot API" not in outcome.text, tool
    finally:
        await bridge.aclose()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_nobody_there_is_told(tmp_path: Path) -> None:
    env = environment(HBMCP_GECKOTERMINAL_URL="http://127.0.0.1:9", HBMCP_TOOLSETS="geckoterminal,portfolio")
    with StdioServer(env=env, cwd=tmp_path) as server:
        text, failed = server.call("list_onchain_dexes")
        assert (text, failed) == (
            "GeckoTerminal can't be reached: nothing listens there. Nothing was sent. A person must see that this "
            "machine has a way to it and that HBMCP_GECKOTERMINAL_URL is its address; then call again, hbmcp needs no "
            "restart.",
            True,
        )
        assert not server.call("get_portfolio_balances")[1]  # ours is another


def test_it_is_never_told_who_asks(gecko: FaultyApi, api: FaultyApi, tmp_path: Path) -> None:
    tools = "list_onchain_dexes,list_accounts"
    env = connected(api.url, HBMCP_GECKOTERMINAL_URL=f"{gecko.url}{ROOT}", HBMCP_TOOLS=tools)
    gecko.requests.clear()
    with StdioServer(env=env, cwd=tmp_path) as server:
        assert not server.call("list_onchain_dexes")[1]
        assert not server.call("list_accounts")[1]
    assert "authorization" in api.requests[-1].headers
    told = json.dumps([one.headers for one in gecko.requests])
    assert USERNAME not in told
    assert PASSWORD not in told
    assert "authorization" not in told


def test_its_address_is_checked_and_holds_no_password(tmp_path: Path) -> None:
    env = environment(HBMCP_GECKOTERMINAL_URL="https://me:s3cret-words@gecko.example")
    with pytest.raises(AssertionError) as caught, StdioServer(env=env, cwd=tmp_path):
        pass
    assert "HBMCP_GECKOTERMINAL_URL: it must not hold a username or password" in str(caught.value)
    assert "s3cret-words" not in str(caught.value)
