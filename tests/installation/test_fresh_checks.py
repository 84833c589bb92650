"""Checks that are made again when they have become old before anything is sent, by a clock that the test moves."""

import pytest

from hbmcp import times
from hbmcp.installation import fresh_checks
from hbmcp.installation.fresh_checks import FRESH, ROUNDS, Checks, Stale, on_fresh_checks

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Its one number is the time."""
    moment = [1000.0]
    monkeypatch.setattr(fresh_checks, "ticking", lambda: moment[0])
    return moment


@pytest.mark.parametrize(
    ("takes", "reduces", "rounds"),
    [
        ([FRESH], False, 1),
        ([FRESH + 1, FRESH], False, 2),
        ([FRESH + 1, 900, 1], False, 3),
        ([FRESH + 1, 900], True, 2),
        ([0], True, 1),
    ],
)
async def test_what_is_sent_was_checked_just_now(
    clock: list[float], takes: list[float], reduces: bool, rounds: int
) -> None:
    async def check_and_send(checks: Checks) -> int:
        clock[0] += takes[checks.round - 1]
        checks.hold(reduces=reduces)
        return checks.round

    assert await on_fresh_checks(check_and_send) == rounds


async def test_what_adds_risk_is_refused_in_the_end(clock: list[float]) -> None:
    rounds = []

    async def check_and_send(checks: Checks) -> None:
        rounds.append(checks.round)
        clock[0] += 60
        checks.hold()

    with pytest.raises(Stale, match=r"passed, 3 times: .* Nothing was sent\. "):
        await on_fresh_checks(check_and_send)
    assert rounds == list(range(1, ROUNDS + 1))


def test_the_clock_goes_on() -> None:
    before = times.ticking()
    assert times.ticking() >= before
