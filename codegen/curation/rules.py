"""What holds for all tables together: names, aliases, lengths, and that what one names is there."""

import re
from collections.abc import Collection, Container, Iterable

from codegen.curation.curation import EXCLUDED, Curation
from codegen.curation.mistake import Mistake
from codegen.curation.tables import MAX_NAME, Tool, Workflow
from codegen.likeness import nearest

TOOL_NAME = re.compile(r"[a-z]+(_[a-z0-9]+)+")
SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z]|$)")
MAX_SENTENCES = 2
MODULES = ("fingerprints",)  # of hbmcp_tools, that are no toolsets


def mistakes(curation: Curation) -> Iterable[Mistake]:
    """What breaks them."""
    owners: dict[str, str] = {}
    sets: dict[str, str] = {}
    known = curation.by_name
    removed = {name for tables in curation.removed.values() for name, one in tables.items() if one.operation}
    for toolset, tools in curation.tools.items():
        workflows = curation.workflows[toolset]
        file = curation.file(f"{toolset}.toml")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", toolset):
            yield Mistake(file, "", "", "a toolset's file is named in snake_case")
        if toolset in MODULES:
            yield Mistake(file, "", "", f"hbmcp_tools has a module {toolset} that is no toolset: take another name")
        for key, used in [("", toolset), *(("aliases", alias) for alias in curation.toolsets[toolset].aliases)]:
            if used in sets:
                yield Mistake(file, "toolset", key, f"{used!r} is already a name of {sets[used]}")
            sets.setdefault(used, toolset)
        named: list[tuple[str, str, Tool | Workflow]] = [
            *(("tools", *item) for item in tools.items()),
            *(("workflows", *item) for item in workflows.items()),
        ]
        for section, name, tool in named:
            table = f"{section}.{name}"
            for key, used in [("", name), *(("aliases", alias) for alias in tool.aliases)]:
                if not TOOL_NAME.fullmatch(used) or len(used) > MAX_NAME:
                    reason = f"{used!r} is not verb_noun in at most {MAX_NAME} characters"
                    yield Mistake(file, table, key, reason)
                elif used in owners:
                    yield Mistake(file, table, key, f"{used!r} is already a name of {owners[used]}")
                owners.setdefault(used, f"{name} in {file}")
            if not tool.description.endswith("."):
                yield Mistake(file, table, "description", "must end with a full stop")
            if len(SENTENCE_END.findall(tool.description)) > MAX_SENTENCES:
                yield Mistake(file, table, "description", f"is longer than {MAX_SENTENCES} sentences")
            if isinstance(tool, Workflow):
                yield from _parts(curation, toolset, name, tool, removed)
                continue
            cause = tool.result.cause
            if cause and cause not in known:
                reason = f"there is no tool {cause!r}{nearest(cause, known)}"
                yield Mistake(file, f"{table}.result", "cause", reason)
            elif cause and known[cause].risk != "read":
                yield Mistake(file, f"{table}.result", "cause", f"{cause} is no read")
            for key, spelling in zip(("operation", *["also"] * len(tool.also)), tool.spellings, strict=True):
                if spelling.operation in curation.excluded:
                    yield Mistake(file, table, key, f"{spelling.operation!r} is excluded in {EXCLUDED}")
    names = {name for section in (curation.tools, curation.workflows) for tables in section.values() for name in tables}
    yield from _held_back(curation, names)
    for toolset, tables in curation.removed.items():
        for name, one in tables.items():
            place = (curation.file(f"{toolset}.toml"), f"removed.{name}")
            if name in owners:
                yield Mistake(*place, "", f"{name!r} is a name of {owners[name]}")
            if one.by is not None and one.by not in names:
                yield Mistake(*place, "by", f"there is no tool {one.by!r}{nearest(one.by, names)}")


def _parts(
    curation: Curation, toolset: str, name: str, workflow: Workflow, removed: Container[str]
) -> Iterable[Mistake]:
    """Those that a workflow uses are there, or were removed."""
    known = curation.by_name
    uses = {"uses": workflow.uses, "uses_if_there": workflow.uses_if_there}
    for key, used in [(key, used) for key, names in uses.items() for used in names]:
        reason = ""
        if used in removed:
            continue
        if used not in known:
            reason = f"there is no tool {used!r}{nearest(used, known)}"
        elif workflow.risk == "read" and known[used].risk != "read":
            reason = f"a read can't use {used}, whose risk is {known[used].risk}"
        elif key == "uses_if_there" and used in workflow.uses:
            reason = f"{used} is in `uses` too"
        elif key == "uses_if_there" and known[used].risk != "read":
            reason = f"{used} isn't a read: it can't be done without"
        if reason:
            yield Mistake(curation.file(f"{toolset}.toml"), f"workflows.{name}", key, reason)


def _held_back(curation: Curation, names: Collection[str]) -> Iterable[Mistake]:
    """What isn't offered by default has a reason: a workflow that uses it, or a tool that is better."""
    used: set[str] = set()
    for toolset, workflows in curation.workflows.items():
        for name, workflow in workflows.items():
            used.update(workflow.uses, workflow.uses_if_there)
            if not workflow.default:
                yield Mistake(
                    curation.file(f"{toolset}.toml"), f"workflows.{name}", "default", "a workflow is always offered"
                )
    for toolset, tools in curation.tools.items():
        for name, tool in tools.items():
            place = (curation.file(f"{toolset}.toml"), f"tools.{name}")
            if tool.instead is None:
                if not tool.default and name not in used:
                    reason = (
                        'false is for what a workflow uses or does better: name that, `instead = "TOOL"`, or move the '
                        "tool to a toolset that isn't on by default"
                    )
                    yield Mistake(*place, "default", reason)
            elif tool.instead not in names:
                reason = f"there is no tool {tool.instead!r}{nearest(tool.instead, names)}"
                yield Mistake(*place, "instead", reason)
            elif tool.default or name in used:
                why = "a workflow uses it" if name in used else "it is offered: write `default = false`"
                yield Mistake(*place, "instead", f"{why}, so nothing is taken instead")
