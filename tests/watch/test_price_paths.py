"""Whatever the price does: a trigger acts at the first moment its condition holds, once, as a simulation of its own
says, which knows nothing of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.installation.triggers.condition import Condition, Memory
from hbmcp.installation.triggers.trigger import Every, Spec
from tests.paper.perpetual_account import open_position
from tests.watch.watched import LONG, PERPETUAL, SPOT, above, below, buy, close, watched

ROUND = 2_000  # ms

prices = st.integers(90, 110)
paths = st.lists(prices, min_size=1, max_size=60)
percents = st.integers(1, 20)


def first(condition: Condition, path: list[int]) -> int | None:
    """At which price of the path ours is met first."""
    memory = Memory()
    for at, price in enumerate(path):
        judged = condition.judge(memory, Decimal(price), at * ROUND)
        if judged.met:
            return at
        memory = Memory.model_validate_json(judged.memory.model_dump_json())  # as it comes out of the store
    return None


@given(paths, prices, st.booleans())
def test_a_level(path: list[int], level: int, up: bool) -> None:
    met = [at for at, price in enumerate(path) if (price >= level if up else price <= level)]
    condition = Condition(goes="above" if up else "below", level=Decimal(level), **SPOT)
    assert first(condition, path) == (met[0] if met else None)


@given(paths, prices, st.integers(0, 12))
def test_a_level_that_must_hold(path: list[int], level: int, seconds: int) -> None:
    """It was beyond at every reading of the time before."""
    needed = -(-seconds * 1000 // ROUND)
    met = [at for at in range(needed, len(path)) if all(price <= level for price in path[at - needed : at + 1])]
    condition = Condition(goes="below", level=Decimal(level), holds_for=seconds, **SPOT)
    assert first(condition, path) == (met[0] if met else None)


@given(paths, percents, st.none() | prices, st.booleans())
def test_trailing(path: list[int], trail: int, begins: int | None, falls: bool) -> None:
    """So much behind the best of all prices since it began, among them those before this one only."""
    expected = None
    for at, price in enumerate(path):
        further = [begins is None or (one >= begins if falls else one <= begins) for one in path[: at + 1]]
        if True not in further:
            continue
        since = path[further.index(True) : at + 1]
        best = max(since) if falls else min(since)
        if price * 100 <= best * (100 - trail) if falls else price * 100 >= best * (100 + trail):
            expected = at
            break
    condition = Condition(
        goes="below" if falls else "above",
        trail=Decimal(trail),
        trail_from=None if begins is None else Decimal(begins),
        **SPOT,
    )
    assert first(condition, path) == expected


@contextmanager
def scratch() -> Iterator[tuple[Path, pytest.MonkeyPatch]]:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        yield Path(folder), monkeypatch


steps = st.lists(st.integers(-600, 600), min_size=1, max_size=15)
# Each has an exchange of its own: half as many as of what is only worked out.
with_an_exchange = settings(max_examples=max(settings.default.max_examples // 2, 15))


def walk(moves: list[int]) -> list[int]:
    path, price = [], 50_000
    for move in moves:
        price += move
        path.append(price)
    return path


@with_an_exchange
@given(steps)
def test_of_a_stop_and_a_target_the_first_acts_and_nothing_else(moves: list[int]) -> None:
    async def run() -> None:
        path = walk(moves)
        met = [("stop" if price <= 49_000 else "target") for price in path if price <= 49_000 or price >= 51_000]
        with scratch() as (folder, monkeypatch):
            async with watched(folder, monkeypatch) as one:
                open_position(one.api, "BUY", "0.2")
                stop = Spec(when=below(49_000, **PERPETUAL), then=close(), protects=LONG)
                target = Spec(when=above(51_000, **PERPETUAL), then=close(), protects=LONG)
                keys = await one.add(stop, target, bond="b")
                closed = 0
                for price in path:
                    await one.rounds(1, price=price)
                    closed += len(one.orders()) == 2
                states = dict(zip(("stop", "target"), [await one.state(key) for key in keys], strict=True))
                if not met:
                    assert set(states.values()) == {"waiting"}
                    assert len(one.orders()) == 1
                    return
                other = {"stop": "target", "target": "stop"}[met[0]]
                assert (states[met[0]], states[other]) == ("done", "cancelled")
                assert [row[1:3] for row in one.orders()] == [("BUY", "0.2"), ("SELL", "0.2")]
                beyond = [price <= 49_000 or price >= 51_000 for price in path]
                assert closed == len(path) - beyond.index(True)

    anyio.run(run)


@pytest.mark.slow
@with_an_exchange
@given(steps, st.integers(1, 4), st.integers(1, 9))
def test_as_often_as_asked_and_no_sooner(moves: list[int], count: int, pause: int) -> None:
    async def run() -> None:
        path = walk(moves)
        expected, free = [], 0
        for at, price in enumerate(path):
            if price <= 49_900 and at * ROUND >= free and len(expected) < count:
                expected.append(at)
                free = at * ROUND + pause * 1000
        with scratch() as (folder, monkeypatch):
            async with watched(folder, monkeypatch) as one:
                spec = Spec(
                    when=below(49_900), then=buy("0.01"), every=Every(pause=pause, count=count), slip=Decimal(50)
                )
                (key,) = await one.add(spec)
                bought = []
                for at, price in enumerate(path):
                    before = len(one.orders())
                    await one.rounds(1, price=price)
                    bought += [at] * (len(one.orders()) - before)
                assert bought == expected
                assert await one.state(key) == ("done" if len(expected) == count else "waiting")

    anyio.run(run)
