"""What a workflow answers."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from hbmcp.results.paths import Json
from hbmcp.results.result_spec import ResultSpec
from hbmcp.text import one_line


def _lines(notes: tuple[str, ...]) -> tuple[str, ...]:
    """Each on one line, whatever is quoted in it."""
    return tuple(map(one_line, notes))


@frozen
class Answer:
    """What was found or done: JSON that is shown as an answer of the API would be, and sentences under it, a line
    each. `content` is what a plugin shows beside it: blocks of the protocol, pictures say."""

    value: Json
    notes: tuple[str, ...] = field(default=(), converter=_lines)
    columns: tuple[str, ...] = ()
    outside: bool = False  # whether the value is text of others, and is marked as such
    content: tuple[Mapping[str, Any], ...] = ()

    @property
    def spec(self) -> ResultSpec:
        """How it is shown."""
        return ResultSpec(columns=self.columns, note="\n".join(filter(None, self.notes)), outside=self.outside)

    def with_notes(self, *notes: str) -> "Answer":
        """The same with more under it."""
        return evolve(self, notes=(*self.notes, *notes))


def without_nulls(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without those that are null, which tell nothing."""
    return {name: value for name, value in members.items() if value is not None}
