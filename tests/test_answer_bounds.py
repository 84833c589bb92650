"""What is read of an answer is bounded, doesn't keep other calls waiting, and is that request's own answer."""

import asyncio
import gzip
import json
from typing import Any

import pytest

from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.policy.model import Policy
from hbmcp.settings import Settings
from hummingbot_api.client import AT_ONCE
from tests.conftest import EVERY, PASSWORD, USERNAME
from tests.faulty_api import FaultyApi, Reply

pytestmark = pytest.mark.anyio

CATALOG = Catalog.load()
BOMB = gzip.compress(b"[" + b" " * 40_000_000 + b"]")
ORDER = {
    **{"account_name": "master_account", "connector_name": "binance", "trading_pair": "BTC-USDT"},
    **{"side": "BUY", "amount": "0.1", "order_type": "MARKET"},
}


@pytest.fixture
async def bridge(api: FaultyApi) -> Any:
    told = Settings.model_construct(api_url=api.url, api_username=USERNAME, api_password=password())
    made = Bridge(CATALOG.choose(tools=EVERY), told, policy=Policy())
    yield made
    await made.aclose()


def password() -> Any:
    from pydantic import SecretStr

    return SecretStr(PASSWORD)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=BOMB, headers=("content-encoding: gzip",)),
        Reply(body=b"[" + b" " * 33_000_000 + b"]"),
        Reply(500, body=BOMB, headers=("content-encoding: gzip",)),
    ],
    ids=["gzip", "plain", "error"],
)
async def test_a_limit_on_bytes(reply: Reply, bridge: Bridge, api: FaultyApi) -> None:
    api.then(reply, reply)
    read = await bridge.call("list_accounts", {})
    assert "has more than 32 MB, which is the most that is read of one. Nothing was changed. Ask for less" in read.text
    sent = await bridge.call("submit_order", ORDER)
    assert sent.text.startswith("Outcome unknown: submit_order was answered, but the answer has more than 32 MB")
    assert len(api.requests) == 2


async def test_what_was_left_unread_spoils_no_connection(bridge: Bridge, api: FaultyApi) -> None:
    api.then(Reply(body=b"[" + b" " * 33_000_000 + b"]"), Reply.json(["mine"]))
    assert (await bridge.call("list_accounts", {})).is_error
    assert "mine" in (await bridge.call("list_accounts", {})).text


@pytest.mark.parametrize("tool", ["list_accounts", "submit_order"])
async def test_a_second_answer_is_nobody_s(tool: str, bridge: Bridge, api: FaultyApi) -> None:
    body = b'["of nobody"]'
    second = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    first = Reply.json(["one"] if tool == "list_accounts" else {"order_id": "x-1", "status": "submitted"})
    api.then(Reply(200, first.body, after=second), Reply.json(["two"]))
    await bridge.call(tool, ORDER if tool == "submit_order" else {})
    assert "two" in (await bridge.call("list_accounts", {})).text


@pytest.mark.parametrize(
    "reply",
    [Reply(body=b""), Reply(body=b"OK", content_type="text/plain"), Reply(body=b"<p>", content_type="text/html")],
)
async def test_neither_nothing_nor_text_is_an_answer(reply: Reply, bridge: Bridge, api: FaultyApi) -> None:
    api.then(reply, reply)
    assert "The answer to list_accounts isn't JSON." in (await bridge.call("list_accounts", {})).text
    sent = await bridge.call("submit_order", ORDER)
    assert "was accepted (HTTP 2xx), but its answer can't be read" in sent.text


@pytest.mark.parametrize("answer", [[], {}, None, "done", {"order_id": "x-1"}, {"status": "submitted"}, [1]])
async def test_an_answer_without_its_id_is_an_unknown_outcome(answer: Any, bridge: Bridge, api: FaultyApi) -> None:
    api.then(Reply.json(answer))
    outcome = await bridge.call("submit_order", ORDER)
    assert "submit_order was sent, and the answer (HTTP 200) isn't what was promised" in outcome.text
    assert json.dumps(answer, separators=(",", ":")) in outcome.text
    assert "First find out: look with" in outcome.text


async def test_a_big_answer_keeps_no_other_call_waiting(bridge: Bridge, api: FaultyApi) -> None:
    """While it is parsed the event loop goes on: its parser gives way to other threads."""
    rows = [{"name": f"account {number}", "n": number / 7} for number in range(100_000)]
    body = json.dumps(rows).encode()
    assert len(body) > AT_ONCE
    api.then(Reply(200, body))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    from hummingbot_api.client import read_json

    counting = asyncio.create_task(count())
    await asyncio.sleep(0)
    before = turns
    assert len(await read_json(body)) == 100_000
    counting.cancel()
    assert turns - before > 10
    assert "100000" in (await bridge.call("list_accounts", {})).text.replace(",", "")
