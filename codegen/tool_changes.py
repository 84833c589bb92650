"""Two contracts and the curation -> what became of every tool: what breaks a call that worked, and what only adds.

Each contract is seen through the curation as it spells that contract. A workflow is touched through what it uses.
"""

import re
from collections.abc import Callable
from typing import Literal

from attrs import evolve, frozen

from codegen.changes import Changes
from codegen.contract import Contract
from codegen.curation import Curation, Param, Tool, Workflow
from codegen.differences import Difference, differences

Grade = Literal["breaking", "additive"]
#: Toolset and name of a workflow -> the names that it may read in answers.
FieldsRead = Callable[[str, str], frozenset[str]]


@frozen
class ToolChange:
    """One thing that changed for a tool. `through` is the tool that a workflow has it from. `lost` is the field of
    the answer that isn't as it was, which breaks only who reads it."""

    tool: str
    grade: Grade
    what: str
    operation: str
    through: str | None = None
    lost: str | None = None


def tool_changes(
    old: Contract, new: Contract, changes: Changes, curation: Curation, read: FieldsRead
) -> tuple[ToolChange, ...]:
    """All that changed, by tool in the order of the curation."""
    before, after = curation.as_in(old.operations), curation.as_in(new.operations)
    gone = {one.key: one.successor for one in changes.removed}
    found: dict[str, list[ToolChange]] = {}
    for toolset, tools in before.tools.items():
        for name, tool in tools.items():
            if tool.operation not in old.operations:
                continue
            now = after.tools[toolset][name]
            if now.operation not in new.operations:
                successor = gone.get(tool.operation)
                perhaps = f", now perhaps {successor}" if successor else ""
                found[name] = [ToolChange(name, "breaking", f"removed{perhaps}", tool.operation)]
                continue
            compared = differences(old.operations[tool.operation], old, new.operations[now.operation], new)
            told = [one for one in compared if not _is_spelled(one, tool, now)]
            found[name] = [
                _graded(ToolChange(name, _grade(one, now), str(one), tool.operation, lost=_lost(one)), _columns(tool))
                for one in told
            ]
            if now.operation != tool.operation:
                found[name].append(ToolChange(name, "additive", f"now {now.operation}", tool.operation))
    for removed in curation.removed.values():
        for name, one in removed.items():
            if one.operation in old.operations and one.operation not in new.operations:
                by = f", and {one.by} took its place" if one.by else ""
                found[name] = [ToolChange(name, "breaking", f"removed{by}", one.operation)]
    for toolset, workflows in curation.workflows.items():
        for name, workflow in workflows.items():
            through = [(part, one) for part in _parts(workflow) for one in found.get(part, ())]
            fields = read(toolset, name) if any(one.lost for _, one in through) else frozenset()
            found[name] = [
                _graded(
                    evolve(
                        one,
                        tool=name,
                        through=part,
                        grade="additive"
                        if part in workflow.uses_if_there and one.what.startswith("removed")
                        else one.grade,
                    ),
                    fields,
                )
                for part, one in through
            ]
    return tuple(one for changes in found.values() for one in changes)


def _parts(workflow: Workflow) -> list[str]:
    return [*workflow.uses, *workflow.uses_if_there]


def _graded(change: ToolChange, fields: frozenset[str]) -> ToolChange:
    """It, for one who reads those fields of answers."""
    return evolve(change, grade="breaking" if change.lost in fields else "additive") if change.lost else change


def _lost(difference: Difference) -> str | None:
    if not (difference.breaking and difference.where.startswith("answer")):
        return None
    name = re.split(r"[. ]", difference.where)[-1].replace("[]", "")
    return name if name != "answer" else None


def _grade(difference: Difference, tool: Tool) -> Grade:
    if not difference.breaking:
        return "additive"
    where = difference.where
    param = _param(tool, where.partition(" ")[2]) or Param()
    if "required" in difference.what:
        always = bool(param.required) or bool(param.model_fields_set & {"fixed", "default"})
        return "additive" if always else "breaking"
    if difference.what.startswith("default "):
        return "additive"  # no call is refused by it
    never = param.hidden or (param.if_there and difference.what == "removed")
    return "additive" if never else "breaking"


def _param(tool: Tool, path: str) -> Param | None:
    """The table of what stands at a place of the request."""
    name = path.split(".")[0].split("[")[0]
    return next((param for key, param in tool.params.items() if (param.to or key) in (name, path)), None)


def _is_spelled(difference: Difference, before: Tool, after: Tool) -> bool:
    """Whether it is a parameter's other name that the curation knows."""
    name = difference.where.partition(" ")[2]
    names = [(before.params.get(key, Param()).to or key, param.to or key) for key, param in after.params.items()]
    renamed = {was: now for was, now in names if was != now}
    came = "added" in difference.what and name in renamed.values()
    return came or ("removed" in difference.what and name in renamed)


def _columns(tool: Tool) -> frozenset[str]:
    """The names of an answer's fields that the curation counts on."""
    result = tool.result
    paths = [result.path, result.value, result.lift]
    paths += [path for some in (result.columns, result.unnest, result.gigabytes) for path in some or ()]
    paths += [path for one in result.failed or () for path in (one.path, one.reason)]
    return frozenset(step for path in paths if path for step in path.split("."))
