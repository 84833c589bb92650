"""What waits for a yes at a terminal: nobody else gives it, it is carried out once, and checked anew."""

import asyncio
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from hbmcp.policy.confirmation.passphrase import hashed, is_it
from tests.conftest import hbmcp, http_server
from tests.forked import HBMCP, stdio
from tests.server.http.clients import MODES, made
from tests.server.http.clients import client as holding
from tests.test_confirmation import FIVE, ORDER, Place, placed, text

if sys.platform == "win32":
    pytest.skip("a terminal of our own", allow_module_level=True)
from tests.terminal import Terminal

pytestmark = pytest.mark.anyio

PASSPHRASE = "correct horse"
POLICY = '[[confirm]]\nwhen = "always"\nask = "terminal"\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return placed(tmp_path, "stdio", "auto", POLICY)


@asynccontextmanager
async def client(place: Place) -> AsyncIterator[Client]:
    """It declares that it can ask, and would say yes: a program without a screen."""

    async def yes(*_: Any) -> Any:
        raise AssertionError("it was asked")

    started = stdio([*HBMCP, "serve", "--toolsets", "trading,system"], env=place.env, cwd=place.folder)
    async with Client(started, mode="auto", elicitation_callback=yes) as opened:
        yield opened


def at_terminal(place: Place, *arguments: str, typing: tuple[tuple[str, str], ...] = ()) -> tuple[int, str]:
    with Terminal("approvals", *arguments, env=place.env, cwd=place.folder) as person:
        for prompt, said in typing:
            person.type(prompt, said)
        return person.end(), person.screen


def set_passphrase(place: Place) -> None:
    code, screen = at_terminal(place, "passphrase", typing=(("New passphrase", PASSPHRASE), ("Once more", PASSPHRASE)))
    assert code == 0, screen


def approve(place: Place, which: str, said: str = PASSPHRASE) -> tuple[int, str]:
    return at_terminal(place, "approve", which, typing=(("Passphrase", said),))


def approve_if_asked(place: Place, which: str) -> tuple[int, str]:
    """Who comes after another has approved it isn't asked."""
    with Terminal("approvals", "approve", which, env=place.env, cwd=place.folder) as person:
        try:
            person.type("Passphrase", PASSPHRASE)
        except AssertionError:
            assert "Nothing was done" in person.screen
        return person.end(), person.screen


def waiting(told: str) -> str:
    found = re.search(r"waits for a person's approval, id ([0-9a-f]{16}), until 20", told)
    assert found, told
    return found[1]


async def in_thread(do: Any, *arguments: Any) -> Any:
    return await anyio.to_thread.run_sync(lambda: do(*arguments))


@pytest.mark.slow
async def test_it_waits_and_is_carried_out_once_by_who_knows_the_passphrase(place: Place) -> None:
    async with client(place) as model:
        result = await model.call_tool("place_order", ORDER)
        assert not result.is_error
        which = waiting(text(result))
        assert not re.search(r"https?:|hbmcp approvals|approve", text(result))
        assert waiting(text(await model.call_tool("place_order", ORDER))) == which, "it waits once"
        five = waiting(text(await model.call_tool("place_orders", FIVE)))
        assert f"approval {which} of place_order waits for a person" in text(await model.call_tool("get_status", {}))
        assert place.orders == 0

        code, screen = await in_thread(at_terminal, place, "approve", which)
        assert code == 2
        assert "No passphrase is set" in screen
        await in_thread(set_passphrase, place)
        code, screen = await in_thread(approve, place, which, "another")
        assert code == 2
        assert "That isn't the passphrase. Nothing was done." in screen
        assert place.orders == 0

        code, screen = await in_thread(approve, place, which)
        assert code == 0, screen
        assert '"BUY 0.01 BTC-USDT LIMIT at 50000 on binance, account master_account"' in screen
        assert PASSPHRASE not in screen
        assert place.orders == 1
        code, screen = await in_thread(at_terminal, place, "approve", which)
        assert code == 2
        assert "is carried out" in screen
        told = text(await model.call_tool("get_open_orders", {}))
        assert f"Since your last call: approval {which} of place_order is carried out: " in told
        assert "Since your last call" not in text(await model.call_tool("get_open_orders", {}))

    async with client(place) as model:  # a server that came later
        assert "Since your last call" not in text(await model.call_tool("get_open_orders", {}))
        third = waiting(text(await model.call_tool("place_order", {**ORDER, "price": "49000"})))
        await in_thread(lambda: hbmcp("approvals", "refuse", third, env=place.env, cwd=place.folder))
        code, screen = await in_thread(approve, place, five)
        assert third not in screen
        assert code == 0, screen
        assert place.orders == 6
        told = text(await model.call_tool("get_open_orders", {}))
        assert f"approval {five} of place_orders is carried out: " in told
        assert f"approval {third} of place_order is refused" in told
    noes = [(one["outcome"], one["confirmed"]["question"]) for one in place.audit if one["event"] == "refused"]
    assert noes == [("unanswered", which), ("declined", third)]
    begun = [one["confirmed"] for one in place.audit if one["event"] == "begin"]
    assert [(one["question"], one["way"]) for one in begun] == [(which, "terminal"), (five, "terminal")]
    assert " at " in begun[0]["by"]


