"""What is one token holder's is no other's: keys, approvals, and what is told of them."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from hbmcp.access.tokens import digest, key_of, new_token
from hbmcp.approving.carrying_out import carried_out
from hbmcp.bridge import Bridge
from hbmcp.caller import Access, Caller
from hbmcp.catalog import Catalog
from hbmcp.errors import CantAsk, SettingsError
from hbmcp.identity import Identity
from hbmcp.installation.plan import Plan
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.approvals import EACH, Approvals
from hbmcp.policy.confirmation.demand import Demand
from hbmcp.policy.confirmation.question import Question
from hbmcp.policy.model import Policy
from hbmcp.policy.said_twice import Said
from hbmcp.results.answer import Answer
from hbmcp.settings import Settings
from hbmcp.store import Store, TokenRow
from tests.paper.assistant import ALL
from tests.paper.spot_account import BUY
from tests.policy.audited import audited

pytestmark = pytest.mark.anyio

DEMAND = Demand("terminal", relies=False, tolerance=Decimal(1), patience=60)
ASKS = Policy.model_validate({"confirm": [{"when": "always", "ask": "terminal"}]})


@pytest.fixture
def told(tmp_path: Path) -> Settings:
    url = SecretStr(f"sqlite:///{tmp_path / 'state.sqlite'}")
    return Settings.model_construct(state_url=url, api_username="trader")


@pytest.fixture
async def store(told: Settings) -> AsyncIterator[Store]:
    opened = Store.open(told, Identity.of(told))
    yield opened
    await opened.aclose()


def by(holder: str, token: str = "desk", client: str = "tests", number: int = 0) -> Call:
    caller = Caller("place_order", "trading", frozenset(), "client", client, Access(token, holder) if holder else None)
    return Call(caller, {"amount": Decimal(number)})


def asked(call: Call) -> Question:
    return Question.of(call, Plan(Answer("")), [], DEMAND, "USDT", "paper", "")


def theirs(bridge: Bridge, token: str, holder: str) -> Bridge:
    return bridge.for_token(token, holder, ALL, Policy())


async def test_of_the_places_for_approvals_each_holder_has_some(told: Settings, store: Store) -> None:
    approvals = Approvals(ASKS, told, store)

    async def waits(call: Call) -> None:
        await approvals.waiting(call, asked(call), Said.of(call))

    for number in range(EACH):
        await waits(by("token-1", client=f"client {number}", number=number))
        await waits(by("", token="", number=number))
    for full in (by("token-1", number=EACH), by("", token="", number=EACH)):
        with pytest.raises(CantAsk, match=f"{EACH} of its calls wait for an approval already"):
            await waits(full)
    await waits(by("token-1", client="client 0", number=0))  # which waits already
    await waits(by("token-2"))  # of the same name
    await waits(by("", token="", client="other"))
    (one,) = await approvals.standing("token-2")
    assert "waits for a person" in one


async def test_that_it_waits_stands_in_the_log_once_and_what_it_came_to_ends_with_one_stop(
    told: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    from hbmcp.cli.approvals import _waiting

    caplog.set_level("INFO")
    approvals = Approvals(ASKS, told, store)
    call = by("token-1")
    which = (await approvals.waiting(call, asked(call), Said.of(call))).id
    await approvals.waiting(call, asked(call), Said.of(call))  # which waits already
    (line,) = caplog.messages
    assert line.startswith(f"The approval {which} of place_order waits for a person until 20")
    assert line.endswith(": `hbmcp approvals` shows it.")
    assert await store.move_approval(which, ("waiting",), "carried out", came="It rests. Not filled.")
    said = f"approval {which} of place_order is carried out: It rests. Not filled"
    assert await approvals.standing("token-1") == (f"{said}.",)
    assert await approvals.ended("tests", "token-1") == [said]
    with pytest.raises(SettingsError) as error:
        await _waiting(store, which)
    assert str(error.value) == f"It doesn't wait any more: {said}. Nothing was done now."


async def test_what_a_token_called_that_is_revoked_by_now_isn_t_carried_out(told: Settings, store: Store) -> None:
    row = TokenRow("desk", digest(new_token()), (), read_only=False, profile=None, created=0)
    await store.add_token(row)
    call = by(key_of(row))
    question = asked(call)
    assert question.words.startswith("place_order on paper, called by tests, with the access token desk:")
    approvals = Approvals(ASKS, told, store)
    which = (await approvals.waiting(call, question, Said.of(call))).id
    await store.revoke_token("desk", 1)
    await store.add_token(TokenRow("desk", digest(new_token()), (), read_only=False, profile=None, created=0))
    assert await store.move_approval(which, ("waiting",), "approved", by="me")
    (approval,) = await store.approvals(ids=(which,))
    bridge = Bridge(ALL, told)
    assert (await carried_out(bridge, approval, "terminal", "me")).is_error
    await bridge.aclose()
    (ended,) = await store.approvals(ids=(which,))
    assert (ended.state, ended.came) == ("failed", "The access token desk that called is revoked. Nothing was sent.")


async def test_a_key_and_what_is_unusual_are_of_one_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    market = {**BUY, "amount": 0.001, "order_type": "MARKET", "again": True}
    nope = {**BUY, "trading_pair": "NOPE-USDT", "amount": 1, "order_type": "MARKET"}
    async with audited(tmp_path, monkeypatch) as it:
        bridge = it.call.bridge
        holders = [theirs(bridge, "a/b", "token-1"), theirs(bridge, "a", "token-2"), theirs(bridge, "a", "token-3")]
        for one, key in zip(holders, ("k", "b/k", "b/k"), strict=True):
            assert not (await one.call("place_order", market, key=key)).is_error
            assert "Not sent again" in (await one.call("place_order", market, key=key)).text
        for one in holders[1:]:  # of one name
            assert "# 2 rows" in (await one.calls()).text
        assert "# 6 rows" in (await it.call.bridge.calls()).text
        for _ in range(4):
            await it.call.bad("place_order", **nope)
        assert "Unusual within a day" in await it.call.good("get_status")
        assert "Unusual" not in (await holders[0].call("get_status", {})).text


async def test_figures_of_the_whole_installation_are_for_who_has_the_tool_that_tells_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Policy.model_validate({"limits": {"day": 7_000, "day_loss": 500, "open_orders": 9}})
    async with audited(tmp_path, monkeypatch, told=told) as it:
        looks, sees = (
            it.call.bridge.for_token("desk", "token-1", Catalog.load().choose(toolsets), told).for_resources()
            for toolsets in (("market_data",), ("system",))
        )
        without, with_them = (await looks.holds()).text, (await sees.holds()).text
        assert "limits.day_loss = 500 USDT" in without
        assert "Limits: " in with_them
        assert [one for one in with_them.splitlines() if not one.startswith("Limits: ")] == without.splitlines()
