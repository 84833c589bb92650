"""Reading the stored snapshots, from an API that pages as the real one does."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.performance.reading import interval_of, stored_snapshots
from hbmcp.installation.performance.snapshot_series import Place, Snapshot
from hummingbot_api.request import Request
from tests.installation.scripted_installation import Script

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = 1_795_337_003_445
SECONDS = {"5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "4h": 14_400, "12h": 43_200, "1d": 86_400}
PLACES: tuple[Place, ...] = (("a", "binance"), ("a", "kucoin"), ("b", "binance"))


@define
class History:
    """One balance for each time and place. A page is of so many balances, and cuts the last snapshot in two; it says
    that there is no more unless there are more times than were asked for; times are cut down to the minute."""

    rows: list[tuple[int, Place]]
    asked: list[Mapping[str, Any]] = field(factory=list)

    def __call__(self, request: Request[Any]) -> Any:
        wanted = request.json
        self.asked.append(wanted)
        step, limit = SECONDS[wanted["interval"]] * 1000, wanted["limit"]
        names = wanted.get("account_names")
        inside = [
            (time, place)
            for time, place in sorted(self.rows, key=lambda row: -row[0])
            if wanted["start_time"] <= time <= wanted["end_time"] and (not names or place[0] in names)
        ]
        states: dict[int, dict[str, dict[str, Any]]] = {}
        for time, (account, connector) in inside[: limit * (step // (5 * MINUTE)) + 1]:
            state = states.setdefault(time - time % MINUTE, {})
            state.setdefault(account, {})[connector] = [{"token": "USDT", "units": 1, "price": 1}]
        shown: list[int] = []
        for time in states:
            if not shown or step <= 5 * MINUTE or shown[-1] - time >= step:
                shown.append(time)
        return {
            "data": [{"timestamp": iso(time), "state": states[time]} for time in shown[:limit]],
            "pagination": {"has_more": len(shown) > limit, "next_cursor": None},
        }


def iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat()


def stored(first: int, last: int, every: int = 5 * MINUTE + 700, places: tuple[Place, ...] = PLACES) -> History:
    """Snapshots a little more than five minutes apart, as a loop that sleeps five minutes makes them."""
    return History([(time, place) for time in range(first, last + 1, every) for place in places])


def read(history: History, start: int, end: int, account: str | None = None) -> list[Snapshot]:
    script = Script({"get_portfolio_history": history})
    return asyncio.run(stored_snapshots(script.installation, start, end, account))


def cut(time: int) -> int:
    return time - time % MINUTE


def test_a_day_is_read_in_two_pages_from_just_before_its_beginning() -> None:
    history = stored(NOW - 3 * DAY, NOW)
    found = read(history, NOW - DAY, NOW)
    assert len(history.asked) == 2
    assert NOW - DAY - 6 * MINUTE <= found[0].time <= NOW - DAY
    assert NOW - 6 * MINUTE <= found[-1].time <= NOW
    assert 80 <= len(found) <= 100
    assert all(set(one.places) == set(PLACES) for one in found)


def test_where_data_begins_later_its_first_snapshot_is_found() -> None:
    history = stored(NOW - 30 * HOUR, NOW)
    found = read(history, NOW - 7 * DAY, NOW)
    assert found[0].time == cut(NOW - 30 * HOUR)


def test_a_page_that_is_cut_is_continued() -> None:
    """More balances than any page holds, though each page says that it is the last."""
    places = tuple(("a", f"exchange{n}") for n in range(70))
    history = stored(NOW - 2 * DAY, NOW, places=places)
    found = read(history, NOW - DAY, NOW)
    assert NOW - DAY - 6 * MINUTE <= found[0].time <= NOW - DAY
    assert max(later.time - one.time for one, later in pairwise(found)) <= 22 * MINUTE
    assert all(len(one.places) == 70 for one in found)


def test_a_gap_doesnt_stop_it() -> None:
    history = History([*stored(NOW - 2 * DAY, NOW - 30 * HOUR).rows, *stored(NOW - 2 * HOUR, NOW).rows])
    found = read(history, NOW - DAY, NOW)
    assert found[0].time == cut(NOW - 2 * HOUR)
    found = read(history, NOW - 40 * HOUR, NOW)
    assert found[0].time <= NOW - 40 * HOUR
    assert found[-1].time >= NOW - 6 * MINUTE


def test_who_didnt_answer_at_the_start_is_taken_from_minutes_before() -> None:
    history = stored(NOW - 2 * HOUR, NOW - 65 * MINUTE)
    history.rows += stored(NOW - 61 * MINUTE, NOW, places=PLACES[:1]).rows
    assert set(read(history, NOW - HOUR, NOW)[0].places) == set(PLACES)


def test_nothing_is_nothing() -> None:
    assert read(History([]), NOW - DAY, NOW) == []
    assert read(stored(NOW - 9 * DAY, NOW - 8 * DAY), NOW - DAY, NOW) == []


def test_an_account_is_asked_for_and_an_exchange_never() -> None:
    history = stored(NOW - DAY, NOW)
    found = read(history, NOW - HOUR, NOW, "b")
    assert {place for one in found for place in one.places} == {PLACES[2]}
    assert all(wanted.get("connector_names") is None for wanted in history.asked)


@given(st.integers(1, 400), st.integers(0, 400), st.integers(1, 9))
def test_both_ends_are_there_whatever_the_period(hours: int, earlier: int, places: int) -> None:
    names = tuple(("a", f"exchange{n}") for n in range(places))
    begun = NOW - earlier * HOUR
    history = stored(begun, NOW, every=20 * MINUTE, places=names)
    found = read(history, NOW - hours * HOUR, NOW)
    assert [one.time for one in found] == sorted({one.time for one in found})
    assert found[-1].time == cut(max(time for time, _ in history.rows))
    # the one for the start is looked for in the minutes before it, then after it
    begin = max(begun, NOW - hours * HOUR)
    assert begin - 20 * MINUTE <= found[0].time <= begin + 20 * MINUTE
    assert all(len(one.places) == places for one in found)
    assert len(history.asked) <= 6


def test_intervals() -> None:
    spans: list[tuple[int, str]] = [
        (HOUR, "5m"),
        (DAY, "15m"),
        (3 * DAY, "30m"),
        (7 * DAY, "1h"),
        (30 * DAY, "4h"),
        (90 * DAY, "12h"),
        (365 * DAY, "1d"),
    ]
    choose: Callable[[int], str] = interval_of
    assert [choose(span) for span, _ in spans] == [interval for _, interval in spans]
