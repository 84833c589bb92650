"""The text of a toolset's file of curation with tables put in, in the place of others, or a line more in one."""

import re
from collections.abc import Sequence
from itertools import takewhile

from codegen.contract import Operation
from codegen.curation import Curation

_OF_THE_NEXT = re.compile(r"\n((?:#[^\n]*\n)+)\Z")


class Homes:
    """Where the tools of a curation are, by their operations' paths."""

    def __init__(self, curation: Curation) -> None:
        self._curation = curation
        self._paths = {
            toolset: [_steps(tool.operation) for tool in tools.values()] for toolset, tools in curation.tools.items()
        }

    def toolset(self, operation: Operation) -> str | None:
        """The one over paths that begin as this one does for longest, of several one that isn't on by default, for a
        default one's list is nearly full, or has most. A service that has one toolset at most has all in that; it is
        called as the service is."""
        if likely := self._likely(operation):
            return max(likely, key=likely.__getitem__)
        if self._curation.name and len(self._curation.toolsets) < 2:
            return next(iter(self._curation.toolsets), self._curation.name)
        return None

    def passed(self, operation: Operation) -> str | None:
        """The toolset that is as near and has more there, if it was passed over for being on by default."""
        likely = self._likely(operation)
        there = {toolset: (near, many) for toolset, (near, _, many) in likely.items()}
        nearest = max(there, key=there.__getitem__, default=None)
        return None if nearest == self.toolset(operation) else nearest

    def _likely(self, operation: Operation) -> dict[str, tuple[int, bool, int]]:
        """Toolsets with paths that begin alike: how many steps, whether it isn't on by default, how many paths."""
        likely = {}
        for toolset, paths in self._paths.items():
            shared = [_shared(_steps(operation.key), path) for path in paths]
            if most := max(shared, default=0):
                aside = not self._curation.toolsets[toolset].default
                likely[toolset] = (most, aside, len(list(filter(None, shared))))
        return likely


def _steps(key: str) -> list[str]:
    return re.sub(r"{[^}]*}", "{}", key).split("/")[1:]


def _shared(some: Sequence[str], others: Sequence[str]) -> int:
    """How many steps they begin with together."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(some, others, strict=False))))


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


def with_key(text: str, was: str, now: str) -> str | None:
    """Another key, of the same value; None where there is none such."""
    found = re.search(rf'(?m)^"{re.escape(was)}"(?=\s*=)', text)
    return f'{text[: found.start()]}"{now}"{text[found.end() :]}' if found else None


def without_key(text: str, was: str) -> str | None:
    """Without the line of that key; None where there is none such."""
    found = re.search(rf'(?m)^"{re.escape(was)}"\s*=.*\n?', text)
    return text[: found.start()] + text[found.end() :] if found else None


def _tables(name: str) -> re.Pattern[str]:
    """A tool's table and those within it."""
    return re.compile(rf"(?m)^\[tools\.{name}\][^\n]*\n(?:(?!^\[(?!tools\.{name}\.))[^\n]*\n)*")
