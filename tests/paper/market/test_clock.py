"""Clocks go forwards, as fast as they are told to."""

import time

import pytest

from hbmcp.paper.market.clock import FastClock, ManualClock, RealClock


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(1000)
    assert (clock.now(), clock.advance(500), clock.now()) == (1000, 1500, 1500)
    with pytest.raises(ValueError, match="go back"):
        clock.advance(-1)
    assert clock.now() == 1500


def test_a_fast_clock_multiplies_what_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 5_000_000_000
    monkeypatch.setattr(time, "monotonic_ns", lambda: passed)
    clock = FastClock(60, start=1000)
    assert clock.now() == 1000
    passed += 2_000_000_000
    assert clock.now() == 1000 + 60 * 2000


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        FastClock(speed)


def test_the_real_clock_holds_while_the_system_s_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", iter([2_000_000_000, 1_000_000_000, 3_000_000_000]).__next__)
    clock = RealClock()
    assert [clock.now() for _ in range(3)] == [2000, 2000, 3000]
