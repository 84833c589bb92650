"""`@mcp.tool()`, and what it was put on."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from hbmcp.catalog import EFFECTS, Effect

F = TypeVar("F", bound=Callable[..., Any])

MOST_CAREFUL: Effect = "runs_code"  # no limit bounds it, and only a person who names it has it
TIMEOUT = 120.0  # seconds
MOST_TIME = 3600.0


@dataclass(frozen=True, slots=True)
class Declared:
    """A function that is to be a tool. Without an `effect` it only reads; `timeout` is in seconds. `wrong` is why it
    can't be one as it was declared, "" where it can."""

    function: Callable[..., Any]
    effect: Effect | None
    timeout: float
    wrong: str = ""


def _wrong(function: object, reads: object, effect: object, timeout: object, others: Iterable[str]) -> str:
    """Why nothing can be declared so; "" where it can."""
    if function is not None:
        return "write @mcp.tool() above it, with the parentheses and no name between them"
    if unknown := ", ".join(others):
        return f"@mcp.tool() takes reads, effect and timeout, and no {unknown}"
    if reads and effect is not None:
        return "a tool that reads has no effect: say one of the two"
    if effect is not None and effect not in EFFECTS:
        return f"there is no effect {effect!r}; there are {', '.join(EFFECTS)}"
    if effect == "secret":
        return "a plugin's tool neither takes nor shows credentials"
    if not isinstance(timeout, int | float) or not 0 < timeout <= MOST_TIME:
        return f"its timeout is in seconds, above 0 and at most {MOST_TIME:.0f}"
    return ""


class Tools:
    """The tools that modules declare while they are loaded; outside of that a function stays what it is."""

    def __init__(self) -> None:
        self._found: list[Declared] | None = None

    def tool(
        self,
        function: object = None,
        /,
        *,
        reads: bool = False,
        effect: Effect | None = None,
        timeout: float = TIMEOUT,
        **others: object,
    ) -> Callable[[F], F]:
        """Offer an async function as a tool, under its name. `reads` says that it changes nothing; one that doesn't say
        so has an `effect`, the most careful one unless it names another. What is wrong with that is told once all are
        declared, and keeps no other from being one."""
        wrong = _wrong(function, reads, effect, timeout, others)

        def declare(function: F) -> F:
            if self._found is not None:
                self._found.append(Declared(function, None if reads else effect or MOST_CAREFUL, timeout, wrong))
            return function

        # Where @mcp.tool has no parentheses, this is the function itself.
        return cast("Callable[[F], F]", declare(function)) if callable(function) else declare

    @contextmanager
    def collecting(self) -> Iterator[list[Declared]]:
        """What is declared inside."""
        before, self._found = self._found, []
        try:
            yield self._found
        finally:
            self._found = before


mcp = Tools()
