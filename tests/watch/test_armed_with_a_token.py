"""A trigger that was armed with an access token: it is held to what that token is for when it fires."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp import times
from hbmcp.access.tokens import digest, key_of, new_token
from hbmcp.bridge import Bridge
from hbmcp.policy.model import Policy, bound
from hbmcp.store import TokenRow
from tests.paper.assistant import ALL, Assistant
from tests.paper.perpetual_account import open_position, sizes
from tests.watch.watched import PAIR, SPOT, Watched, watched

pytestmark = pytest.mark.anyio

BUY = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.1, "order_type": "MARKET"}}


def policy(order: int) -> Policy:
    return Policy.model_validate({"profiles": {"small": {"limits": {"order": order}}}})


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch, policy=policy(10_000)) as found:
        yield found


async def desk(one: Watched, profile: str | None = None) -> Assistant:
    """Who shows a token of that name."""
    row = TokenRow("desk", digest(new_token()), (), read_only=False, profile=profile, created=0)
    await one.store.add_token(row)
    bridge: Bridge = one.call.bridge
    held = bridge._policy if profile is None else bound(bridge._policy, profile)
    assert held is not None
    return Assistant(bridge.for_token("desk", key_of(row), ALL, held))


async def test_of_a_revoked_token_nothing_opens_and_what_reduces_goes_on(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    theirs = await desk(one)
    await theirs.good("create_trigger", **SPOT, below="47500", **BUY)
    await theirs.good("protect_position", trading_pair=PAIR, stop="47500")
    entry = {**SPOT, "side": "BUY", "amount": 0.1, "price": "49500", "stop_loss": "47500"}
    await theirs.good("place_order", **entry)
    for key in (1, 3):
        assert '"armed_with":"desk"' in await one.call.good("get_trigger", id=key)
    await one.store.revoke_token("desk", times.now())
    await one.rounds(12, price=49_400)
    await one.rounds(3, price=47_400)
    assert [await one.state(key) for key in (1, 2, 3)] == ["cancelled", "done", "done"]
    assert "the access token desk with which it was armed is revoked" in (await one.causes(1))[-1]
    assert any("desk with which it was armed is revoked" in words for words in one.call.bridge.news)
    assert sizes(one.api) == {}
    assert [order[:3] for order in one.orders() if order[0] == "binance"] == [
        ("binance", "BUY", "0.1"),
        ("binance", "SELL", "0.0999"),
    ]


async def test_one_that_stands_opens(one: Watched) -> None:
    await (await desk(one)).good("create_trigger", **SPOT, below="47500", **BUY)
    await one.rounds(3, price=47_400)
    assert await one.state(1) == "done"


async def test_it_stands_under_its_profile_as_that_is_when_it_fires(one: Watched) -> None:
    theirs = await desk(one, "small")
    assert "limit order is 10,000" in await theirs.bad(
        "create_trigger", **SPOT, below="47500", then="place_order", arguments={**BUY["arguments"], "amount": 1}
    )
    for level in ("47500", "46500", "45500"):
        await theirs.good("create_trigger", **SPOT, below=level, **BUY)
    await one.rounds(3, price=47_400)
    one.call.bridge._policy = policy(1_000)
    await one.rounds(3, price=46_400)
    one.call.bridge._policy = Policy()
    await one.rounds(3, price=45_400)
    assert [await one.state(key) for key in (1, 2, 3)] == ["done", "waiting", "cancelled"]
    assert "limit order is 1,000" in (await one.trigger(2)).memory.came
    assert "the policy has no profile small now" in (await one.causes(3))[-1]
    assert len(one.orders()) == 1


async def test_a_stop_goes_on_without_its_profile(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    await (await desk(one, "small")).good("protect_position", trading_pair=PAIR, stop="47500")
    one.call.bridge._policy = Policy()
    await one.rounds(3, price=47_400)
    assert await one.state(1) == "done"
    assert sizes(one.api) == {}
