"""What policy and audit cost a call that isn't a read: processor time, to the same call without them."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr

from bench.latency import ORDER, WHERE, slow_paper
from bench.report import OURS, Row, ratio
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.gate import Gate
from hbmcp.policy.grant import Firing, Grant
from hbmcp.policy.model import Policy
from hbmcp.settings import Settings

TURNS = 120
WARM_UP = 10
WITHOUT = "without policy and audit"

EVERY = dict.fromkeys(("order", "hour", "day"), 10**9)
OPEN = {"position": 10**9, "day_loss": 10**9}

#: No bar is for those that read what is open.
POLICIES: Mapping[str, tuple[Policy, float | None]] = {
    "order, hour and day": (Policy.model_validate({"limits": EVERY}), 1.15),
    "position and the day's loss, too": (Policy.model_validate({"limits": EVERY | OPEN}), None),
}


class _NoEntry:
    """A line that nobody writes."""

    begun = False

    async def begin(self) -> None:
        """Nothing is written."""

    async def end(self, *_: object) -> None:
        """Nothing is written."""


class _Open(Gate):
    """A gate that stands open."""

    def __init__(self) -> None:
        """It needs nothing."""

    async def admit(self, call: Call) -> None:
        """Everybody."""

    @asynccontextmanager
    async def judging(self, *_: object, **__: object) -> AsyncIterator[None]:
        """Nothing is written."""
        yield

    async def question(self, *_: object) -> None:
        """Nobody is asked."""

    async def grant(self, call: Call, plan: Plan, began: float, firing: Firing | None = None, *_: object) -> Grant:
        """Everything, once."""

        async def refuse(_: PlannedRequest) -> None:
            """Nothing."""

        return Grant(plan, began, began, call.caller.kind, _NoEntry(), refuse, None, firing)  # type: ignore[arg-type]

    async def ended(self, *_: object) -> list[str]:
        """Nothing was approved."""
        return []

    async def standing(self, *_: object) -> tuple[str, ...]:
        """Nothing to know."""
        return ()

    async def aclose(self) -> None:
        """There is nothing to close."""


def rows(show: Callable[[float], str]) -> list[Row]:
    """A row a policy."""
    found = asyncio.run(_measured())
    what = "processor time of an order, to one without policy and audit: "
    rows = []
    for at, (name, (_, bar)) in enumerate(POLICIES.items()):
        of = f"{'  ' if at else what}limits of {name}"
        rows.append(ratio(of, {OURS: found[name], WITHOUT: found[WITHOUT]}, WITHOUT, show, bar=bar))
    return rows


async def _measured() -> dict[str, float]:
    """Seconds of each, the median; in turns, so that drift of the machine hits all alike."""
    offer = Catalog.load().choose()
    with tempfile.TemporaryDirectory() as folder, slow_paper(0) as address:

        def bridge(name: str, policy: Policy) -> Bridge:
            own = Path(folder) / name.replace(" ", "-")
            own.mkdir()
            settings = Settings.model_construct(
                api_url=address,
                api_username="paper",
                api_password=SecretStr("paper"),
                state_url=SecretStr(f"sqlite:///{own}/state.sqlite"),
            )
            return Bridge(offer, settings, policy=policy)

        bridges = {name: bridge(name, policy) for name, (policy, _) in POLICIES.items()}
        bridges[WITHOUT] = bridge(WITHOUT, Policy())
        bridges[WITHOUT]._gate = _Open()
        seconds: dict[str, list[float]] = {name: [] for name in bridges}
        for turn in range(WARM_UP + TURNS):
            for name in list(bridges)[:: 1 if turn % 2 else -1]:
                begin = time.process_time()
                placed = await bridges[name].call("place_order", {**ORDER, "again": True, "wait": 0})
                seconds[name].append(time.process_time() - begin)
                assert not placed.is_error, placed.text
                await _cleared(bridges[WITHOUT])
        for one in bridges.values():
            await one.aclose()
    return {name: median(values[WARM_UP:]) for name, values in seconds.items()}


async def _cleared(bridge: Bridge) -> None:
    """No order rests any more: a book that grows would be read by some alone."""
    cleared: Any = await bridge.call("cancel_orders", {**WHERE, "preview": False})
    assert not cleared.is_error, cleared.text
