"""Who asks the Hummingbot API for something, and which of its operations that may be."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["client", "terminal", "person", "policy", "trigger", "watch", "resource"]
AT_A_TERMINAL: tuple[Kind, ...] = ("terminal", "person")


@dataclass(frozen=True, slots=True)
class Access:
    """With what something was called: the name of an access token, the key of who holds it, and the profile of the
    policy that holds for it; None for none."""

    token: str
    holder: str
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Errors name it `name`, and look things up with tools of `toolset`. It may use `tools`, and no others.

    `kind` is what stands behind it: an MCP client or somebody at a terminal, who called a tool; a person who was asked
    at a terminal whether to do just that; the policy, which looks before it judges; a trigger that fires, or the watch,
    which looks whether one may; a resource that a client reads, or what completes its words. `client` is the client's
    own name of itself, `token` that of the access token that it showed, `holder` the key of who holds that, and `until`
    when it ends, in epoch ms; None for never.
    """

    name: str
    toolset: str
    tools: frozenset[str]
    kind: Kind = "client"
    client: str = ""
    token: str = ""
    holder: str = ""
    until: int | None = None
