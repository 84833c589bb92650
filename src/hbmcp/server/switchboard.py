"""Where a server's requests come in: each is put through to the line of its installation, which it names where there
are several. What all lines share is here: who is told of changes, and which calls are under way."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hbmcp.catalog import INSTALLATION, Tool
from hbmcp.errors import BadArguments
from hbmcp.server.line import Line
from hbmcp.server.list_changes import ListChanges
from hbmcp.settings import Settings
from hbmcp.text import named, one_line
from hbmcp.times import ticking

if TYPE_CHECKING:
    from hbmcp.access.holder import Holder
    from hbmcp.bridge import Outcome
    from hbmcp.server.subscriptions import Subscriptions

OVERVIEW = "get_status"  # the one tool that needs none: then it tells of each in a line
# While it isn't known yet what the API lacks, lists may be others after the next call; then they stay, and who listens
# is told if not.
LIST_TTL_MS = 5 * 60 * 1000

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class UnderWay:
    """A call, who called, when it began, and what it came to; nothing, if it is cancelled."""

    tool: Tool
    client: str
    began: float
    outcome: "Outcome | None" = None


class Switchboard:
    """The lines of a server, under their names; the only one has none, "". Once it is `ending` no call begins any more,
    and no trigger fires. `count` is told of each that ends."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines: Mapping[str, Line] = (
            {"": lines[0]} if len(lines) == 1 else {line.settings.name: line for line in lines}
        )
        self.catalog = lines[0].offer.catalog
        self.ending = False
        self.list_changes = ListChanges()
        self.count: Callable[[UnderWay], None] | None = None
        self.hearing: Counter[str] = Counter()  # standing streams of sessions over HTTP
        self._under_way: set[UnderWay] = set()
        self._subscriptions: Subscriptions | None = None
        for line in lines:
            line.changed = self.list_changes.tell

    @property
    def settings(self) -> Settings:
        """Those of the server, which are the same for each."""
        return next(iter(self.lines.values())).settings

    def reached(self, holder: "Holder | None") -> Mapping[str, Line]:
        """The lines that are for who showed a token, or none where none is asked for."""
        if holder is None or holder.installations is None:
            return self.lines
        return {name: line for name, line in self.lines.items() if name in holder.installations}

    def put_through(self, given: Mapping[str, Any], holder: "Holder | None") -> tuple[Line, dict[str, Any]]:
        """The line that these arguments name, and the others of them. Raises BadArguments where they name none."""
        arguments = dict(given)
        name = "" if "" in self.lines else arguments.pop(INSTALLATION, None)
        lines = self.reached(holder)
        if isinstance(name, str) and name in lines:
            return lines[name], arguments
        if name in (None, ""):
            happened = f"There are several installations, and {INSTALLATION} doesn't say which is meant."
        else:
            happened = f"There is no installation {named(str(name))} here."
        raise BadArguments(happened, "Nothing was done.", f"Call again with {INSTALLATION}: {' or '.join(lines)}.")

    def of_each(self, tool: str, given: Mapping[str, Any]) -> bool:
        """Whether a call is for all of several."""
        return tool == OVERVIEW and "" not in self.lines and given.get(INSTALLATION) is None

    async def overview(self, given: Mapping[str, Any], holder: "Holder | None", client: str) -> "Outcome":
        """What each says of its status in a line, with all that is to be known first, or why it isn't known. Nobody
        hears news by it, which a call to one tells."""
        from hbmcp.bridge import Outcome

        arguments = {name: value for name, value in given.items() if name != INSTALLATION}
        lines = self.reached(holder)

        async def status_of(line: Line) -> Outcome:
            bridge = line.bridge_for(holder).for_resources()
            return await bridge.call(OVERVIEW, arguments, client=client, structured=True)

        with self.calling(self.catalog.tools[OVERVIEW], client) as under_way:
            found = await asyncio.gather(*map(status_of, lines.values()))
            told = [
                f"{name}: {_in_a_line(outcome, line.bridge.identity.signature)}"
                for (name, line), outcome in zip(lines.items(), found, strict=True)
            ]
            failed = all(outcome.is_error for outcome in found)
            structured = {"notes": told} if self.settings.structured and not failed else None
            under_way.outcome = Outcome("\n".join(told), failed, structured=structured)
        return under_way.outcome

    def definitions(self, holder: "Holder | None") -> list[dict[str, Any]]:
        """What tools/list sends: each tool with the installations that it is offered at, where there are several."""
        found: dict[str, dict[str, Any]] = {}
        where: dict[str, list[str]] = {}
        for name, line in self.reached(holder).items():
            for one in line.definitions(holder):
                found[one["name"]] = _joined(found.get(one["name"], one), one)
                where.setdefault(one["name"], []).append(name)
        return [_asking(one, where[tool]) for tool, one in found.items()]

    def schema(self, tool: str) -> dict[str, Any] | None:
        """The input schema of a tool that is offered at one of them."""
        names = [name for name, line in self.lines.items() if line.offer.schema(tool) is not None]
        return _asking(self.lines[names[0]].offer.find(tool).definition, names)["inputSchema"] if names else None

    def watch(self) -> None:
        """Watch the triggers of each from soon on."""
        for line in self.lines.values():
            line.watch()

    @property
    def subscriptions(self) -> "Subscriptions":
        """Those to resources."""
        if self._subscriptions is None:
            from hbmcp.server.subscriptions import Subscriptions

            self._subscriptions = Subscriptions(self.reached, self.list_changes, self.hearing)
        return self._subscriptions

    def shown(self, session: str, holder: "Holder") -> None:
        """A request of that session over HTTP showed a token."""
        if self._subscriptions is not None:
            self._subscriptions.shown(session, holder)

    def listed(self, what: str, definitions: list[dict[str, Any]]) -> dict[str, Any]:
        """The answer to a request for a list: good for as long as what is offered stays."""
        good_for = LIST_TTL_MS if all(line.settled for line in self.lines.values()) else 0
        return {"resultType": "complete", what: definitions, "ttlMs": good_for, "cacheScope": "private"}

    @contextmanager
    def calling(self, tool: Tool, client: str) -> Iterator[UnderWay]:
        """A call is under way; what it comes to is kept with it."""
        call = UnderWay(tool, client, ticking())
        self._under_way.add(call)
        try:
            yield call
        finally:
            self._under_way.discard(call)
            if self.count is not None:
                self.count(call)

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self._under_way) or self._carries

    @property
    def acts(self) -> bool:
        """Whether a call is under way that isn't a read, and so may have sent something."""
        return self._carries or any(not call.tool.reads for call in self._under_way)

    @property
    def _carries(self) -> bool:
        return any(line.carries for line in self.lines.values())

    def tell_broken_off(self) -> None:
        """Log what is under way, for it is about to be broken off."""
        for call in self._under_way:
            logger.warning(
                "Broken off as the server ends: %s, after %.1f s%s.%s",
                call.tool.name,
                ticking() - call.began,
                f", of {named(call.client)}" if call.client else "",
                "" if call.tool.reads else " hbmcp audit show says what it sent, if anything.",
            )

    @property
    def fires(self) -> float:
        """Seconds that triggers get that are firing, before they are broken off; 0 where none is."""
        return max(line.fires for line in self.lines.values())

    def end(self) -> None:
        """From now on no call begins, and no trigger fires."""
        self.ending = True
        for line in self.lines.values():
            line.end()

    async def aclose(self) -> None:
        """Close what is open, and the lines."""
        self.list_changes.close()
        if self._subscriptions is not None:
            self._subscriptions.close()
        await asyncio.gather(*(line.aclose() for line in self.lines.values()))