@pytest.mark.slow
async def test_refused_it_is_never_carried_out(place: Place) -> None:
    async with client(place) as model:
        which = waiting(text(await model.call_tool("place_order", ORDER)))
        done = await in_thread(lambda: hbmcp("approvals", "refuse", which, env=place.env, cwd=place.folder))
        assert done.returncode == 0, done.stderr
        code, screen = await in_thread(at_terminal, place, "approve", which)
        assert code == 2
        assert "is refused" in screen
        assert f"approval {which} of place_order is refused" in text(await model.call_tool("get_status", {}))
        listed = await in_thread(lambda: hbmcp("approvals", env=place.env, cwd=place.folder))
        assert which in listed.stdout
        assert "refused" in listed.stdout
    assert place.orders == 0
    (no,) = [one for one in place.audit if one["event"] == "refused"]
    assert (no["outcome"], no["confirmed"]["question"]) == ("declined", which)


@pytest.mark.slow
async def test_too_late_it_is_expired(place: Place) -> None:
    async with client(place) as model:
        which = waiting(text(await model.call_tool("place_order", ORDER)))
        await in_thread(set_passphrase, place)
        with sqlite3.connect(place.folder / "state.sqlite") as store:
            store.execute("UPDATE hbmcp_approvals SET until = 1")
        code, screen = await in_thread(at_terminal, place, "approve", which)
        assert code == 2
        assert "is expired" in screen
        assert f"Since your last call: approval {which} of place_order is expired." in text(
            await model.call_tool("get_open_orders", {})
        )
    assert place.orders == 0


@pytest.mark.slow
async def test_of_two_who_approve_at_once_one_carries_it_out(place: Place) -> None:
    async with client(place) as model:
        which = waiting(text(await model.call_tool("place_order", ORDER)))
        await in_thread(set_passphrase, place)
        ends = await asyncio.gather(*(in_thread(approve_if_asked, place, which) for _ in range(2)))
    assert sorted(code for code, _ in ends) == [0, 2], ends
    assert place.orders == 1


@pytest.mark.slow
async def test_what_changed_until_it_is_approved_isn_t_sent(place: Place) -> None:
    async with client(place) as model:
        half = {name: value for name, value in ORDER.items() if name != "amount"} | {"share": 50, "max_value": 10**6}
        which = waiting(text(await model.call_tool("place_order", half)))
        large = waiting(text(await model.call_tool("place_order", {**ORDER, "amount": "0.3", "max_value": 10**6})))
        await in_thread(set_passphrase, place)
        assert (await in_thread(approve, place, large))[0] == 0
        code, screen = await in_thread(approve, place, which)
        assert code == 1
        assert "when it was asked for, and is" in screen
        told = text(await model.call_tool("get_status", {}))
        assert f"approval {which} of place_order is failed: The " in told
    assert place.orders == 1


@pytest.mark.slow
async def test_a_limit_that_was_set_meanwhile_holds(place: Place) -> None:
    async with client(place) as model:
        which = waiting(text(await model.call_tool("place_order", ORDER)))
        await in_thread(set_passphrase, place)
        (place.folder / "policy.toml").write_text(f"{POLICY}[limits]\norder = 100\n", encoding="utf-8")
        code, screen = await in_thread(approve, place, which)
        assert code == 1
        assert "limit order is 100 USDT" in screen
    assert place.orders == 0


