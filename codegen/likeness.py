"""Which name is meant by one that isn't there: of operations, of what they take, and of what was mistyped."""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from attrs import frozen

from codegen.contract import Operation

NEAR = 0.6  # of 1, for one name or operation to be taken for another

A = TypeVar("A")
B = TypeVar("B")


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing where no name is near."""
    found = max(names, key=lambda one: spelling(name, one), default="")
    return f"; did you mean {found}?" if spelling(name, found) >= NEAR else ""


def spelling(one: str, other: str) -> float:
    """0 to 1."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def naming(one: str, other: str) -> float:
    """0 to 1; 1 where one name is in the other, as connector is in connector_name."""
    return 1 if one in other or other in one else spelling(one, other)


def paired(some: Iterable[A], others: Sequence[B], likeness: Callable[[A, B], float], least: float) -> dict[A, B]:
    """Each with the one that is likest, the likest pairs first; none is taken twice, and none where all are less
    alike."""
    ones = list(some)
    places = [(place, at) for place in range(len(ones)) for at in range(len(others))]
    scores = {(place, at): likeness(ones[place], others[at]) for place, at in places}
    found: dict[int, int] = {}
    for place, at in sorted(places, key=lambda pair: (-scores[pair], pair)):
        if scores[place, at] >= least and place not in found and at not in found.values():
            found[place] = at
    return {ones[place]: others[at] for place, at in sorted(found.items())}


@frozen
class Trait:
    """What of an operation is compared: `takes` are the names of its parameters and of its body, `gives` its answer,
    None where that isn't known."""

    method: str
    path: str
    takes: frozenset[str] | None = None
    gives: object = None

    @classmethod
    def of(cls, operation: Operation) -> "Trait":
        names = {parameter.name for parameter in operation.parameters}
        if operation.body:
            names.add(operation.body.schema.get("$ref", "body"))
        return cls(operation.method, operation.path, frozenset(names), operation.response)


def succession(before: Trait, after: Trait) -> float:
    """0 to 1, how likely the one takes the place of the other: the path counts most, the rest is what both take and
    give."""
    steps, others = _steps(before.path), _steps(after.path)
    if before.method != after.method and steps != others:
        return 0  # another method on another path is another operation
    words, other_words = [step for step in steps if step != "{}"], [step for step in others if step != "{}"]
    path = SequenceMatcher(None, steps, others, autojunk=False).ratio()
    ending = _ending(words, other_words) * float((steps[-1:] == ["{}"]) == (others[-1:] == ["{}"]))
    found = 0.25 * path + 0.25 * spelling("/".join(words), "/".join(other_words)) + 0.25 * ending
    if before.takes is None or after.takes is None:
        return found / 0.75
    gives = float(before.gives == after.gives and before.gives not in ({}, None))
    return found + 0.2 * _overlap(before.takes, after.takes) + 0.05 * gives


def _steps(path: str) -> list[str]:
    return [re.sub(r"\{.*?\}", "{}", step) for step in path.split("/") if step]


def _ending(words: Sequence[str], others: Sequence[str]) -> float:
    """How much of the shorter last name is in the other: all of "run" is in "run-backtesting"."""
    last, other = (set(re.findall(r"[^\W_]+", path[-1])) if path else set() for path in (words, others))
    return len(last & other) / max(1, min(len(last), len(other)))


def _overlap(some: frozenset[str], others: frozenset[str]) -> float:
    return len(some & others) / len(some | others) if some or others else 1.0
