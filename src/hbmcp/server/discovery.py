"""Finding tools, calling what was found, and having toolsets listed. Imported where the settings ask for it."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from hbmcp.catalog import NAMES, Catalog, Offer, Tool
from hbmcp.discovery.ranking import Ranking
from hbmcp.discovery.tools import CALL, CALL_READ, ENABLE, FIND, own, unlisted
from hbmcp.errors import NOTHING_DONE, BadArguments, UnknownTool
from hbmcp.settings import Settings
from hbmcp.text import named

if TYPE_CHECKING:
    from hbmcp.access.holder import Holder

BEST, NEAR = 3, 4  # tools that are shown whole, and those after them by name alone
MOST = 8  # shown whole where a query names them
HOLDERS = 1000  # for whom toolsets are listed; who comes after takes the place of who came first


class Reached(NamedTuple):
    """A call as it would have come by the tool's own name."""

    name: str
    arguments: Mapping[str, Any]


class Discovery:
    """Of one installation. Toolsets are listed for who holds an access token, whatever the session; without one for all
    who use this server; then its list of tools has `changed`."""

    def __init__(self, settings: Settings, catalog: Catalog, changed: Callable[[], object]) -> None:
        self._how = settings.discovery
        self._on_paper = settings.on_paper
        self._catalog = catalog
        self._changed = changed
        self._enabled: dict[str, set[str]] = {}  # by key of a holder

    def own(self, offer: Offer) -> list[Tool]:
        """The tools by which the others are reached."""
        return own(self._how, offer)

    def listed(self, offer: Offer, holder: "Holder | None") -> list[Tool]:
        """The others that tools/list has."""
        enabled = self._enabled.get(_key(holder), set())
        listed = {tool.name for tool in offer.listed}
        return [tool for tool in offer.tools if tool.name in listed or tool.toolset in enabled]

    def taken(
        self, name: str, arguments: Mapping[str, Any], offer: Offer, gone: Collection[str], holder: "Holder | None"
    ) -> Reached | str | None:
        """What a call of one of these tools comes to: the call that it is for, or its answer; None for one of another
        tool. What is `gone` from the API isn't found. Raises CallError."""
        if name not in {tool.name for tool in own(self._how, offer)}:
            return None
        if name == FIND:
            return self._found(_text(FIND, "query", arguments), offer, gone, holder)
        if name == ENABLE:
            return self._list_toolset(_text(ENABLE, "toolset", arguments), offer, holder)
        return _reached(name, arguments, offer)

    def ways(self, text: str, offer: Offer, holder: "Holder | None") -> str:
        """How the tools that a text of ours names are called that aren't listed; "" where all are."""
        listed = {tool.name for tool in self.listed(offer, holder)}
        there = {tool.name: tool for tool in offer.tools if tool.name not in listed}
        found = [there[name] for name in dict.fromkeys(NAMES.findall(text)) if name in there]
        if not found:
            return ""
        if self._how == "toolsets":
            toolsets = ", ".join(dict.fromkeys(tool.toolset for tool in found))
            return f"Not in your list of tools: {', '.join(one.name for one in found)}. {ENABLE} lists {toolsets}."
        by = {
            CALL_READ: [one.name for one in found if one.only_looks],
            CALL: [one.name for one in found if not one.only_looks],
        }
        ways = ", ".join(f"{', '.join(names)} through {how}" for how, names in by.items() if names)
        return f"Not in your list of tools: {ways}. {FIND} tells what they take."

    @cached_property
    def _ranking(self) -> Ranking:
        return Ranking(self._catalog)

    def _found(self, query: str, offer: Offer, gone: Collection[str], holder: "Holder | None") -> str:
        lacking = {*gone, *self._not_on_paper(offer.tools)}
        there = [tool for tool in offer.tools if tool.name not in lacking]
        ranked = self._ranking.best(query, there)
        best = max(BEST, min(len(self._ranking.named(query, there)), MOST))
        listed = {tool.name for tool in self.listed(offer, holder)}
        shown = ranked[:best]
        off, first = self._off(query, offer, holder)
        told = [_told(tool, listed) for tool in shown]
        lines = [*off, *told] if first else [*told, *off]
        names = {tool.name for tool in shown}
        whole = (tool for tool in shown if tool.name not in listed)
        beside = dict.fromkeys(one for tool in whole for one in _beside(tool, offer))
        if with_them := [one for one in beside if one not in names | listed | lacking][:NEAR]:
            lines.append(f"Used with these: {', '.join(with_them)}.")
        near = [tool.name for tool in ranked[best:] if tool.name not in with_them][:NEAR]
        if near:
            lines.append(f"Less likely: {', '.join(near)}.")
        if unknown := ", ".join(map(named, self._ranking.unknown(query))):
            lines.append(f"No tool is called {unknown}.")
        if not ranked:
            toolsets = {tool.toolset for tool in offer.tools}
            about = " ".join(one.description for name, one in offer.catalog.toolsets.items() if name in toolsets)
            lines.append(f"No tool's words are in that. Say it in others. There are tools for: {about}")
        elif foreign := ", ".join(self._ranking.foreign(query)):
            lines.append(f"In no tool's words: {foreign}. Where that is the point, none does it.")
        return "\n".join(lines)

    def _off(self, query: str, offer: Offer, holder: "Holder | None") -> tuple[list[str], bool]:
        """Of those that fit best of all tools that a holder could have why they aren't offered, where they aren't; and
        whether the very best is one of them."""
        toolsets = offer.catalog.toolset_names
        could = (tool for tool in offer.catalog.tools.values() if holder is None or holder.rights.has(tool, toolsets))
        best = self._ranking.best(query, (tool for tool in could if tool.default))[:BEST]
        said: dict[str, list[str]] = {}
        lacking = self._not_on_paper(best)
        for tool in best:
            try:
                offer.find(tool.name)
            except UnknownTool as error:
                said.setdefault(error.advice, []).append(error.happened)
                continue
            if why := lacking.get(tool.name):
                said.setdefault("", []).append(f"{tool.name} doesn't work here: {why}.")
        first = bool(best) and (offer.schema(best[0].name) is None or best[0].name in lacking)
        return [f"{' '.join(happened)} {advice}".rstrip() for advice, happened in said.items()], first

    def _not_on_paper(self, tools: Iterable[Tool]) -> dict[str, str]:
        """Those that the paper exchange can't do -> why, on one."""
        if not self._on_paper:
            return {}
        lacking = {tool.name: self._catalog.not_on_paper(tool) for tool in tools}
        return {name: why for name, why in lacking.items() if why}

    def _list_toolset(self, toolset: str, offer: Offer, holder: "Holder | None") -> str:
        toolsets = unlisted(offer)
        name = offer.catalog.toolset_names.get(toolset, toolset)
        if name not in toolsets:
            raise BadArguments(
                f"{named(toolset)} is no toolset that could be listed.",
                NOTHING_DONE,
                f"These could be: {', '.join(toolsets)}.",
            )
        key = _key(holder)
        if key not in self._enabled and len(self._enabled) >= HOLDERS:
            del self._enabled[next(iter(self._enabled))]
        self._enabled.setdefault(key, set()).add(name)
        self._changed()
        tools = ", ".join(tool.name for tool in offer.tools if tool.toolset == name)
        return f"Listed now: {tools}. Where they don't appear, this client doesn't follow its list of tools."


