"""What of a granted plan may still be sent when its checks have become old, by a clock that the test moves."""

from types import SimpleNamespace
from typing import Any

import pytest

from hbmcp import times
from hbmcp.catalog import EFFECTS, Effect
from hbmcp.installation.fresh_checks import FRESH, SOON, Stale
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.policy import grant
from hbmcp.results.answer import Answer
from hbmcp_tools import system
from tests.installation.granted import granted

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("takes", [0, FRESH, FRESH + 1, 900])
async def test_only_what_reduces_goes_out_on_old_checks(
    monkeypatch: pytest.MonkeyPatch, effect: Effect, takes: float
) -> None:
    planned = PlannedRequest.of(effect, "look", Stake(), system.get_api_version)
    monkeypatch.setattr(grant, "ticking", lambda: 1000 + takes)
    given = granted(Plan(Answer(None), (planned,)), 1000)
    sent = []

    async def send() -> Any:
        sent.append(planned)
        return SimpleNamespace(raw=None)

    if takes <= FRESH or effect in ("reduces", "cancels", "stops"):
        await given.send(planned, send)
        with pytest.raises(RuntimeError, match="what no plan covers: look"):
            await given.send(planned, send)
        assert sent == [planned]
    else:
        with pytest.raises(Stale, match=r"passed, 3 times: .* Nothing was sent\. "):
            await given.send(planned, send)
        assert sent == []


@pytest.mark.parametrize("takes", [SOON, SOON + 1])
async def test_what_comes_between_the_last_check_and_the_first_request_takes_seconds(
    monkeypatch: pytest.MonkeyPatch, takes: float
) -> None:
    first, second = (PlannedRequest.of("opens", one, Stake(), system.get_api_version) for one in ("one", "two"))
    given = granted(Plan(Answer(None), (first, second)), 1000, checked=1010)

    async def send() -> Any:
        return SimpleNamespace(raw=None)

    monkeypatch.setattr(grant, "ticking", lambda: 1010 + takes)
    if takes > SOON:
        with pytest.raises(Stale):
            await given.send(first, send)
    else:
        await given.send(first, send)
        monkeypatch.setattr(grant, "ticking", lambda: 1000 + FRESH)
        await given.send(second, send)


def test_the_clock_goes_on() -> None:
    before = times.ticking()
    assert times.ticking() >= before
