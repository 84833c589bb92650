"""The manifest -> which tools this server offers.

Imported at every start, so it needs nothing but the standard library.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from hbmcp.did_you_mean import nearest
from hbmcp.errors import SettingsError, UnknownTool
from hbmcp.text import named

if TYPE_CHECKING:
    from hbmcp.settings import Settings

# What a request that isn't a read does to what is at risk.
Effect = Literal[
    "opens",  # a position, an order, an executor
    "reduces",  # a position, by no more than its size
    "cancels",  # an order that protects nothing
    "moves",  # swaps, liquidity
    "stops",  # a bot, an executor, a service
    "unprotects",  # cancels a stop, deletes keys, raises leverage, removes what is guarded by
    "configures",
    "reprices",  # changes what every limit is worth
    "runs_code",
    "secret",
]
EFFECTS: tuple[Effect, ...] = get_args(Effect)
ADDING: tuple[Effect, ...] = ("opens", "moves")  # what limits of value and number are about
REDUCING: tuple[Effect, ...] = ("reduces", "cancels", "stops")  # never refused by a limit

PLUGINS = "plugins"  # the toolset of tools that aren't hbmcp's own
DISCOVERY = ("find_tools", "call_read_tool", "call_tool", "enable_toolset")  # by which the tools not listed are reached
INSTALLATION = "installation"  # the argument by which a call names one of several

NAMES = re.compile(r"[a-z]+(?:_[a-z]+)+")  # of tools, in a text of ours

_WORD = re.compile(r"[a-z0-9]+")
_NAMED = re.compile(r"(\w+)_(?:name|id)")
_ROOT = re.compile(r"(?<= )/[^/]*|\{.*?\}")  # of a path: what a whole toolset shares; and placeholders


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `definition` is exactly what tools/list sends, and `bounds` what else is checked of arguments, by their
    names; `times` are those that hbmcp.times reads, `bases` the pairs that may be given by their base alone.

    A tool over one operation has that, `timeout` in seconds, and `result`. A workflow has none of them, but the names
    of the tools that it `uses`, and of those that it `uses_if_there`. One that isn't `default` is offered only where it
    is named. One that `acts_on_many` takes optional arguments as filters, and without any it acts on all.

    `also` are other spellings of the operation, each with what is `renamed` in it; `absent` the arguments that the
    contract has no place for; `always` what is sent in any case, by the API's names. `paper` is why the paper exchange
    hasn't the operation.

    A read that `hands_over` has a person change something. A plugin's tool is a workflow that a `function` carries out.
    `find` are words that people say for what it does.

    `service` is the name of the one whose operations these are, "" the Hummingbot API's.

    What isn't a read and has an operation has an `effect`: what it `is`, and which arguments hold its account,
    exchange, pair, side, amount and price. One that `previews` only looks unless it is told not to.
    """

    name: str
    definition: dict[str, Any]
    toolset: str
    risk: str
    aliases: tuple[str, ...]
    default: bool
    times: tuple[str, ...]
    operation: str = ""
    timeout: float = 0
    result: dict[str, Any] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    uses_if_there: tuple[str, ...] = ()
    hands_over: bool = False
    acts_on_many: bool = False
    effect: dict[str, str] = field(default_factory=dict)
    previews: bool = False
    bases: tuple[str, ...] = ()
    find: tuple[str, ...] = ()
    also: tuple[dict[str, Any], ...] = ()
    absent: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    paper: str = ""
    service: str = ""
    bounds: dict[str, dict[str, Any]] = field(default_factory=dict)
    function: Callable[..., Awaitable[Any]] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entry of the manifest."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        return cls(name=entry["definition"]["name"], **values)

    @property
    def spellings(self) -> dict[str, Mapping[str, str]]:
        """Each spelling of its operation, its own first -> what is renamed there; of a workflow none."""
        if self.is_workflow:
            return {}
        return {self.operation: {}} | {one["operation"]: one.get("renamed", {}) for one in self.also}

    def unattended(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A call of it as it is meant when nobody is there: not to look."""
        return {**arguments, "preview": False} if self.previews else dict(arguments)

    @property
    def is_workflow(self) -> bool:
        """Carried out by a module of hbmcp.workflows, or a plugin."""
        return not self.operation

    @property
    def parts(self) -> frozenset[str]:
        """Every tool that a workflow may ask or send."""
        return frozenset((*self.uses, *self.uses_if_there))

    @property
    def reads(self) -> bool:
        """Changes nothing, so it may be repeated."""
        return self.risk == "read"

    @property
    def only_looks(self) -> bool:
        """Nothing is changed by it, nor by a person whom it asks: it is for who may only read."""
        return self.reads and not self.hands_over

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema that the arguments are checked by."""
        schema: dict[str, Any] = self.definition["inputSchema"]
        if not self.bounds:
            return schema
        properties = {name: {**one, **self.bounds.get(name, {})} for name, one in schema["properties"].items()}
        return {**schema, "properties": properties}


@dataclass(frozen=True, slots=True)
class Toolset:
    """Tools that are switched on together."""

    name: str
    title: str
    description: str
    default: bool
    aliases: tuple[str, ...] = ()


ALL, NONE = "all", "none"  # in place of names

# A model isn't told how; the person whom it asks knows where to look.
CHOOSING = "hbmcp's README says how, under Choosing tools"
ONLY_A_PERSON = f"Only a person can have it offered: {CHOOSING}."

NOT_IN_THIS_API = "Use another tool; a person can update the API, or hbmcp."


@dataclass(frozen=True, slots=True)
class Off:
    """Why a tool isn't offered, and who could change that; the `toolset` that would bring it, if only its name is
    missing."""

    why: str
    advice: str
    toolset: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """What took the place of a tool that went, "" where nothing did, and `but` what of it that one doesn't do."""

    by: str = ""
    but: str = ""

    @property
    def instead(self) -> str:
        """To follow on its name and "was removed"."""
        without = f", but for {self.but}" if self.but else ""
        return f", and {self.by} took its place{without}" if self.by else ""


class Catalog:
    """Every tool there is."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.api: Mapping[str, Any] = manifest["api"]
        self.toolsets = {
            name: Toolset(name, one["title"], one["description"], one["default"], tuple(one.get("aliases", ())))
            for name, one in manifest["toolsets"].items()
        }
        self.toolset_names = {name: one.name for one in self.toolsets.values() for name in (one.name, *one.aliases)}
        tools = map(Tool.from_entry, manifest["tools"])
        self.tools = {tool.name: tool for tool in tools}
        self.absent: Mapping[str, str] = manifest.get("absent", {})  # curated, and why the API hasn't what they need
        # Names that were tools -> what took their place.
        self.removed = {name: Removed(**one) for name, one in manifest.get("removed", {}).items()}
        self.names = {name: tool for tool in self.tools.values() for name in (tool.name, *tool.aliases)}  # aliases too
        self.named: set[str] = set()  # those of plugins that a person named
        self.remarks: list[str] = []  # which plugins, or tools of theirs, aren't there, and why

    @classmethod
    def load(cls) -> Self:
        """The catalog of the generated tools."""
        return cls(json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes()))

    def not_on_paper(self, tool: Tool) -> str:
        """Why the paper exchange can't do what a tool stands on; "" where it can."""
        return next((why for part in (tool, *map(self.tools.get, tool.uses)) if part and (why := part.paper)), "")

    def add(self, toolset: "Toolset", tool: Tool, *, named: bool) -> None:
        """A plugin's tool; `named` where a person named the plugin, and so asked for it."""
        self.toolsets[toolset.name] = toolset
        self.toolset_names[toolset.name] = toolset.name
        self.tools[tool.name] = self.names[tool.name] = tool
        if named:
            self.named.add(tool.name)

    def offer(self, settings: "Settings") -> "Offer":
        """What the settings choose. With discovery only that is listed, and the rest is within reach, but for what has
        to be named. Raises SettingsError as choose does."""
        tools, exclude, read_only = settings.tools, settings.exclude_tools, settings.read_only
        if settings.discovery == "off":
            return self.choose(settings.toolsets, tools, exclude, read_only)
        listed = self._chosen(settings.toolsets, tools, exclude, read_only)
        every = self.choose((*settings.toolsets, ALL), tools, exclude, read_only)
        return every.listing(tool.name for tool in listed.tools)

    def every(self, settings: "Settings") -> "Offer":
        """All but what the settings exclude: which tools a client is shown says nothing of it."""
        tools = (*settings.tools, ALL)  # those that show a secret have to be named
        return self.choose(settings.toolsets, tools, settings.exclude_tools, settings.read_only)

    def choose(
        self,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude: Sequence[str] = (),
        read_only: bool = False,
    ) -> "Offer":
        """What a server offers: these toolsets and these tools ("all" is every one), less the excluded ones.

        Nothing chosen means the default toolsets, the toolset "none" no toolset. A toolset brings its default tools:
        what a workflow does better has to be named. What takes or shows a secret comes only where it is itself named.
        The tools of a plugin that a person named are named with it. Read-only leaves reads alone, whatever is said.
        Raises SettingsError for a name that doesn't exist, and when no tool is left.
        """
        chosen = self._chosen(toolsets, tools, exclude, read_only)
        if not chosen.tools:
            raise SettingsError(
                "No tool is left to offer.", advice="Widen --toolsets or --tools, or exclude fewer of them."
            )
        return chosen

    def _chosen(
        self, toolsets: Sequence[str], tools: Sequence[str], exclude: Sequence[str], read_only: bool
    ) -> "Offer":
        wanted = self._toolsets(toolsets) if toolsets or tools else {n for n, s in self.toolsets.items() if s.default}
        singles = self._tools(tools, "HBMCP_TOOLS (--tools)") | self.named
        excluded = self._tools(exclude, "HBMCP_EXCLUDE_TOOLS (--exclude-tools)")
        named_singly = self._tools([name for name in tools if name != ALL], "HBMCP_TOOLS (--tools)")
        named_sets = self._toolsets(name for name in toolsets if name != ALL)
        asked = {tool.name for tool in self.tools.values() if tool.name in named_singly or tool.toolset in named_sets}
        asked |= self.named
        off: dict[str, Off] = {}
        for tool in self.tools.values():
            if read_only and not tool.only_looks:
                why = "has a person change something" if tool.reads else f"isn't a read (risk: {tool.risk})"
                off[tool.name] = Off(f"this server is read-only, and the tool {why}", ONLY_A_PERSON)
            elif tool.name in excluded:
                off[tool.name] = Off("it was excluded", ONLY_A_PERSON)
            elif tool.risk == "secret" and tool.name not in named_singly:
                off[tool.name] = Off("it takes or shows a secret, which no model should see", ONLY_A_PERSON)
            elif tool.name in singles or (tool.toolset in wanted and tool.default):
                continue
            elif tool.toolset in wanted:
                off[tool.name] = Off(
                    "another tool does the same and more",
                    ONLY_A_PERSON,
                )
            else:
                off[tool.name] = Off(
                    f"it belongs to the toolset {tool.toolset}",
                    ONLY_A_PERSON,
                    tool.toolset,
                )
        return Offer(self, off, frozenset(asked))

    def by_operation(self, operation: str) -> Tool | None:
        """The first tool of an operation of the Hummingbot API, "POST /trading/orders"."""
        ours = (tool for tool in self.tools.values() if not tool.service)
        return next((tool for tool in ours if tool.operation == operation), None)

    def _toolsets(self, names: Iterable[str]) -> set[str]:
        names = [name for name in names if name != NONE]
        if unknown := [name for name in names if name not in self.toolset_names and name != ALL]:
            raise _unknown("HBMCP_TOOLSETS (--toolsets)", "toolset", unknown, [*self.toolsets, ALL, NONE])
        return set(self.toolsets if ALL in names else (self.toolset_names[name] for name in names))

    def _tools(self, names: Iterable[str], setting: str) -> set[str]:
        # What is absent is right for another version of the API.
        names = [name for name in names if name not in self.absent or name in self.removed]
        if gone := [name for name in names if name in self.removed]:
            told = [f"{named(name)}{self.removed[name].instead}" for name in gone]
            raise SettingsError(f"{setting}: removed since: {', '.join(told)}.", advice="Correct the setting.")
        if unknown := [name for name in names if name not in self.names and name != ALL]:
            raise _unknown(setting, "tool", unknown, list(self.names))
        return set(self.tools if ALL in names else (self.names[name].name for name in names))


class Offer:
    """The tools that one server offers. `off` says of every other tool why it isn't among them. `asked` are those that
    a person named, singly or by their toolset; `listed` those that tools/list has, None for all."""

    def __init__(
        self,
        catalog: Catalog,
        off: Mapping[str, Off],
        asked: frozenset[str] = frozenset(),
        listed: frozenset[str] | None = None,
    ) -> None:
        self.catalog = catalog
        self.asked = asked
        self._off = off
        self._listed = listed
        self.tools = [tool for tool in catalog.tools.values() if tool.name not in off]
        self._names = {name: tool for name, tool in catalog.names.items() if tool.name not in off}

    @property
    def listed(self) -> list[Tool]:
        """Those that tools/list has."""
        return [tool for tool in self.tools if self._listed is None or tool.name in self._listed]

    def listing(self, names: Iterable[str]) -> "Offer":
        """The same, of which tools/list has these."""
        return Offer(self.catalog, self._off, self.asked, frozenset(names))

    def schema(self, name: str) -> dict[str, Any] | None:
        """The input schema of an offered tool."""
        tool = self._names.get(name)
        return None if tool is None else tool.schema

    def find(self, name: str) -> Tool:
        """The offered tool of this name or alias. Raises UnknownTool, which says why it isn't there."""
        if tool := self._names.get(name):
            return tool
        if known := self.catalog.names.get(name):
            off = self._off[known.name]
            raise UnknownTool(f"{named(name)} is switched off here: {off.why}.", "Nothing was done.", off.advice)
        if (removed := self.catalog.removed.get(name)) is not None:
            raise UnknownTool(
                f"{named(name)} was removed since{removed.instead}.",
                "Nothing was done.",
                f"Call {removed.by}." if removed.by else "tools/list has what there is.",
            )
        if why := self.catalog.absent.get(name):
            raise UnknownTool(f"{named(name)} isn't offered: {why}.", "Nothing was done.", NOT_IN_THIS_API)
        near = nearest(name, self._names, most=3)
        raise UnknownTool(
            f"There is no tool {named(name)}.",
            "Nothing was done.",
            f"Did you mean {_either(near)}?" if near else "tools/list has the names.",
        )

    def off(self, name: str) -> Off | None:
        """Why a tool of this name isn't offered; None for one that is."""
        return self._off.get(name)

    def unoffered(self, words: Iterable[str]) -> str:
        """A sentence on which of these are tools that aren't offered; "" where none is. Whoever is sent to one looks
        for it in vain."""
        off = list(dict.fromkeys(word for word in words if word in self._off))
        return f"Not offered here: {', '.join(off)}." if off else ""

    def without(self, off: Mapping[str, Off]) -> "Offer":
        """The same less these."""
        return Offer(self.catalog, {**self._off, **off}, self.asked, self._listed)

    def lookups(self, tool: Tool) -> list[str]:
        """Up to three reads that show what became of a call of `tool`: they share a word with its name or path."""
        name, path = _words(tool.name), _words(_ROOT.sub("", tool.operation.lower()))
        # The fewer other words a name has, the more it is about this and nothing else.
        ranked = sorted(
            (-2 * len(name & words) - len(path & words), len(words - name - path), place)
            for place, words in enumerate(_words(one.name) for one in self.tools)
            if self.tools[place].reads and self.tools[place].default and self.tools[place].toolset == tool.toolset
        )
        related = [place for score, _, place in ranked if score < 0] or [place for *_, place in ranked[:2]]
        return [self.tools[place].name for place in related[:3]]

    def directory(self, tool: Tool) -> str | None:
        """The read, if any, that lists what a call of `tool` can be of: it shares a word with its name, and is about
        little else."""
        words = _words(tool.name)
        named_alike = [
            (len(_words(one.name) - words), one.name)
            for one in self.tools
            if one.reads and one.default and one.toolset == tool.toolset and one.name.startswith("list_")
            if one.name != tool.name and words & _words(one.name)
        ]
        return min(named_alike)[1] if named_alike else None

    def listed_by(self, tool: Tool) -> dict[str, str]:
        """The arguments that a tool needs and that name something -> the offered read that lists those: bot_name ->
        list_bots. One whose description has a tool's name in it says so itself."""
        told = tool.schema.get("properties", {})
        silent = [name for name in tool.schema.get("required", ()) if "_" not in told[name].get("description", "")]
        lists = {name: f"list_{found[1]}s" for name in silent if (found := _NAMED.fullmatch(name))}
        return {name: by for name, by in lists.items() if by in self._names and by != tool.name}


def _words(name: str) -> set[str]:
    """ "get_open_orders" -> {"open", "order"}, the verb left out"""
    return {word.rstrip("s") for word in _WORD.findall(name)[1:]}


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _unknown(setting: str, what: str, unknown: Sequence[str], names: Sequence[str]) -> SettingsError:
    told = []
    for name in unknown:
        near = nearest(name, names, most=3)
        told.append(f"{named(name)}" + (f" (did you mean {_either(near)}?)" if near else ""))
    # Toolsets are few enough to name; tools aren't.
    advice = f"There are: {', '.join(names)}." if what == "toolset" else "`hbmcp tools --tools all` lists them."
    return SettingsError(f"{setting}: no such {what}: {', '.join(told)}.", advice=advice)
