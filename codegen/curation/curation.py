"""All that people say of an API's operations."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from attrs import evolve, field, frozen

from codegen.client.shapes import PACKAGE
from codegen.curation.mistake import Mistake
from codegen.curation.tables import Named, Removed, Service, Tool, Toolset, Workflow, placeless

EXCLUDED = "excluded.toml"
SERVICE = "service.toml"

N = TypeVar("N", bound=Named)


@frozen
class Absent:
    """A tool that is curated, and that the contract doesn't carry: `why` completes "not offered, for"."""

    name: str
    toolset: str
    aliases: tuple[str, ...]
    why: str
    is_workflow: bool


@frozen
class Curation:
    """All of overrides/, or of the folder in it of another service, whose `name` it has then. `tools`, `workflows` and
    what was `removed` are by toolset, then by name, in the order of the files.

    What is wrong in a table is in `mistakes`, and the table is left out; `claimed` also counts its operation. `absent`
    are the tools that were taken out for what a contract lacks.
    """

    toolsets: dict[str, Toolset]
    tools: dict[str, dict[str, Tool]]
    workflows: dict[str, dict[str, Workflow]]
    excluded: dict[str, str]
    removed: dict[str, dict[str, Removed]] = field(factory=dict)
    claimed: frozenset[str] = frozenset()
    mistakes: tuple[Mistake, ...] = ()
    absent: tuple[Absent, ...] = ()
    name: str = ""
    service: Service | None = None

    @property
    def whose(self) -> str:
        """The API, in a sentence."""
        return self.service.title if self.service else "this Hummingbot API"

    @property
    def package(self) -> str:
        """The package of its typed client."""
        return f"{self.name}_api" if self.name else PACKAGE

    def file(self, name: str) -> str:
        """A file of it as a mistake names it."""
        return f"{self.name}/{name}" if self.name else name

    @property
    def by_name(self) -> dict[str, Tool]:
        """The tools of all toolsets. A name that two of them have is a mistake."""
        return {name: tool for tools in self.tools.values() for name, tool in tools.items()}

    def by_operation(self) -> dict[str, list[str]]:
        """Operation -> names of the tools that use it."""
        names: dict[str, list[str]] = {}
        for name, tool in self.by_name.items():
            names.setdefault(tool.operation, []).append(name)
        return names

    def as_in(self, operations: Iterable[str]) -> "Curation":
        """The same, each tool over that of its operation's spellings that a contract with these operations has."""
        there = {placeless(key): key for key in operations}
        tools = {
            toolset: {name: tool.as_in(there) for name, tool in tools.items()} for toolset, tools in self.tools.items()
        }
        excluded = {there.get(placeless(key), key): reason for key, reason in self.excluded.items()}
        return evolve(self, tools=tools, excluded=excluded)

    def as_it_was(self, operations: Mapping[str, str]) -> "Curation":
        """The same, known by what it was made of: tool -> the operation that it had."""
        tools = {
            toolset: {name: tool.spelled(operations.get(name, tool.operation)) for name, tool in tools.items()}
            for toolset, tools in self.tools.items()
        }
        return evolve(self, tools=tools)

    def without(self, operations: Iterable[str]) -> "Curation":
        """The same without these operations' tools and exclusions."""
        gone = set(operations)
        excluded = {key: reason for key, reason in self.excluded.items() if key not in gone}
        users = self.by_operation()
        why = {name: f"{self.whose} has no {key}" for key in gone for name in users.get(key, ())}
        return evolve(self.without_tools(why), excluded=excluded)

    def without_tools(self, why: Mapping[str, str]) -> "Curation":
        """The same without these tools, each with its reason, nor the workflows that can't do without one of them."""
        absent: list[Absent] = []

        def kept(toolset: str, tables: dict[str, N]) -> dict[str, N]:
            rest = {}
            for name, table in tables.items():
                needed = [name, *(table.uses if isinstance(table, Workflow) else ())]
                if reasons := [why[one] for one in needed if one in why]:
                    is_workflow = isinstance(table, Workflow)
                    absent.append(Absent(name, toolset, tuple(table.aliases), reasons[0], is_workflow))
                else:
                    rest[name] = table
            return rest

        tools = {toolset: kept(toolset, tools) for toolset, tools in self.tools.items()}
        workflows = {toolset: kept(toolset, workflows) for toolset, workflows in self.workflows.items()}
        return evolve(self, tools=tools, workflows=workflows, absent=(*self.absent, *absent))
