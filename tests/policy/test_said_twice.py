"""The same call again: what is the same, what could do more, and what a key stands for."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.catalog import Catalog, Tool
from hbmcp.errors import BadArguments, SaidTwice
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import Later, PlannedRequest
from hbmcp.policy.said_twice import (
    SentBefore,
    check_key,
    digest,
    may_be_meant_once,
    refuse_known_key,
    refuse_twice,
    sent_by,
)
from hbmcp.results.answer import Answer
from tests.policy.planning import NOW, request, row

CATALOG = Catalog.load()
DAY = 86_400_000
GIVEN = {"trading_pair": "BTC-USDT", "amount": Decimal("0.10"), "config": {"levels": [1, Decimal("2.0")]}}


def test_what_means_the_same_has_one_digest() -> None:
    same = {**GIVEN, "amount": Decimal("0.1"), "config": {"levels": [1, Decimal(2)]}, "price": None}
    beside = {"wait": Decimal(60), "max_value": Decimal(9), "again": True, "preview": False}
    assert (
        digest("place_order", GIVEN)
        == digest("place_order", dict(reversed(same.items())))
        == digest("place_order", {**same, **beside})
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("50000.0", "50000", True),
        ("50000", Decimal(50000), True),
        (50000, Decimal("50000.00"), True),
        ("0.10", Decimal("0.1"), True),
        ("-0", "0", True),
        ("007", "7", False),
        ("-3%", "-3", False),
        ("1e3", "1000", False),
        (True, 1, False),
        (None, "", False),
    ],
)
def test_a_figure_is_the_same_however_it_is_written(one: Any, other: Any, same: bool) -> None:
    marks = [digest("place_order", {"config": {"price": price}}) for price in (one, other)]
    assert (marks[0] == marks[1]) is same


def test_what_would_be_sent_is_the_same_for_the_same_requests_alone() -> None:
    def mark(*requests: PlannedRequest, later: tuple[Later, ...] = ()) -> str:
        return sent_by("place_order", Plan(Answer({}), requests, later=later))

    one = request()
    assert mark() == ""
    assert mark(one) == mark(evolve(one, words="in other words"))
    body = one.request.json
    for changed in ({"amount": Decimal("1.00")}, {"amount": Decimal(2)}, {"trading_pair": "ETH-USDT"}):
        other = evolve(one, request=evolve(one.request, json={**body, **changed}))
        assert (mark(one) == mark(other)) is (changed == {"amount": Decimal(1)})
    assert len({mark(one), mark(one, one), mark(one, later=(Later.fired(one, "place_order"),))}) == 3
    kept = [PlannedRequest.kept("place_order", "triggers", words) for words in ("a stop at 1", "a stop at 2")]
    assert mark(one, kept[0]) != mark(one, kept[1])
    assert sent_by("place_orders", Plan(Answer({}), (one,))) != mark(one)


@pytest.mark.parametrize("other", [{"amount": Decimal("0.11")}, {"side": "SELL"}, {"config": {"levels": [2, 1]}}])
def test_what_differs_has_another(other: dict[str, Any]) -> None:
    assert digest("place_order", {**GIVEN, **other}) != digest("place_order", GIVEN)
    assert digest("submit_order", GIVEN) != digest("place_order", GIVEN)


@given(st.dictionaries(st.text(), st.text() | st.decimals() | st.booleans() | st.lists(st.text())))
def test_any_arguments_have_a_digest(arguments: dict[str, Any]) -> None:
    assert len(digest("place_order", arguments)) == 64


@pytest.mark.parametrize(
    ("effect", "arguments", "once"),
    [
        ("opens", {}, True),
        ("moves", {}, True),
        ("reduces", {}, False),
        ("reduces", {"fraction": Decimal(1)}, False),
        ("reduces", {"fraction": Decimal("0.5")}, True),
        ("reduces", {"amount": Decimal(1)}, True),
        ("reduces", {"percentage": Decimal(50)}, True),
        ("reduces", {"percentage": Decimal(100)}, False),
        ("cancels", {"amount": Decimal(1)}, False),
        ("stops", {}, False),
    ],
)
def test_what_closes_all_cannot_do_it_twice(effect: Any, arguments: dict[str, Any], once: bool) -> None:
    assert may_be_meant_once(Plan(Answer({}), (request(effect),)), arguments) is once


@pytest.mark.parametrize("state", ["reserved", "sent", "unknown"])
def test_the_same_within_a_minute_is_refused_and_told(state: Any) -> None:
    before = row(time=NOW - 12_000, state=state, reference="X-1", words="BUY 1 BTC-USDT LIMIT 100", holder="token-1")
    others = row(time=NOW - 1_000, reference="X-2", holder="token-2")
    with pytest.raises(SaidTwice) as error:
        refuse_twice("d", [before, others], NOW, "token-1")
    text = str(error.value)
    assert text.startswith("The same was said 12 s ago, and BUY 1 BTC-USDT LIMIT 100 ")
    assert 'as "X-1"' in text or "as X-1" in text
    assert "again=true" in text
    assert "Nothing was sent this time." in text
    assert "X-2" not in text


@pytest.mark.parametrize("holder", ["token-1", "", None])
def test_of_what_another_said_it_is_told_that_it_was_and_nothing_that_became_of_it(holder: str | None) -> None:
    before = row(time=NOW - 12_000, state="sent", reference="X-1", words="BUY 1 BTC-USDT", holder=holder)
    with pytest.raises(SaidTwice) as error:
        refuse_twice("d", [before], NOW, "token-2")
    text = str(error.value)
    assert text.startswith("The same was said 12 s ago by another")
    assert "again=true" in text
    assert "Nothing was sent this time." in text
    assert "X-1" not in text
    assert "BUY" not in text


def test_what_is_a_minute_old_or_another_is_not() -> None:
    refuse_twice("d", [row(time=NOW - 60_000), row(digest="e")], NOW, "")


def test_a_key_stands_for_what_was_sent_under_it_for_a_day() -> None:
    before = row(time=NOW - DAY + 1, state="sent", reference="X-1", idempotency_key="k")
    with pytest.raises(SentBefore, match="X-1"):
        refuse_known_key("k", "d", [before], NOW)
    with pytest.raises(BadArguments, match="another call"):
        refuse_known_key("k", "other", [before], NOW)
    refuse_known_key("k", "d", [before], NOW + 1)
    refuse_known_key("j", "d", [before], NOW)


def test_the_same_sent_is_the_same_however_it_was_said() -> None:
    before = row(time=NOW - 1, state="sent", reference="X-1", idempotency_key="k", sent="s", holder="")
    refuse_twice("other", [before], NOW, "", sent="t")
    refuse_twice("other", [evolve(before, sent="")], NOW, "", sent="")
    refuse_twice("other", [evolve(before, caller="trigger")], NOW, "", sent="s")  # which nobody said
    with pytest.raises(SaidTwice, match="X-1"):
        refuse_twice("other", [before], NOW, "", sent="s")
    with pytest.raises(SentBefore, match="X-1"):
        refuse_known_key("k", "other", [before], NOW, sent="s")
    with pytest.raises(BadArguments, match="another call"):
        refuse_known_key("k", "other", [before], NOW, sent="t")
    refuse_known_key("k", "other", [before], NOW, sent=None)  # which may be the same yet


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 201, 7, True, ["k"], {}])
def test_what_is_no_key_is_refused(key: Any) -> None:
    with pytest.raises(BadArguments):
        check_key(key)


@pytest.mark.parametrize("tool", [one for one in CATALOG.tools.values() if not one.reads], ids=lambda one: one.name)
def test_what_does_as_much_again_can_be_told_to(tool: Tool) -> None:
    effects = [CATALOG.tools[name].effect for name in (tool.name, *tool.uses)]
    trades = {"opens", "moves", "reduces"} & {one.get("is") for one in effects}
    deploys = any(one.get("is") == "runs_code" and "account" in one for one in effects)
    assert ("again" in tool.schema["properties"]) == bool(trades or deploys)


def test_no_read_is_told_to_do_it_again() -> None:
    assert not any("again" in one.schema["properties"] for one in CATALOG.tools.values() if one.reads)


def test_a_uuid_is_a_key() -> None:
    check_key("0b9f4f3e-7f4e-4c1f-9a53-1d2f7c3f8a11")