def _in_a_line(outcome: "Outcome", signature: str) -> str:
    """A status for programs: of its tables how long they are, and its notes."""
    from hbmcp.results.cells import compact

    if outcome.structured is None:
        return one_line(outcome.text.removesuffix(signature))
    said = outcome.structured.get("result") or outcome.structured["unexpected"]
    state = {part: len(value) if isinstance(value, list) else value for part, value in said.items()}
    return " ".join((compact(state), *(note for note in outcome.structured["notes"] if note != signature)))


def _joined(definition: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The same tool with all that an argument can be at the one or the other."""
    ours, theirs = (one["inputSchema"].get("properties", {}) for one in (definition, other))
    more = {
        name: {**ours[name], "enum": list(dict.fromkeys([*ours[name]["enum"], *told["enum"]]))}
        for name, told in theirs.items()
        if ours.get(name) != told and "enum" in told and "enum" in ours.get(name, {})
    }
    if not more:
        return definition
    return {**definition, "inputSchema": {**definition["inputSchema"], "properties": {**ours, **more}}}


def _asking(definition: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The definition of a tool that is offered at these installations: it asks which is meant, unless that has no
    name."""
    if "" in names:
        return definition
    schema = definition["inputSchema"]
    which = {INSTALLATION: {"type": "string", "enum": list(names)}}
    asking = {
        **schema,
        "properties": {**which, **schema.get("properties", {})},
        "required": [*(() if definition["name"] == OVERVIEW else (INSTALLATION,)), *schema.get("required", ())],
    }
    return {**definition, "inputSchema": asking}
