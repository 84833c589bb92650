"""What a person is told to look at, and that it is told once."""

import logging
from pathlib import Path
from typing import Any

import pytest

from hbmcp.policy.audit.unusual import Lately
from tests.paper.spot_account import BUY
from tests.policy.audited import audited
from tests.policy.planning import policy


def call(number: int, outcome: str = "done", value: str = "100", pair: str = "BTC-USDT") -> list[dict[str, Any]]:
    plan = [{"words": f"BUY for {value}", "effect": "opens", "pair": pair, "value": value}]
    time = f"2026-11-30T00:00:{number:02}.000Z"
    return [
        {"event": "begin", "call": str(number), "tool": "place_order", "time": time, "plan": plan},
        {"event": "end", "call": str(number), "time": time, "outcome": outcome},
    ]


def refused(number: int, outcome: str) -> list[dict[str, Any]]:
    return [{"event": "refused", "call": str(number), "tool": "place_order", "outcome": outcome}]


def calls(*each: list[dict[str, Any]]) -> dict[str, str]:
    lately = Lately()
    for lines in each:
        for line in lines:
            lately.add(line)
    return lately.found


def test_the_everyday_is_nothing() -> None:
    assert calls() == {}
    assert calls(*(call(number) for number in range(20)), refused(20, "halted"), refused(21, "halted")) == {}
    assert calls(*(refused(number, "bad_arguments") for number in range(4))) == {}


def test_what_is_told() -> None:
    halted = calls(*(refused(number, "halted") for number in range(3)), refused(4, "refused"))
    assert halted["refusals"] == "4 calls were refused (halted 3, refused 1)"
    unknown = calls(call(1, "outcome_unknown"), call(2))
    assert unknown == {
        "unknown outcomes": "of 1 calls the outcome is unknown, the last place_order at 2026-11-30T00:00:01.000Z"
    }
    failing = [call(number, "failed") for number in range(5)]
    assert calls(*failing)["failures"] == "place_order failed 5 times in a row"
    assert calls(*failing, call(9)) == {}
    usual = [call(number) for number in range(5)]
    assert calls(*usual, call(9, value="999")) == {}
    assert calls(*usual, call(9, value="5000", pair="ETH-USDT")) == {}
    assert calls(*usual, call(9, value="5000"))["sizes"].startswith("BUY for 5000 was 50 times the usual, at 2026")


def nearly(number: int, used: str, since: int = 0, limit: str = "day today") -> list[dict[str, Any]]:
    begin, end = call(number)
    return [{**begin, "limits": [{"limit": limit, "since": since, "used": used}]}, end]


def test_a_look_and_a_tool_that_is_off_are_nothing_unusual() -> None:
    looks = [[{**refused(number, "limit_reached")[0], "preview": True}] for number in range(6)]
    off = [refused(10 + number, "unknown_tool") for number in range(4)]
    assert calls(*looks, *off) == {}


def test_a_limit_is_told_once_in_its_window() -> None:
    first = nearly(1, "81 of 100 USDT today")
    told = {"limits": "81 of 100 USDT today were used at 2026-11-30T00:00:01.000Z"}
    assert calls(first) == told
    assert calls(first, nearly(2, "90 of 100 USDT today")) == told
    assert calls(first, nearly(2, "85 of 100 USDT today", since=1)) == {
        "limits": "85 of 100 USDT today were used at 2026-11-30T00:00:02.000Z"
    }
    other = calls(first, nearly(2, "8 of 10 open orders", limit="open_orders open orders"))["limits"]
    assert other.count(" were used at ") == 2


def test_what_is_older_than_a_day_is_forgotten() -> None:
    lately = Lately()
    usual = [line for number in range(5) for line in call(number)]
    bad = [line for number in range(5) for line in call(20 + number, "outcome_unknown")]
    for line in (*usual, *call(9, value="5000"), *nearly(10, "81 of 100"), *bad):
        lately.add(line)
    for number in range(3):
        lately.add({**refused(number, "halted")[0], "time": f"2026-11-30T00:00:3{number}.000Z"})
    assert lately.found.keys() == {"refusals", "unknown outcomes", "failures", "sizes", "limits"}
    lately.forget("2026-11-30T00:00:10.000Z")
    assert lately.found.keys() == {"refusals", "unknown outcomes", "failures", "limits"}
    lately.forget("2026-11-30T00:00:21.000Z")
    assert lately.found["unknown outcomes"].startswith("of 4 calls")
    assert lately.found.keys() == {"refusals", "unknown outcomes", "failures"}  # refusals of that tool are failures too
    lately.forget("2026-11-30T00:01:00.000Z")
    assert lately.found == {}
    for line in (*usual, *call(9, value="5000")):
        lately.add(line)
    assert lately.found.keys() == {"sizes"}


@pytest.mark.anyio
async def test_limits_are_told_from_four_fifths_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    market = {**BUY, "amount": 0.01, "order_type": "MARKET", "again": True}  # some 681 USDT
    told: list[tuple[str, str]] = []
    async with audited(tmp_path, monkeypatch, told=policy(day=2500), tell=lambda *one: told.append(one)) as it:
        for _ in range(2):
            await it.call.good("place_order", **market)
        assert "Unusual" not in await it.call.good("get_status")
        await it.call.good("place_order", **market)
        (kind, words), *rest = told
        assert (kind, rest) == ("limits", [])
        assert words.startswith(
            "Unusual within a day: 2,043.38 of at most 2,500 USDT sent to open today were used at 20"
        )
        assert words in await it.call.good("get_status")
        assert words.removeprefix("Unusual within a day: ") in caplog.text
        assert [len(one.get("limits", ())) for one in it.lines] == [0, 0, 0, 0, 1, 0]
        await it.call.good("place_order", **{**market, "amount": 0.002})
        assert len(told) == 1
    async with audited(tmp_path, monkeypatch, told=policy(day=2500), tell=lambda *one: told.append(one)) as it:
        assert words in await it.call.good("get_status")
        assert len(told) == 1


@pytest.mark.anyio
async def test_what_gets_worse_is_told_again_and_what_does_not_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    nope = {**BUY, "trading_pair": "NOPE-USDT", "amount": 1, "order_type": "MARKET"}
    async with audited(tmp_path, monkeypatch, tell=lambda *one: told.append(one)) as it:
        for _ in range(4):
            await it.call.bad("place_order", **nope)
        await it.call.good("place_order", **BUY, amount=0.01, order_type="MARKET")
        await it.call.bad("place_order", amount="much")
    assert told == [
        ("refusals", "Unusual within a day: 3 calls were refused (refused 3)."),
        ("refusals", "Unusual within a day: 4 calls were refused (refused 4)."),
    ]


@pytest.mark.anyio
async def test_it_stands_in_get_status_and_once_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        assert "Unusual" not in await it.call.good("get_status")
        for _ in range(4):
            await it.call.bad("place_order", **{**BUY, "trading_pair": "NOPE-USDT"}, amount=1, order_type="MARKET")
        assert "Unusual within a day: 4 calls were refused (refused 4)" in await it.call.good("get_status")
        warnings = [one for one in caplog.records if one.levelno == logging.WARNING and "Unusual" in one.message]
        assert len(warnings) == 1
    async with audited(tmp_path, monkeypatch) as it:  # another process, by what the log has
        assert "4 calls were refused" in await it.call.good("get_status")
