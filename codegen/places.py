"""The text of a toolset's file of curation with tables put in, in the place of others, or a line more in one."""

import re
from collections.abc import Mapping

from codegen.contract import Operation
from codegen.curation import Curation

_OF_THE_NEXT = re.compile(r"\n((?:#[^\n]*\n)+)\Z")


def homes(curation: Curation) -> Mapping[str, str]:
    """The first part of an operation's path -> the toolset that has most tools over such."""
    counts: dict[str, dict[str, int]] = {}
    for toolset, tools in curation.tools.items():
        for tool in tools.values():
            of = counts.setdefault(tool.operation.split("/")[1], {})
            of[toolset] = of.get(toolset, 0) + 1
    return {root: max(of, key=of.__getitem__) for root, of in counts.items()}


def home(operation: Operation, homes: Mapping[str, str]) -> str | None:
    """The toolset whose file its table belongs into, where one is likely."""
    return homes.get(operation.path.split("/")[1])


def with_table(text: str, table: str) -> str:
    """One more at the end."""
    return f"{text.rstrip()}\n\n{table.strip()}\n"


def in_place_of(text: str, name: str, table: str) -> str:
    """Another in the place of a tool's; at the end, where there is none."""
    found = _tables(name).search(text)
    if found is None:
        return with_table(text, table)
    rest = _OF_THE_NEXT.search(found[0])
    return f"{text[: found.start()]}{table.strip()}\n\n{rest[1] if rest else ''}{text[found.end() :]}".rstrip() + "\n"


def with_line(text: str, name: str, line: str) -> str | None:
    """A line more after a tool's operation; None where it can't be put there, for the tool has such a one."""
    found = _tables(name).search(text)
    key = line.partition(" =")[0]
    if found is None or re.search(rf"(?m)^{key}\b", found[0]):
        return None
    own = re.sub(r"(?m)^(operation\s*=.*\n)", lambda was: f"{was[0]}{line}\n", found[0], count=1)
    return text[: found.start()] + own + text[found.end() :]


def _tables(name: str) -> re.Pattern[str]:
    """A tool's table and those within it."""
    return re.compile(rf"(?m)^\[tools\.{name}\][^\n]*\n(?:(?!^\[(?!tools\.{name}\.))[^\n]*\n)*")
