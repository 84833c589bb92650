"""What is wrong in overrides/."""

from collections.abc import Iterable

from attrs import frozen


@frozen
class Mistake:
    """One thing to correct in overrides/: where it is and what is wrong with it."""

    file: str
    table: str
    key: str
    reason: str

    @property
    def tool(self) -> str | None:
        """The tool whose table it is in."""
        first, _, rest = self.table.partition(".")
        return rest.split(".")[0] if first in ("tools", "workflows") else None

    def __str__(self) -> str:
        place = " ".join(part for part in (f"[{self.table}]" if self.table else "", self.key) if part)
        return f"{self.file}: {place}: {self.reason}" if place else f"{self.file}: {self.reason}"


class CurationError(Exception):
    """The overrides can't be used; `mistakes` says why, all of them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))
