"""A profile's limits that time uses up count what one token did, and the policy's own what everybody does."""

import re
from pathlib import Path
from typing import Any

import pytest

from hbmcp.bridge import Bridge
from hbmcp.caller import Access
from hbmcp.policy.model import Policy, bound
from hbmcp.store import LedgerRow
from tests.paper.assistant import ALL, Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.spot_account import BUY
from tests.policy.planning import row
from tests.policy.test_confirmation import Person

pytestmark = pytest.mark.anyio

MARKET = {**BUY, "order_type": "MARKET", "amount": 0.01, "again": True}  # some 681 USDT

PROFILES: list[tuple[dict[str, Any], str]] = [
    ({"limits": {"day": 1500}}, "limit day is 1,500 USDT sent to open today with this access token"),
    ({"limits": {"hour": 1500}}, "limit hour is 1,500 USDT sent to open within an hour with this access token"),
    ({"limits": {"orders_a_minute": 2}}, "limit orders_a_minute is 2 orders a minute with this access token"),
    (
        {"budgets": {"trial": {"account": "master_account", "amount": 1500}}},
        "budget trial is 1,500 USDT sent to open at master_account with this access token",
    ),
]


def told(profile: dict[str, Any], **own: Any) -> Policy:
    return Policy.model_validate({"profiles": {"small": profile}, **own})


def holding(call: Assistant, policy: Policy, holder: str, profile: str | None = "small") -> Bridge:
    theirs = policy if profile is None else bound(policy, profile)
    assert theirs is not None
    return call.bridge.for_token(holder, holder, ALL, theirs)


async def sent(bridge: Bridge) -> str:
    outcome = await bridge.call("place_order", MARKET)
    return outcome.text if outcome.is_error else ""


@pytest.mark.parametrize(("profile", "said"), PROFILES)
async def test_what_others_do_uses_up_nothing_of_it(
    profile: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = told(profile)
    with PaperApi(tmp_path) as api:
        async with assistant(api, monkeypatch, policy=policy) as call:
            one, two = (holding(call, policy, holder) for holder in ("token-1", "token-2"))
            for bridge in (call.bridge, holding(call, policy, "token-3", None), one, one, two):
                assert await sent(bridge) == ""
            assert said in await sent(one)
            preview = (await one.call("place_order", {**MARKET, "preview": True})).text
            assert "It would be refused" in preview
            assert await sent(two) == ""
            assert said in await sent(two)
            assert await sent(call.bridge) == ""
            assert "with this access token" in (await two.call("get_status", {})).text.rpartition("Limits: ")[2]


async def test_the_policy_s_own_count_what_everybody_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = told({"limits": {"day": 1500, "order": 1000}}, limits={"day": 2500})
    with PaperApi(tmp_path) as api:
        async with assistant(api, monkeypatch, policy=policy) as call:
            one = holding(call, policy, "token-1")
            for bridge in (call.bridge, call.bridge, one):
                assert await sent(bridge) == ""
            assert "limit day, which others use up too, doesn't leave the 6" in await sent(one)
            large = await one.call("place_order", {**MARKET, "amount": 0.02})
            assert "limit order is 1,000 USDT" in large.text


SHARED = {"day": 2500, "hour": 2500, "orders_a_minute": 4, "open_orders": 9, "pair": 90000, "day_loss": 9000}


@pytest.mark.parametrize("budget", [False, True])
async def test_of_what_all_use_up_it_is_told_what_would_pass_alone(
    budget: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In previews, refusals, questions and get_status."""
    own: dict[str, Any] = {"limits": {"day": 1500, "order": 1000}}
    if budget:
        own = {"budgets": {"trial": {"account": "master_account", "amount": 1500}}}
    everybody = {"account": "master_account", "amount": 2500}
    policy = told(own, limits=SHARED, budgets={"all": everybody}, confirm="always")
    yes = Person()
    with PaperApi(tmp_path) as api:
        async with assistant(api, monkeypatch, policy=policy) as call:
            one = holding(call, policy, "token-1")
            for bridge in (call.bridge, call.bridge):
                assert not (await bridge.call("place_order", MARKET, ask=yes)).is_error
            preview = (await one.call("place_order", {**MARKET, "preview": True})).text
            listed = preview.rpartition("Limits, with this: ")[2]
            which = "sent to open at master_account" if budget else "sent to open today"
            assert f"681.13 of at most 1,500 USDT {which} with this access token" in listed
            assert listed.count("with this access token") == listed.count(" of at most ") - (not budget)
            assert not (await one.call("place_order", MARKET, ask=yes)).is_error
            assert "681.13 of at most 1,500 USDT" in yes.asked[-1].words
            large = {**MARKET, "amount": 0.011}
            refused = await one.call("place_order", large, ask=yes)
            preview = (await one.call("place_order", {**large, "preview": True})).text
            status = (await one.call("get_status", {})).text
            for text in (refused.text, preview):
                asked = r"which others use up too, doesn't leave the 749\.\d\d USDT asked; "
                assert re.search(rf"policy's limit hour, {asked}its limit day, {asked}.*456\.\d\d would pass\.", text)
            for text in (refused.text, preview, status, *(one.words for one in yes.asked[2:])):
                assert "2,500" not in text
                assert "2,04" not in text
                assert "0,000" not in text
            assert "681.13 of at most 1,500 USDT" in status
            assert " of at most 2,500 USDT sent to open today" in (await call.bridge.call("get_status", {})).text


async def test_what_was_sent_before_it_was_kept_by_whom_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = told({"limits": {"day": 1500}})
    with PaperApi(tmp_path) as api:
        async with assistant(api, monkeypatch, policy=policy) as call:
            before: LedgerRow = row(opened=1000, time=api.clock.now(), account="master_account")
            assert before.holder is None
            await call.bridge.store.reserve([before], 0, lambda _: None)
            assert "1,000 used already" in await sent(holding(call, policy, "token-1"))


async def test_what_a_trigger_sends_is_of_who_armed_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted as its own, and held to what is left of it."""
    policy = told(PROFILES[0][0])
    with PaperApi(tmp_path) as api:
        async with assistant(api, monkeypatch, policy=policy) as call:
            fired = call.bridge.under(Access("desk", "token-1", "small"))
            assert fired is not None
            for bridge in (fired, holding(call, policy, "token-1")):
                assert await sent(bridge) == ""
            assert PROFILES[0][1] in await sent(fired)
