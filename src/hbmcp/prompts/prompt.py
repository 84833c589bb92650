"""A prompt as it is curated, and the tools that it names."""

import re
import tomllib
from collections.abc import Collection, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from attrs import field, frozen
from attrs.validators import in_

from hbmcp.prompts.kinds import KINDS

_WORD = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")


@frozen
class Argument:
    """What a person may say to a prompt: one of `values`, where there are any, or what its `kind` can be. `under` names
    the argument whose value is above its own. What goes `everywhere` is told once for all that take it by its name.
    Where nothing is said it is the `default`, "" for none."""

    description: str
    required: bool = False
    values: tuple[str, ...] = field(default=(), converter=tuple)
    kind: str = field(default="text", validator=in_(KINDS))
    under: str | None = None
    everywhere: bool = False
    default: str = ""

    @property
    def expected(self) -> str:
        """What it can be, in words."""
        return f"one of {', '.join(self.values)}" if self.values else KINDS[self.kind].expected

    def read(self, text: str) -> str | None:
        """The value as it was meant; None for what it can't be."""
        if self.values:
            return next((one for one in self.values if one.casefold() == text.casefold()), None)
        return KINDS[self.kind].read(text)


@frozen(slots=False)
class Prompt:
    """`text` is a template of its arguments and of `tools`, the names of those that are offered; what begins with "- "
    is a step. `if_there` are the tools that it can do without."""

    name: str
    title: str
    description: str
    text: str
    arguments: Mapping[str, Argument]
    if_there: Collection[str] = ()

    @cached_property
    def words(self) -> frozenset[str]:
        """What of its text can be the name of a tool."""
        return frozenset(_WORD.findall(self.text))

    def needs(self, tools: Collection[str]) -> list[str]:
        """Which of all these tools it names and can't do without."""
        return [name for name in tools if name in self.words and name not in self.if_there]


@cache
def prompts() -> Mapping[str, Prompt]:
    """All, by name."""
    written = tomllib.loads(files("hbmcp.prompts").joinpath("prompts.toml").read_text(encoding="utf-8"))
    return {name: _read(name, table) for name, table in written.items()}


def _read(name: str, table: dict[str, Any]) -> Prompt:
    arguments = {key: Argument(**one) for key, one in table.pop("arguments").items()}
    return Prompt(name=name, arguments=arguments, **table)
