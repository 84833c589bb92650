"""Levels and times as people write them."""

from decimal import Decimal

import pytest

from hbmcp.errors import BadArguments
from hbmcp.installation.levels import parse_level
from hbmcp.installation.triggers.moments import parse_moment

NOW = 1_795_337_003_445  # 2026-11-22 08:43:23 UTC


@pytest.mark.parametrize(
    ("text", "level"),
    [("45000", "45000"), ("-5%", "95"), ("+ 2.5 %", "102.5"), ("5%", "105"), (" 0.1 ", "0.1"), ("-3", "-3")],
)
def test_a_level(text: str, level: str) -> None:
    assert parse_level("above", text, "").of(Decimal(100)) == Decimal(level)


@pytest.mark.parametrize("text", ["", "cheap", "5 percent", "--5%", "NaN", "45,000", "1e400%"])
def test_what_is_no_level(text: str) -> None:
    with pytest.raises(BadArguments, match="above can't be"):
        parse_level("above", text, "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("+1.5h", 5400), ("2 d", 172_800), ("2026-11-22T09:43:23.445Z", 3600), ("2026-11-23", 55_003)],
)
def test_a_moment_to_come(text: str, seconds: int) -> None:
    assert abs(parse_moment("expires", text, NOW) - NOW - seconds * 1000) < 10_000


@pytest.mark.parametrize("text", ["soon", "0s", "now", "today", "2026-11-22T08:43:23Z", "-5m", ""])
def test_what_is_past_or_no_time(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hbmcp.times._clock", lambda: NOW)
    with pytest.raises(BadArguments, match="expires can't be"):
        parse_moment("expires", text, NOW)
