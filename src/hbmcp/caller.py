"""Who asks the Hummingbot API for something, and which of its operations that may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Errors name it `name`, and look things up with tools of `toolset`. It may use `tools`, and no others."""

    name: str
    toolset: str
    tools: frozenset[str]
