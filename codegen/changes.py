"""Two contracts -> what changed between them, as a tool call that worked before sees it, and a report to read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import field, frozen

from codegen.contract import Contract, Operation
from codegen.differences import Difference, differences
from codegen.likeness import NEAR, Trait, paired, succession
from codegen.schema import reduce

USED = 3  # names of tools in a line; the summary above has all that may break


@frozen
class Changed:
    """An operation that both contracts have, but differently."""

    key: str
    differences: tuple[Difference, ...]

    @property
    def breaking(self) -> bool:
        return any(difference.breaking for difference in self.differences)


@frozen
class Removed:
    """An operation that is gone; the added one that most likely replaces it, and how that one differs."""

    key: str
    successor: str | None = None
    differences: tuple[Difference, ...] = ()


@frozen
class Changes:
    """All that changed. Operations are named by their keys, in the order of their contract. Those that only `moved`, as
    far as that is known, are neither removed nor added: old key -> new key."""

    added: tuple[str, ...]
    removed: tuple[Removed, ...]
    changed: tuple[Changed, ...]
    moved: Mapping[str, str] = field(factory=dict)

    @property
    def breaking(self) -> bool:
        return bool(self.removed) or any(change.breaking for change in self.changed)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved)


def compare(old: Contract, new: Contract, spelled: Mapping[str, str] | None = None) -> Changes:
    """What became of every operation of `old` in `new`, and which are new. `spelled` are those of which is known that
    they are elsewhere: old key -> new key."""
    moved = {key: now for key, now in (spelled or {}).items() if key not in new.operations and now in new.operations}
    known = {*moved, *moved.values()}
    gone = [one for key, one in old.operations.items() if key not in new.operations and key not in known]
    added = [one for key, one in new.operations.items() if key not in old.operations and key not in known]
    pairs = [(operation, new.operations[key]) for key, operation in old.operations.items() if key in new.operations]
    successors = _successors(gone, added)
    for shape in (_shape, _taken_at_one_root, _taken):
        left = [(one, old) for one in gone if one.key not in successors]
        successors |= _of_one_shape(shape, left, [(one, new) for one in added if one.key not in successors.values()])
    found = [Changed(before.key, differences(before, old, after, new)) for before, after in pairs]
    return Changes(
        added=tuple(operation.key for operation in added),
        removed=tuple(
            Removed(before.key, after, differences(before, old, new.operations[after], new))
            if (after := successors.get(before.key))
            else Removed(before.key)
            for before in gone
        ),
        changed=tuple(change for change in found if change.differences),
        moved=moved,
    )


def _successors(gone: Iterable[Operation], added: Iterable[Operation]) -> dict[str, str]:
    """Key of a removed operation -> that of the added one that most likely replaces it."""
    before, after = ({one.key: Trait.of(one) for one in some} for some in (gone, added))
    return paired(before, list(after), lambda one, other: succession(before[one], after[other]), NEAR)


def _of_one_shape(
    shape_of: Callable[[Operation, Contract], str],
    gone: Iterable[tuple[Operation, Contract]],
    added: Iterable[tuple[Operation, Contract]],
) -> dict[str, str]:
    """Those that have the very same shape, as none but the two does."""
    before, after = ([(shape_of(*one), one[0].key) for one in some] for some in (gone, added))
    shapes = [shape for shape, _ in (*before, *after) if shape]
    there = {shape: key for shape, key in after if shape and shapes.count(shape) == 2}
    return {key: there[shape] for shape, key in before if shape in there}


def _shape(operation: Operation, contract: Contract) -> str:
    """All that it takes and gives, wherever it is; nothing, where what it gives isn't known."""
    given = reduce(operation.response or {}, contract.schemas)
    if not given.keys() & {"properties", "items", "enum"}:
        return ""
    places = [
        [
            one.location,
            *([] if one.location == "path" else [one.name, one.required]),
            reduce(one.schema, contract.schemas),
        ]
        for one in operation.parameters
    ]
    body = reduce(operation.body.schema, contract.schemas) if operation.body else None
    return json.dumps([operation.method, places, body, given], sort_keys=True)


