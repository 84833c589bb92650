"""A person is sent to a page by a real client, and types an exchange's keys where no model sees them."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.types import ElicitRequestURLParams, ElicitResult

from tests.test_confirmation import Place, placed, text

pytestmark = pytest.mark.anyio

GIVEN = {"connector_name": "kucoin", "account_name": "second_account"}
TYPED = ("0b5f1f9e6fd24e3c9ab1f1c9", "s/ecret+odd=signs", "correct horse")


@pytest.fixture(params=[(transport, mode) for transport in ("stdio", "http") for mode in ("legacy", "auto")])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return placed(tmp_path, *request.param, policy="")


def at_the_page(action: str, addresses: list[str]) -> Callable[[Any], Awaitable[ElicitResult]]:
    """Types the keys, if it goes there."""

    async def visit(params: ElicitRequestURLParams) -> ElicitResult:
        addresses.append(params.url)
        if action == "accept":
            async with httpx.AsyncClient() as browser:
                page = await browser.get(params.url)
                names = re.findall(r'<input type="password" id="([^"]+)"', page.text)
                origin = re.sub(r"(https?://[^/]+).*", r"\1", params.url)
                keys = dict(zip(names, TYPED, strict=True))
                done = await browser.post(params.url, data=keys, headers={"Origin": origin})
                assert "second_account is connected to kucoin" in done.text
        return ElicitResult.model_validate({"action": action})

    return visit


async def test_what_is_typed_on_the_page_connects_the_exchange(place: Place) -> None:
    addresses: list[str] = []
    async with place.client(at_the_page("accept", addresses)) as client:
        opened = text(await client.call_tool("connect_exchange", GIVEN))
        after = text(await client.call_tool("get_accounts", {}))
    assert "second_account is connected to kucoin" in opened
    assert "Since your last call" not in opened + after
    assert after.count("kucoin") >= 2
    assert len(addresses) == 1
    assert not any(one in opened + after for one in (*TYPED, addresses[0]))
    (line,) = [one for one in place.audit if one.get("tool") == "add_credential" and one["event"] == "begin"]
    assert line["caller"] == "person"
    assert not any(one in str(place.audit) for one in TYPED)


@pytest.mark.slow
@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_who_does_not_go_there_sends_nothing_and_the_page_is_closed(place: Place, action: str) -> None:
    addresses: list[str] = []
    async with place.client(at_the_page(action, addresses)) as client:
        said = await client.call_tool("connect_exchange", GIVEN)
        with pytest.raises(httpx.ConnectError):
            httpx.get(addresses[0])
        accounts = text(await client.call_tool("get_accounts", {}))
    assert said.is_error
    assert "The user didn't open the page" in text(said)
    assert accounts.count("kucoin") == 1


@pytest.mark.slow
async def test_a_client_that_opens_no_pages_is_told_the_command(place: Place) -> None:
    async with place.client(None) as client:
        said = await client.call_tool("connect_exchange", GIVEN)
    assert said.is_error
    assert "hbmcp connect kucoin --account second_account" in text(said)
    assert "kucoin wants kucoin_api_key, " in text(said)


@pytest.mark.parametrize(("name", "near"), [("foobar", "."), ("kraken", "."), ("binanc", "; did you mean binance?")])
async def test_an_exchange_that_the_api_does_not_know_is_refused_before_anything_else(
    tmp_path: Path, name: str, near: str
) -> None:
    place = placed(tmp_path, "stdio", "auto", policy="")
    async with place.client(None) as client:
        said = await client.call_tool("connect_exchange", {"connector_name": name})
        nobody = await client.call_tool("connect_exchange", {"connector_name": "binance", "account_name": "nobody"})
    assert said.is_error
    refused = f"The paper exchange knows no exchange {name}{near} Nothing was sent. It has only these: binance, "
    assert text(said).startswith(refused)
    assert "hbmcp connect" not in text(said)
    assert text(nobody).startswith("There is no account nobody.")


async def test_where_the_policy_refuses_keys_nobody_is_sent_to_a_page(tmp_path: Path) -> None:
    place = placed(tmp_path, "stdio", "auto", policy='[deny]\ntools = ["add_credential"]\n')
    addresses: list[str] = []
    async with place.client(at_the_page("accept", addresses)) as client:
        said = await client.call_tool("connect_exchange", GIVEN)
    assert said.is_error
    assert "the policy denies it" in text(said)
    assert not addresses