@pytest.mark.slow
async def test_a_secret_is_never_kept_until_somebody_approves_it(tmp_path: Path) -> None:
    place = placed(tmp_path, "stdio", "auto", POLICY)
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    keys = {"binance_api_key": "key-4711", "binance_api_secret": "secret-0815"}
    given = {"account_name": "master_account", "connector_name": "binance", "credentials": keys}
    started = stdio([*HBMCP, "serve", "--tools", "add_credential"], env=place.env, cwd=tmp_path)
    async with Client(started, mode="auto") as model:
        result = await model.call_tool("add_credential", given)
        assert result.is_error
        assert "isn't kept until somebody approves it" in text(result)
    assert b"secret-0815" not in (tmp_path / "state.sqlite").read_bytes()


@pytest.mark.slow
def test_a_passphrase_is_kept_as_what_it_can_t_be_known_by() -> None:
    kept = hashed(PASSPHRASE)
    assert PASSPHRASE not in kept
    assert kept != hashed(PASSPHRASE)
    assert is_it(PASSPHRASE, kept)
    assert not is_it(f"{PASSPHRASE} ", kept)


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "orders"), [("y", 1), ("n", 0), ("", 0)])
def test_who_calls_at_a_terminal_is_asked_there(tmp_path: Path, typed: str, orders: int) -> None:
    place = placed(tmp_path, "stdio", "auto")
    given = [f"{name}={value}" for name, value in ORDER.items()]
    with Terminal("call", "place_order", *given, env=place.env, cwd=tmp_path) as person:
        person.type(r"Send it\?", typed)
        code = person.end()
    assert (code, place.orders) == (0 if orders else 1, orders), person.screen
    done = hbmcp("call", "place_order", *given, "again=true", env=place.env, cwd=tmp_path)
    assert "nobody can be: this isn't a terminal" in done.stdout
    assert place.orders == orders
    if orders:
        (begun,) = [one["confirmed"] for one in place.audit if one["event"] == "begin"]
        assert begun["way"] == "keyboard"


@pytest.mark.slow
def test_who_calls_at_a_terminal_types_the_passphrase_where_the_policy_says_so(place: Place) -> None:
    given = [f"{name}={value}" for name, value in ORDER.items()]
    for said, orders in ((None, 0), ("another", 0), (PASSPHRASE, 1)):
        with Terminal("call", "place_order", *given, env=place.env, cwd=place.folder) as person:
            if said is not None:
                person.type("Passphrase", said)
            code = person.end()
        assert (code, place.orders) == (0 if orders else 1, orders), person.screen
        if said is None:
            assert "No passphrase is set" in person.screen
            set_passphrase(place)
    (begun,) = [one["confirmed"] for one in place.audit if one["event"] == "begin"]
    assert begun["way"] == "terminal"
    done = hbmcp("call", "place_order", *given, "again=true", env=place.env, cwd=place.folder)
    assert waiting(done.stdout)
    assert place.orders == 1


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
async def test_who_showed_a_token_is_told_alone_and_its_profile_holds_when_it_is_carried_out(
    tmp_path: Path, mode: str
) -> None:
    place = placed(tmp_path, "http", mode, f"{POLICY}[profiles.small.limits]\norder = 1000\n")
    small = made("small", "--toolsets", "trading", "--profile", "small", env=place.env, cwd=tmp_path)
    other = made("other", "--toolsets", "trading", env=place.env, cwd=tmp_path)
    async with AsyncExitStack() as stack:
        address = stack.enter_context(http_server(place.env, tmp_path))
        one, two = [await stack.enter_async_context(holding(address, token, mode)) for token in (small, other)]
        which = waiting(text(await one.call_tool("place_order", ORDER)))
        third = waiting(text(await two.call_tool("place_order", {**ORDER, "price": "50001"})))
        await in_thread(set_passphrase, place)
        (tmp_path / "policy.toml").write_text(f"{POLICY}[profiles.small.limits]\norder = 400\n", encoding="utf-8")
        code, screen = await in_thread(approve, place, which)
        assert code == 1
        assert "limit order is 400 USDT" in screen
        assert (await in_thread(approve, place, third))[0] == 0
        told = [text(await client.call_tool("get_open_orders", {})) for client in (one, two)]
    assert f"approval {which} of place_order is failed" in told[0]
    assert third not in told[0]
    assert f"approval {third} of place_order is carried out" in told[1]
    assert which not in told[1]
    assert place.orders == 1
    (begun,) = [line for line in place.audit if line["event"] == "begin"]
    assert (begun["token"], begun["confirmed"]["question"]) == ("other", third)
