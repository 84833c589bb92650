"""`@mcp.tool()`, and what it was put on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from hbmcp.catalog import EFFECTS, Effect

F = TypeVar("F", bound=Callable[..., Any])

MOST_CAREFUL: Effect = "runs_code"  # no limit bounds it, and only a person who names it has it
TIMEOUT = 120.0  # seconds
MOST_TIME = 3600.0


@dataclass(frozen=True, slots=True)
class Declared:
    """A function that is to be a tool. Without an `effect` it only reads; `timeout` is in seconds."""

    function: Callable[..., Any]
    effect: Effect | None
    timeout: float


class Tools:
    """The tools that modules declare while they are loaded; outside of that a function stays what it is."""

    def __init__(self) -> None:
        self._found: list[Declared] | None = None

    def tool(self, *, reads: bool = False, effect: Effect | None = None, timeout: float = TIMEOUT) -> Callable[[F], F]:
        """Offer an async function as a tool, under its name. `reads` says that it changes nothing; one that doesn't say
        so has an `effect`, the most careful one unless it names another. Raises ValueError."""
        if reads and effect is not None:
            raise ValueError("a tool that reads has no effect: say one of the two")
        if effect is not None and effect not in EFFECTS:
            raise ValueError(f"there is no effect {effect!r}; there are {', '.join(EFFECTS)}")
        if effect == "secret":
            raise ValueError("a plugin's tool neither takes nor shows credentials")
        if not 0 < timeout <= MOST_TIME:
            raise ValueError(f"its timeout is in seconds, above 0 and at most {MOST_TIME:.0f}")

        def declare(function: F) -> F:
            if self._found is not None:
                self._found.append(Declared(function, None if reads else effect or MOST_CAREFUL, timeout))
            return function

        return declare

    @contextmanager
    def collecting(self) -> Iterator[list[Declared]]:
        """What is declared inside."""
        before, self._found = self._found, []
        try:
            yield self._found
        finally:
            self._found = before


mcp = Tools()