def _reached(caller: str, arguments: Mapping[str, Any], offer: Offer) -> Reached:
    """Raises BadArguments, which quotes no argument: a tool may take a secret."""
    name = _text(caller, "name", arguments)
    given = arguments.get("arguments")
    if given is None:
        given = {}
    elif isinstance(given, str):
        try:
            given = json.loads(given, parse_float=Decimal)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, Mapping) or not arguments.keys() <= {"name", "arguments"}:
        raise BadArguments(
            f"{caller} takes a tool's name and, as an object, all its arguments.",
            NOTHING_DONE,
            "Put them into arguments.",
        )
    if name in (FIND, CALL_READ, CALL):
        raise BadArguments(f"{name} isn't called through {caller}.", NOTHING_DONE, "Call it by its own name.")
    tool = offer.catalog.names.get(name)
    if caller == CALL_READ and tool is not None and not tool.only_looks:
        raise BadArguments(
            f"{tool.name} does more than read, and {CALL_READ} calls nothing that does.",
            NOTHING_DONE,
            f"{CALL} calls it.",
        )
    return Reached(name, given)


def _text(tool: str, name: str, arguments: Mapping[str, Any]) -> str:
    text = arguments.get(name)
    if not isinstance(text, str) or not text.strip():
        raise BadArguments(f"{tool} needs {name}, a text.", NOTHING_DONE, "Give it.")
    return text.strip()


def _told(tool: Tool, listed: Collection[str]) -> str:
    if tool.name in listed:
        return f"{tool.name} is in your list: call it by its name."
    how = CALL_READ if tool.only_looks else CALL
    return f"With {how}: {json.dumps(tool.definition, separators=(',', ':'), ensure_ascii=False)}"


def _beside(tool: Tool, offer: Offer) -> Iterator[str]:
    """The tools within reach that list what it can be of, and that its definition names."""
    yield from offer.listed_by(tool).values()
    properties = tool.schema.get("properties", {}).values()
    said = (tool.definition["description"], *(one.get("description", "") for one in properties))
    yield from (name for name in NAMES.findall(" ".join(said)) if offer.schema(name) is not None)


def _key(holder: "Holder | None") -> str:
    return "" if holder is None else holder.key
