"""Judging a condition: against a plain simulation, over any path of readings."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.triggers.condition import GAP, Condition, Memory

VALUES = st.decimals("0.01", "1000", places=2)
STEPS = st.integers(1, 2 * GAP)  # ms between two readings
PATHS = st.lists(st.tuples(STEPS, VALUES), min_size=1, max_size=30)
GOES = st.sampled_from(["above", "below"])


def judged(condition: Condition, path: list[tuple[int, Decimal]]) -> list[tuple[int, Decimal, bool, Memory]]:
    """Time, value, whether it holds, and what is remembered, reading after reading."""
    memory, now, found = Memory(), 0, []
    for step, value in path:
        now += step
        one = condition.judge(memory, value, now)
        memory = one.memory
        found.append((now, value, one.met, memory))
    return found


@given(path=PATHS, goes=GOES, level=VALUES)
def test_it_holds_at_and_beyond_its_level(path: list[tuple[int, Decimal]], goes: str, level: Decimal) -> None:
    condition = Condition.model_validate({"goes": goes, "level": level})
    for _, value, met, _ in judged(condition, path):
        assert met == (value >= level if goes == "above" else value <= level)


@given(path=PATHS, goes=GOES, trail=st.decimals("0.1", "50", places=1))
def test_a_trail_follows_the_best_since_and_never_moves_back(
    path: list[tuple[int, Decimal]], goes: str, trail: Decimal
) -> None:
    condition = Condition.model_validate({"goes": goes, "trail": trail})
    best = max if goes == "below" else min
    seen: list[Decimal] = []
    for _, value, met, memory in judged(condition, path):
        seen.append(value)
        assert memory.best == best(seen)
        away = best(seen) * trail / 100
        assert met == (value <= best(seen) - away if goes == "below" else value >= best(seen) + away)


@given(path=PATHS, goes=GOES, begins=VALUES)
def test_a_trail_begins_where_it_is_told_to(path: list[tuple[int, Decimal]], goes: str, begins: Decimal) -> None:
    condition = Condition.model_validate({"goes": goes, "trail": 5, "trail_from": begins})
    begun = False
    for _, value, met, memory in judged(condition, path):
        begun = begun or (value >= begins if goes == "below" else value <= begins)
        assert (memory.best is not None) == begun
        assert begun or not met


@given(path=PATHS, goes=GOES, level=VALUES, seconds=st.integers(1, 120))
def test_it_must_hold_in_every_reading_for_so_long_without_a_gap(
    path: list[tuple[int, Decimal]], goes: str, level: Decimal, seconds: int
) -> None:
    condition = Condition.model_validate({"goes": goes, "level": level, "holds_for": seconds})
    found = judged(condition, path)
    for place, (now, _, met, _) in enumerate(found):
        run = []  # the readings until now that hold, none longer than GAP after the one before
        for time, value, _, _ in reversed(found[: place + 1]):
            holds = value >= level if goes == "above" else value <= level
            if not holds or (run and run[-1] - time > GAP):
                break
            run.append(time)
        assert met == (bool(run) and now - run[-1] >= seconds * 1000)


def test_a_clock_that_goes_back_begins_anew() -> None:
    condition = Condition(goes="below", level=Decimal(100), holds_for=10)
    before = condition.judge(Memory(), Decimal(90), 1_000_000).memory
    back = condition.judge(before, Decimal(90), 900_000)
    assert not back.met
    assert back.memory.held == 900_000


@given(
    st.sampled_from(["above", "below"]),
    st.sampled_from([None, 5]),
    st.integers(90, 110),
    st.sampled_from([None, 1_000]),
    st.sampled_from([None, 1_000]),
)
def test_what_is_far_needs_no_judging(
    goes: Any, trail: int | None, value: int, held: int | None, doubted: int | None
) -> None:
    """It isn't met, and of what is remembered only the reading is another."""
    one = Condition(goes=goes, level=None if trail else Decimal(100), trail=trail)
    memory = Memory(held=held, doubted=doubted, best=Decimal(100) if trail else None)
    if one.is_far(memory, Decimal(value)):
        found = one.judge(memory, Decimal(value), 2_000)
        assert not found.met
        assert found.memory == memory.model_copy(update={"value": Decimal(value), "read": 2_000})
    elif not (trail or held or doubted):
        assert one.judge(memory, Decimal(value), 2_000).met