def _taken_at_one_root(operation: Operation, _: Contract) -> str:
    """The first part of its path, and a body's schema by its name, or all its parameters; nothing for less than two."""
    body = operation.body.schema.get("$ref") if operation.body else None
    names = sorted(one.name for one in operation.parameters if one.location != "path")
    enough = body or (len(names) > 1 and not operation.body)
    return json.dumps([operation.method, operation.path.split("/")[1], body, names]) if enough else ""


def _taken(operation: Operation, _: Contract) -> str:
    """All that it takes, wherever it is; nothing for less than three, which others may take too."""
    body = operation.body.schema.get("$ref") if operation.body else None
    names = sorted((one.location, one.name) for one in operation.parameters)
    return json.dumps([operation.method, body, names]) if len(names) > 2 and (body or not operation.body) else ""


def report(changes: Changes, tools: Mapping[str, Sequence[str]], shown: Mapping[str, str] | None = None) -> str:
    """The changes as text, what breaks first; `tools` are the names of those that stand on an operation, by its key,
    and `shown` is what to write of an added one."""
    if not changes:
        return "No operation changed."
    breaking = [change for change in changes.changed if change.breaking]
    other = [change for change in changes.changed if not change.breaking]
    return "\n".join(_lines(changes, breaking, other, tools, shown or {}))


def _lines(
    changes: Changes,
    breaking: Sequence[Changed],
    other: Sequence[Changed],
    tools: Mapping[str, Sequence[str]],
    shown: Mapping[str, str],
) -> Iterator[str]:
    counts = {
        "removed": len(changes.removed),
        "moved": len(changes.moved),
        "changed": len(changes.changed),
        "added": len(changes.added),
    }
    yield f"Operations: {', '.join(f'{count} {what}' for what, count in counts.items() if count)}."
    keys = [*(removed.key for removed in changes.removed), *(change.key for change in breaking)]
    if keys:
        yield "\nBreaking:"
    for removed in changes.removed:
        successor = f"; now perhaps {removed.successor}?" if removed.successor else ""
        yield f"  {removed.key}: removed{successor}{_used(removed.key, tools)}"
        yield from _listed(removed.differences)
    for change in breaking:
        yield f"  {change.key}{_used(change.key, tools)}"
        yield from _listed(change.differences)
    if other:
        yield "\nNot breaking:"
    for change in other:
        yield f"  {change.key}{_used(change.key, tools)}"
        yield from _listed(change.differences)
    if changes.moved:
        yield "\nMoved, as the curation says:"
        yield from (f"  {key}: now {now}{_used(key, tools)}" for key, now in changes.moved.items())
    if changes.added:
        yield "\nAdded:"
        yield from (f"  {shown.get(key, key)}" for key in changes.added)


def _used(key: str, tools: Mapping[str, Sequence[str]]) -> str:
    names = tools.get(key, ())
    more = f" and {len(names) - USED} more" if len(names) > USED else ""
    return f"  [{', '.join(names[:USED])}{more}]" if names else ""


def _listed(differences: Iterable[Difference]) -> Iterator[str]:
    """What breaks first, marked; neighbours with the same difference share a line."""
    groups: dict[tuple[bool, str, str], list[str]] = {}
    for difference in differences:
        parent, name = re.fullmatch(r"(.*[. ])?(.*)", difference.where, re.DOTALL).groups("")  # type: ignore[union-attr]
        groups.setdefault((not difference.breaking, parent, difference.what), []).append(name)
    for (harmless, parent, what), names in sorted(groups.items(), key=lambda group: group[0][0]):
        yield f"    {'+' if harmless else '!'} {parent}{', '.join(names)}: {what}"
