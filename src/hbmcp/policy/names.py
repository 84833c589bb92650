"""How the names in a policy are compared with those of tools, accounts and code."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TypeVar

from pydantic import BaseModel

from hbmcp.catalog import Catalog
from hbmcp.policy.model import Names, Policy, Rules
from hbmcp.text import NAMED, named

T = TypeVar("T", bound=BaseModel)
R = TypeVar("R", bound=Rules)

WRITES = "content"  # the argument of a tool that is source code

_GLOB = re.compile(rf"[\w.:*?\[\]!-]{{1,{NAMED}}}", re.ASCII)


def matches(name: str, globs: Iterable[str] | None) -> bool:
    """Whether a name is one of these, whatever its letter case, the space around it, and the ending of its file."""
    return any(fnmatchcase(_bare(name), _bare(glob)) for glob in globs or ())


def _bare(name: str) -> str:
    return re.sub(r"\.(py|yml)$", "", name.strip().casefold())


def listed(globs: Iterable[str]) -> str:
    """Globs in a sentence: `binance*, kucoin`."""
    return ", ".join(glob if _GLOB.fullmatch(glob) else named(glob) for glob in globs)


def lists_tools(names: Names) -> bool:
    """Whether it says which tools there are, which add up with those of its toolsets."""
    return names.tools is not None or names.toolsets is not None


def has_tool(names: Names, toolset: str, *called: str) -> bool:
    """Whether a tool of one of these names, or its toolset, is listed."""
    return lists_tools(names) and (
        matches(toolset, names.toolsets) or any(matches(name, names.tools) for name in called)
    )


def in_todays_names(policy: Policy, catalog: Catalog) -> Policy:
    """The same, with the name of today beside an old one of a tool or toolset."""
    had = {
        "tools": [(tool.name, tool.aliases) for tool in catalog.tools.values() if tool.aliases],
        "toolsets": [(one.name, one.aliases) for one in catalog.toolsets.values() if one.aliases],
    }

    def named_now(table: T) -> T:
        update: dict[str, tuple[str, ...]] = {}
        for key, renames in had.items():
            globs: tuple[str, ...] = getattr(table, key, None) or ()
            if now := [name for name, old in renames if any(matches(one, globs) for one in old)]:
                update[key] = (*globs, *now)
        return table.model_copy(update=update) if update else table

    def all_named_now(rules: R) -> R:
        confirm = tuple(map(named_now, rules.confirm))
        return rules.model_copy(
            update={"allow": named_now(rules.allow), "deny": named_now(rules.deny), "confirm": confirm}
        )

    return all_named_now(policy).model_copy(update={"also": tuple(map(all_named_now, policy.also))})


def lists_code(names: Names) -> bool:
    """Whether it says which controllers or scripts there are."""
    return names.controllers is not None or names.scripts is not None
