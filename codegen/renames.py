"""An operation that moved and takes and gives what it did: the line of curation that says so."""

import json
from collections.abc import Mapping

from codegen.contract import Contract, Operation
from codegen.curation import Curation, Tool
from codegen.differences import Difference, differences
from codegen.likeness import naming, paired
from codegen.schema import reduce, without_null

ALIKE = 0.5  # of two parameters' names, where neither is in the other


def proposals(
    curation: Curation, old: Contract | None, new: Contract, successors: Mapping[str, str | None]
) -> dict[str, dict[str, str]]:
    """Removed operation -> the line to write into each of its tools' tables, where its successor is the same under
    another name."""
    found: dict[str, dict[str, str]] = {}
    for name, tool in curation.by_name.items():
        successor = successors.get(key := tool.operation)
        if old and successor and (line := also(tool, old.operations[key], old, new.operations[successor], new)):
            found.setdefault(key, {})[name] = line
    return found


def told(lines: Mapping[str, str]) -> str:
    """`[tools.place_order] also = [...]`, for each tool."""
    return "; ".join(f"[tools.{name}] {line}" for name, line in lines.items())


def also(tool: Tool, before: Operation, old: Contract, after: Operation, new: Contract) -> str | None:
    """`also = ["POST /v2/orders"]`, with what its parameters are called now; None where more has changed."""
    renamed = renaming(taken(before, old), taken(after, new))
    others = [one for one in differences(before, old, after, new) if one.breaking and not _is_renaming(one, renamed)]
    if others:
        return None
    moved = json.dumps(after.key)
    if not renamed:
        return f"also = [{moved}]"
    ours = {param.to or name: name for name, param in tool.params.items()}
    params = [f"params.{ours.get(name, name)} = {{ to = {json.dumps(to)} }}" for (_, name), to in renamed.items()]
    return f"also = [{{ operation = {moved}, {', '.join(params)} }}]"


Place = tuple[str, str]  # "query limit"


def taken(operation: Operation, contract: Contract) -> dict[Place, object]:
    """What it takes -> what that may be."""
    found: dict[Place, object] = {
        (one.location, one.name): reduce(one.schema, contract.schemas) for one in operation.parameters
    }
    if operation.body:
        body = without_null(reduce(operation.body.schema, contract.schemas))
        found |= {("body", name): schema for name, schema in body.get("properties", {}).items()}
    return found


def renaming(before: Mapping[Place, object], after: Mapping[Place, object]) -> dict[Place, str]:
    """What is gone -> the name of what came in the same place for the same values."""
    gone, came = ([place for place in one if place not in other] for one, other in ((before, after), (after, before)))

    def likeness(was: Place, now: Place) -> float:
        return naming(was[1], now[1]) if was[0] == now[0] and before[was] == after[now] else 0

    return {was: name for was, (_, name) in paired(gone, came, likeness, ALIKE).items()}


def _is_renaming(difference: Difference, renamed: Mapping[Place, str]) -> bool:
    place, _, name = difference.where.partition(" ")
    return (place, name) in renamed or (place, name) in {(where, to) for (where, _), to in renamed.items()}
