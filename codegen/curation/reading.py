"""The files of overrides/, read one by one."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve
from pydantic import BaseModel, ValidationError

from codegen.curation.curation import EXCLUDED, SERVICE, Absent, Curation
from codegen.curation.mistake import Mistake
from codegen.curation.rules import mistakes
from codegen.curation.tables import (
    Effect,
    Excluded,
    Param,
    Removed,
    Result,
    Service,
    Spelling,
    Tool,
    Toolset,
    Workflow,
    WorkflowParam,
)
from codegen.likeness import nearest

UNREADABLE = "not TOML"  # what a file's mistake begins with that leaves nothing of it
SECTIONS = ("toolset", "tools", "workflows", "removed")  # of a toolset's file

T = TypeVar("T", bound=BaseModel)


def read(folder: Path, name: str = "") -> Curation:
    """Read overrides/, or the folder of the service of this name, with all that is wrong in it."""
    reader = _Reader(f"{name}/" if name else "")
    for file in sorted(folder.glob("*.toml")):
        reader.read(file)
    if name and not (folder / SERVICE).exists():
        reader.mistakes.append(Mistake(f"{name}/{SERVICE}", "", "", 'is missing: it says at least `title = "…"`'))
    curation = Curation(
        reader.toolsets,
        reader.tools,
        reader.workflows,
        reader.excluded,
        reader.removed,
        frozenset(reader.claimed),
        name=name,
        service=reader.service,
    )
    curation = evolve(curation, mistakes=(*reader.mistakes, *mistakes(curation)), absent=tuple(_still_asked(curation)))
    return curation.without_tools({one.name: one.why for one in curation.absent})


def _still_asked(curation: Curation) -> Iterable[Absent]:
    """Tools that were removed, and that workflows name."""
    tables = [one for workflows in curation.workflows.values() for one in workflows.values()]
    used = {name for one in tables for name in (*one.uses, *one.uses_if_there)}
    for toolset, removed in curation.removed.items():
        for name, one in removed.items():
            if name in used and one.operation:
                yield Absent(name, toolset, (), f"{curation.whose} has no {one.operation}", is_workflow=False)


class _Reader:
    """Reads the files one by one; a table that is wrong is left out, with its mistakes kept, which name the folder that
    is `within` overrides/."""

    def __init__(self, within: str) -> None:
        self.within = within
        self.service: Service | None = None
        self.toolsets: dict[str, Toolset] = {}
        self.tools: dict[str, dict[str, Tool]] = {}
        self.workflows: dict[str, dict[str, Workflow]] = {}
        self.excluded: dict[str, str] = {}
        self.removed: dict[str, dict[str, Removed]] = {}
        self.claimed: set[str] = set()
        self.mistakes: list[Mistake] = []

    def read(self, file: Path) -> None:
        place = f"{self.within}{file.name}"
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.mistakes.append(Mistake(place, "", "", f"{UNREADABLE}: {error}"))
            return
        if file.name == EXCLUDED:
            if excluded := self._validate(Excluded, document, place, ()):
                self.excluded = excluded.operations
            return
        if self.within and file.name == SERVICE:
            self.service = self._validate(Service, document, place, ())
            return
        for key in document.keys() - set(SECTIONS):
            self.mistakes.append(Mistake(place, "", key, "unknown" + nearest(key, SECTIONS)))
        toolset = self._validate(Toolset, document.get("toolset", {}), place, ("toolset",))
        tools = {name: self._tool(name, table, place) for name, table in self._tables("tools", document, place)}
        workflows = {
            name: self._validate(Workflow, table, place, ("workflows", name))
            for name, table in self._tables("workflows", document, place)
        }
        removed = {
            name: self._validate(Removed, table, place, ("removed", name))
            for name, table in self._tables("removed", document, place)
        }
        if toolset:
            self.toolsets[file.stem] = toolset
            self.removed[file.stem] = {name: one for name, one in removed.items() if one}
            self.tools[file.stem] = {name: tool for name, tool in tools.items() if tool}
            self.workflows[file.stem] = {name: workflow for name, workflow in workflows.items() if workflow}

    def _tables(self, section: str, document: dict[str, Any], file: str) -> Iterable[tuple[str, Any]]:
        tables = document.get(section, {})
        if isinstance(tables, dict):
            return tables.items()
        self.mistakes.append(Mistake(file, "", section, f"must be tables, one a tool: [{section}.NAME]"))
        return ()

    def _tool(self, name: str, table: Any, file: str) -> Tool | None:
        if isinstance(table, dict) and isinstance(table.get("operation"), str):
            self.claimed.add(table["operation"])
        tool = self._validate(Tool, table, file, ("tools", name))
        if tool:
            self.claimed |= {one.operation for one in tool.also}
        return tool

    def _validate(self, model: type[T], table: Any, file: str, parents: tuple[str, ...]) -> T | None:
        try:
            return model.model_validate(table)
        except ValidationError as error:
            for problem in error.errors():
                *inner, key = [str(part) for part in problem["loc"]] or [""]
                reason = problem["msg"].removeprefix("Value error, ")
                if problem["type"] == "extra_forbidden":
                    reason = "unknown key" + nearest(key, _keys(model, inner))
                elif problem["type"] == "missing":
                    reason = "is missing"
                self.mistakes.append(Mistake(file, ".".join((*parents, *inner)), key, reason))
            return None


def _keys(model: type[BaseModel], inner: list[str]) -> Iterable[str]:
    """The keys that the table at this place may have."""
    match inner:
        case []:
            return model.model_fields
        case ["params", *_]:
            return (WorkflowParam if model is Workflow else Param).model_fields
        case ["also", _]:
            return Spelling.model_fields
        case ["also", _, "params", *_]:
            return Param.model_fields
        case ["result"]:
            return Result.model_fields
        case ["effect"]:
            return [field.alias or name for name, field in Effect.model_fields.items()]
        case _:
            return ("path", "is", "type", "say", "reason")
