"""Connections are lent to one request each, and what a request costs doesn't depend on how many there are."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from hbmcp import settings
from hbmcp.api import pool
from hbmcp.api.connection import connect
from tests.conftest import PASSWORD, USERNAME
from tests.faulty_api import DROP, HANG, FaultyApi, Reply

pytestmark = pytest.mark.anyio

MANY = 20


@pytest.fixture
async def http(api: FaultyApi) -> AsyncIterator[httpx.AsyncClient]:
    told = settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD})
    async with connect(told, None) as client:
        yield client


def connections(http: httpx.AsyncClient) -> pool.Pool:
    assert isinstance(http._transport, pool.Pool)
    return http._transport


async def ask(http: httpx.AsyncClient, at_once: int) -> None:
    for answer in await asyncio.gather(*(http.get("/accounts/") for _ in range(at_once))):
        assert answer.json() == []


async def steps(http: httpx.AsyncClient, at_once: int) -> int:
    """How many functions of Python are called for so many requests."""
    count = 0

    def profile(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        await ask(http, at_once)
    finally:
        sys.setprofile(None)
    return count


async def test_many_requests_at_once_cost_what_each_costs_alone(http: httpx.AsyncClient) -> None:
    await ask(http, MANY)
    alone = await steps(http, 1)
    assert await steps(http, MANY) < 1.2 * MANY * alone


async def test_a_connection_is_lent_again(http: httpx.AsyncClient) -> None:
    for _ in range(3):
        await ask(http, MANY)
        assert len(connections(http).idle) == MANY
        assert not connections(http).lent


async def test_what_nobody_needs_any_more_is_closed(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask(http, MANY)
    before = [connection._pool for _, connection in connections(http).idle]
    monkeypatch.setattr(pool, "KEEP_ALIVE", 0)
    await ask(http, 1)
    assert len(connections(http).idle) == 1
    assert not [one for each in before for one in each.connections]


@pytest.mark.parametrize("reply", [DROP, Reply(after=b"HTTP/1.1 200 -\r\ncontent-length: 2\r\n\r\n{}")])
async def test_what_a_request_spoiled_is_lent_to_no_other(
    reply: Reply, http: httpx.AsyncClient, api: FaultyApi
) -> None:
    api.then(reply)
    try:
        await http.get("/accounts/")
    except httpx.RemoteProtocolError:
        assert reply is DROP
    assert not connections(http).idle
    assert not connections(http).lent
    await ask(http, 1)


async def test_those_that_are_lent_are_closed_with_the_rest(http: httpx.AsyncClient, api: FaultyApi) -> None:
    api.always = HANG
    asked = asyncio.create_task(http.get("/accounts/"))
    while not api.requests:
        await asyncio.sleep(0.001)
    (lent,) = connections(http).lent
    await http.aclose()
    assert not lent._pool.connections  # type: ignore[attr-defined]
    asked.cancel()
    await asyncio.wait([asked])
