"""What a person approves elsewhere is sent once, though it is called again meanwhile, or by two processes at once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from pydantic import SecretStr

from hbmcp.access.tokens import digest, key_of, new_token
from hbmcp.approving.carrying_out import WAITING, carried_out
from hbmcp.bridge import Bridge, Outcome
from hbmcp.catalog import Catalog
from hbmcp.policy.confirmation.approvals import EACH
from hbmcp.policy.model import Policy
from hbmcp.settings import Settings
from hbmcp.store import Approval, TokenRow
from tests.test_confirmation import ORDER

pytestmark = pytest.mark.anyio

OFFER = Catalog.load().choose()


@define
class Place:
    """An exchange on paper, and processes that share a store."""

    folder: Path
    stack: AsyncExitStack

    def bridge(self, over: int) -> Bridge:
        """A process that asks for what is worth more."""
        told = Settings.model_construct(
            paper=True,
            paper_db=str(self.folder / "paper.sqlite"),
            state_url=SecretStr(f"sqlite:///{self.folder / 'state.sqlite'}"),
        )
        policy = Policy.model_validate({"confirm": [{"when": f"over {over}", "ask": "terminal"}]})
        opened = Bridge(OFFER, told, policy=policy)
        self.stack.push_async_callback(opened.aclose)
        return opened

    @property
    def orders(self) -> int:
        with sqlite3.connect(self.folder / "paper.sqlite") as exchange:
            return int(exchange.execute("SELECT count(*) FROM orders").fetchone()[0])


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        yield Place(tmp_path, stack)


async def order(bridge: Bridge, key: str | None = None, client: str = "tests", **given: Any) -> Outcome:
    return await bridge.call("place_order", {**ORDER, **given}, client=client, key=key)


async def approve(bridge: Bridge, approval: Approval) -> Outcome:
    assert await bridge.store.move_approval(approval.id, WAITING, "approved", by="me")
    return await carried_out(bridge, approval, "terminal", "me")


@pytest.mark.parametrize("shows_token", [False, True])
async def test_a_key_is_kept_until_it_is_approved(place: Place, shows_token: bool) -> None:
    asks, free = place.bridge(400), place.bridge(100_000)
    store = asks.store
    if shows_token:
        row = TokenRow("desk", digest(new_token()), (), read_only=False, profile=None, created=0)
        await store.add_token(row)
        asks, free = (one.for_token("desk", key_of(row), OFFER, one._policy) for one in (asks, free))
    assert (await order(asks, "K1")).waits
    (one,) = await store.approvals()
    assert not (await approve(asks, one)).is_error
    for again in ({}, {"again": True}):
        assert "Not sent again" in (await order(free, "K1", **again)).text
        assert "Not sent again" in (await order(asks, "K1", **again)).text
    assert place.orders == 1


async def test_under_a_key_that_was_sent_meanwhile_nothing_is_carried_out(place: Place) -> None:
    asks, free = place.bridge(400), place.bridge(100_000)
    assert (await order(asks, "K1")).waits
    (one,) = await asks.store.approvals()
    assert not (await order(free, "K1", client="another")).is_error
    assert [one.state for one in await asks.store.approvals()] == ["expired"]
    assert (await carried_out(asks, one, "terminal", "me")).text.startswith("Not sent again")
    assert place.orders == 1


async def test_what_was_said_a_moment_ago_is_asked_for_only_where_it_is_meant(place: Place) -> None:
    asks, free = place.bridge(400), place.bridge(100_000)
    assert not (await order(free)).is_error
    assert "say again=true" in (await order(asks)).text
    assert await asks.store.approvals() == []
    assert (await order(asks, again=True)).waits
    (one,) = await asks.store.approvals()
    assert not (await approve(asks, one)).is_error
    assert place.orders == 2


async def test_what_another_said_after_it_was_asked_for_is_not_said_again(place: Place) -> None:
    asks, free = place.bridge(400), place.bridge(100_000)
    assert (await order(asks, again=True)).waits
    (one,) = await asks.store.approvals()
    assert not (await order(free, client="another")).is_error
    assert "The same was said" in (await approve(asks, one)).text
    (ended,) = await asks.store.approvals()
    assert ended.state == "failed"
    assert place.orders == 1


async def test_what_would_send_the_same_waits_once_and_ends_when_it_is_sent(place: Place) -> None:
    asks, free = place.bridge(400), place.bridge(100_000)
    assert (await order(asks)).waits
    assert (await order(asks, trading_pair="btc")).waits
    (one,) = await asks.store.approvals()
    assert "called again, it needed no approval" in (await order(free, amount=None, quote_amount="500.5")).text
    assert [(one.id, "expired")] == [(each.id, each.state) for each in await asks.store.approvals()]


@pytest.mark.parametrize("approved", [False, True])
async def test_what_waits_ends_when_the_same_is_sent(place: Place, approved: bool) -> None:
    """Even where a person said yes, and it is about to be carried out."""
    asks, free = place.bridge(400), place.bridge(100_000)
    assert (await order(asks)).waits
    (one,) = await asks.store.approvals()
    if approved:
        assert await asks.store.move_approval(one.id, WAITING, "approved", by="me")
    ended = f"approval {one.id} of place_order is expired: called again, it needed no approval"
    assert (await order(free, price="50000")).text.endswith(f"Since your last call: {ended}.")
    if approved:
        assert "was used already" in (await carried_out(asks, one, "terminal", "me")).text
    else:
        assert not await asks.store.move_approval(one.id, WAITING, "approved", by="me")
    assert place.orders == 1


async def test_what_waits_stays_where_another_call_is_sent(place: Place) -> None:
    asks, free = place.bridge(400), place.bridge(100_000)
    assert (await order(asks)).waits
    (one,) = await asks.store.approvals()
    assert not (await order(free, price="49000")).is_error
    assert not (await order(free.for_token("desk", "token-1", OFFER, Policy()))).is_error
    assert not (await order(free, client="another", again=True)).is_error
    assert await asks.store.approvals() == [one]


async def test_of_calls_at_once_in_two_processes_as_many_wait_as_may(place: Place) -> None:
    two = [place.bridge(400), place.bridge(400)]
    for bridge in two:
        await bridge.call("get_open_orders", {})
    same = await asyncio.gather(*(order(one) for one in two * 3))
    assert all(one.waits for one in same)
    assert len(await two[0].store.approvals()) == 1
    prices = range(40_001, 40_001 + 2 * EACH)
    several = await asyncio.gather(*(order(two[price % 2], price=str(price)) for price in prices))
    assert sum(one.waits for one in several) == EACH - 1
    assert len(await two[0].store.approvals()) == EACH
