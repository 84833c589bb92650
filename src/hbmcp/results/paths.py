"""The places in an answer that a path names: keys and indexes with dots between them, `*` for any; "" is all of it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

Json: TypeAlias = Any  # what json.loads gives, with Decimal for every number that isn't an int
Way: TypeAlias = tuple[str, ...]  # the keys that lead to a value


def split(path: str) -> Way:
    """`data.*.error` -> ("data", "*", "error"); "" -> ()."""
    return tuple(path.split(".")) if path else ()


def get(value: Json, way: Way) -> Json:
    """What stands at the end of the keys, or None. Here `*` is a key like any other."""
    for key in way:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def find(value: Json, way: Way) -> Iterator[Json]:
    """All values that the way leads to."""
    if not way:
        yield value
        return
    for child in _children(value, way[0]):
        yield from find(child, way[1:])


def holds(value: Json, way: Way, test: Callable[[Json], bool]) -> bool:
    """Whether the way leads somewhere, and the test is true of everything it leads to."""
    if not way:
        return test(value)
    children = list(_children(value, way[0]))
    return bool(children) and all(holds(child, way[1:], test) for child in children)


def masked(value: Json, way: Way) -> Json:
    """A copy with `***` in the places that the way leads to; null stays null."""
    return changed(value, way, lambda inner: None if inner is None else "***")


def changed(value: Json, way: Way, change: Callable[[Json], Json]) -> Json:
    """A copy with something else in the places that the way leads to."""
    if not way:
        return change(value)
    head, rest = way[0], way[1:]
    if isinstance(value, dict):
        return {key: changed(inner, rest, change) if head in ("*", key) else inner for key, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, rest, change) if head in ("*", str(at)) else inner for at, inner in enumerate(value)]
    return value


def _children(value: Json, head: str) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values() if head == "*" else [value[head]] if head in value else []
    if isinstance(value, list):
        return value if head == "*" else [value[int(head)]] if head.isdecimal() and int(head) < len(value) else []
    return []
