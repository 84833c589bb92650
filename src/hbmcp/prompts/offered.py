"""Which prompts a client is offered: those whose tools it has, or would have if a person switched a toolset on."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from attrs import frozen

from hbmcp.catalog import Offer, Tool
from hbmcp.prompts.prompt import Prompt, prompts


@frozen
class Offered:
    """A prompt; the tools that are off, and the toolsets that would bring them."""

    prompt: Prompt
    off: tuple[str, ...]
    toolsets: tuple[str, ...]

    @property
    def definition(self) -> dict[str, Any]:
        """What prompts/list sends; nothing is asked for where a toolset is off, since all it says is that."""
        description = self.prompt.description
        if self.toolsets:
            description += f" Needs {self.words}, which {'is' if len(self.toolsets) == 1 else 'are'} off."
        return {
            "name": self.prompt.name,
            "title": self.prompt.title,
            "description": description,
            "arguments": [
                {"name": name, "description": one.description, "required": one.required}
                for name, one in self.prompt.arguments.items()
                if not self.off
            ],
        }

    @property
    def words(self) -> str:
        """The toolsets, in words."""
        return f"the toolset{'' if len(self.toolsets) == 1 else 's'} {' and '.join(self.toolsets)}"


def offered(offer: Offer, gone: Collection[str], may: Callable[[Tool], bool]) -> Iterator[Offered]:
    """Those for who `may` use such tools of a server that offers these; without those that this API lacks."""
    for prompt in prompts().values():
        catalog = offer.catalog
        needed = prompt.needs([*catalog.tools, *catalog.absent])
        if any(name in catalog.absent or name in gone or not may(catalog.tools[name]) for name in needed):
            continue
        off = {name: why for name in needed if (why := offer.off(name)) is not None}
        if all(why.toolset for why in off.values()):
            yield Offered(prompt, tuple(off), tuple(dict.fromkeys(why.toolset for why in off.values())))
