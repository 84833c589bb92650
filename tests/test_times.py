"""Times as they are asked for, sent and shown."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.times import duration, epoch, readable, to_iso, to_milliseconds, to_seconds

AT = 1795337073


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026-11-22T08:44:33Z", AT * 1000),
        ("2026-11-22T08:44:33", AT * 1000),
        ("2026-11-22 08:44:33", AT * 1000),
        ("2026-11-22 08:44:33 UTC", AT * 1000),
        ("2026-11-22T10:44:33.123+02:00", AT * 1000 + 123),
        ("2026-11-22", 1795305600000),
        ("1795337073", AT * 1000),
        (" 1795337073.1239 ", AT * 1000 + 123),
        ("1795337073123", AT * 1000 + 123),
    ],
)
def test_a_moment(text: str, milliseconds: int) -> None:
    assert to_milliseconds(text) == milliseconds
    assert to_seconds(text) == milliseconds // 1000


@pytest.mark.parametrize(
    ("text", "ago"),
    [("now", 0), ("90s", 90), ("30m", 1800), ("24h", 86400), ("7d", 604800), ("2w", 1209600), ("1.5h", 5400)],
)
def test_an_age_is_that_long_ago(text: str, ago: int) -> None:
    before = time.time()
    seconds, milliseconds = to_seconds(text), to_milliseconds(text)
    assert seconds is not None
    assert milliseconds is not None
    assert int(before) - ago <= seconds <= time.time() - ago
    assert before - ago - 0.001 <= milliseconds / 1000 <= time.time() - ago


def test_nothing_stays_nothing() -> None:
    assert to_seconds(None) is None
    assert to_milliseconds(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "24",
        "20261122",
        "24 hours",
        "-7d",
        "9" * 400,
        "999999999w",
        "2026-13-01",
        "1M",
        "1795337073123456",
    ],
)
def test_anything_else_is_refused_with_advice(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time\. Give an ISO date or time .* 24h"):
        to_seconds(text)


@pytest.mark.parametrize(
    ("value", "key", "text"),
    [
        (1795337073123, "timestamp", "2026-11-22T08:44:33.123Z"),
        (Decimal("1795337003.4458144"), "last_access_time", "2026-11-22T08:43:23.4458144Z"),
        (Decimal("1795337003.0"), "order_last_update", "2026-11-22T08:43:23Z"),
        ("1795337003", "created_at", "2026-11-22T08:43:23Z"),
        (Decimal("1.795337003E+9"), "ts", "2026-11-22T08:43:23Z"),
        (1795337003, "openTime", "2026-11-22T08:43:23Z"),
        (1795337003, "creation", "2026-11-22T08:43:23Z"),
        (1795337003, "next_funding_time", "2026-11-22T08:43:23Z"),
        (1795337003.5, "trade_timestamp", "2026-11-22T08:43:23.5Z"),
    ],
)
def test_an_epoch_is_readable(value: Any, key: str, text: str) -> None:
    assert readable(value, key) == text


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (1795337003, "volume"),
        (1795337003, "lifetime_volume"),
        (1077387264, "used"),
        (1000000000, "query_volume"),
        (2700, "time_limit"),
        (60, "executor_refresh_time"),
        (15, "cooldown_time"),
        (Decimal("3684.811328235"), "last_diff_timestamp"),
        (0, "close_timestamp"),
        (True, "created_at"),
        (None, "created_at"),
        ("2026-11-22T08:43:23Z", "created_at"),
        ("pending", "created_at"),
        (Decimal("NaN"), "timestamp"),
        (float("inf"), "timestamp"),
        (Decimal("1E+999999"), "timestamp"),
        ({}, "timestamp"),
    ],
)
def test_what_is_no_epoch_is_left_alone(value: Any, key: str) -> None:
    assert readable(value, key) is None


@given(
    st.one_of(
        st.decimals(978307200, 4102444799, places=9),
        st.integers(978307200, 4102444799),
        st.integers(978307200000, 4102444799999),
        st.decimals(978307200000, 4102444799999, places=4),
    )
)
def test_the_number_can_be_had_back(value: int | Decimal) -> None:
    found = epoch(value)
    assert found is not None
    text, unit = found
    whole = (datetime.fromisoformat(f"{text[:19]}+00:00") - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    number = whole + Decimal(f"0{text[19:-1]}")
    assert (number * 1000 if unit == "ms" else number) == value


def test_days_begin_at_midnight_utc() -> None:
    today, yesterday, now = (to_milliseconds(word) for word in ("today", "Yesterday", "now"))
    assert today % 86_400_000 == 0
    assert today - yesterday == 86_400_000
    assert 0 <= now - today < 86_400_000 + 60_000  # the day may have ended meanwhile


def test_to_iso_says_the_same_moment_in_utc() -> None:
    assert to_iso("2026-11-22T10:00:00.250+02:00") == "2026-11-22T08:00:00.250000+00:00"
    assert to_iso("1795334400") == "2026-11-22T08:00:00+00:00"
    assert to_iso(None) is None


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (2, "2 min"), (90, "90 min"), (118, "2 h"), (1440, "24 h"), (4321, "3 days"), (10_080, "7 days")],
)
def test_a_length_is_told_in_its_own_unit(minutes: int, words: str) -> None:
    assert duration(minutes * 60_000) == words
