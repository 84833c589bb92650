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
    own name of itself, `access` the token that it showed, and `until` when that ends, in epoch ms; None for never.
    """

    name: str
    toolset: str
    tools: frozenset[str]
    kind: Kind = "client"
    client: str = ""
    access: Access | None = None
    until: int | None = None

    @property
    def token(self) -> str:
        """The name of the access token; "" for none."""
        return "" if self.access is None else self.access.token

    @property
    def holder(self) -> str:
        """The key of who holds that; "" for none."""
        return "" if self.access is None else self.access.holder
