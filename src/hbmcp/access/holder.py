"""Who showed an access token, and what that lets them do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hbmcp.catalog import ONLY_A_PERSON, Off, Offer, Tool
from hbmcp.policy.model import Policy, bound
from hbmcp.policy.offered import ITS_WORD, narrowed
from hbmcp.text import named

OURS, ISSUED = "token-", "issuer-"


@dataclass(frozen=True, slots=True)
class Rights:
    """`acts` are the toolsets of which all tools may be used, `reads` those of which reads may; None is every one. What
    a `profile` of the policy says holds besides."""

    acts: frozenset[str] | None = frozenset()
    reads: frozenset[str] | None = frozenset()
    profile: str | None = None

    @classmethod
    def to(cls, toolsets: Iterable[str], *, read_only: bool, profile: str | None) -> "Rights":
        """To these toolsets, or all where there is none."""
        which = frozenset(toolsets) or None
        return cls(frozenset() if read_only else which, which, profile)

    @property
    def none(self) -> bool:
        """Whether they are to nothing."""
        return self.acts == self.reads == frozenset()

    def has(self, tool: Tool, toolsets: Mapping[str, str]) -> bool:
        """Whether they are to this tool; `toolsets` are today's names of toolsets, by all that they had."""
        return _in(self.acts, tool, toolsets) or (tool.only_looks and _in(self.reads, tool, toolsets))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who showed a token: its `name` stands in the audit. A session is `key`'s alone, and all else that is theirs: what
    of it begins with tells whose token it is, and the rest is a hash. The token ends at `until`, in epoch ms; None for
    never. It is for these `installations`, by their names; None is all."""

    name: str
    key: str
    rights: Rights
    until: int | None = None
    installations: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What rights leave of a server: the tools, and the policy that holds."""

    offer: Offer
    policy: Policy


def allowed(rights: Rights, offer: Offer, policy: Policy) -> Allowed:
    """What these rights leave of what a server offers under a policy."""
    off = {tool.name: _ABSENT for tool in offer.tools if not rights.has(tool, offer.catalog.toolset_names)}
    if rights.profile is not None:
        if (tighter := bound(policy, rights.profile)) is not None:
            policy = tighter
        else:
            why = Off(
                f"the policy has no profile {named(rights.profile)}, to which this access token is bound", ITS_WORD
            )
            off |= {tool.name: why for tool in offer.tools if not tool.only_looks}
    return Allowed(narrowed(offer.without(off), policy), policy)


_ABSENT = Off("this client's access token isn't for it", ONLY_A_PERSON)


def _in(names: frozenset[str] | None, tool: Tool, toolsets: Mapping[str, str]) -> bool:
    return names is None or tool.toolset in {toolsets.get(name, name) for name in names}
