"""Where the API's own contract isn't the one that the tools were made from, and what that means for each tool.

Compared are fingerprints: which operations there are, and the names of what they take. That takes as long as a digest
of the document, so nothing of it is kept.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from importlib.resources import files
from typing import Any

from attrs import evolve, field, frozen

from hbmcp.catalog import REDUCING, Catalog, Tool
from hbmcp.errors import AbsentOperation, CallError, ChangedOperation, UnknownOperation
from hbmcp.text import named
from hbmcp_tools.fingerprints import REQUIRED, fingerprints, placed
from hummingbot_api.client import Response
from hummingbot_api.request import Request

SHARE = 2  # of the operations one in so many is there, or it is another API's document
SHOWN = 8  # names in a sentence
BESIDE = 0.05  # seconds that a call has to go first
AGAIN = 300.0  # seconds after which the API may be another
TO_PROVE = 5.0  # seconds that who needs what is gone waits for another document
SOON = 60.0  # seconds after which one that didn't answer is asked again
REGENERATE = "A person can make hbmcp's tools anew from this API: `make regen API=1`."

logger = logging.getLogger(__name__)

_PLACE = re.compile(r"\{[^}]*\}")


@frozen
class Spelling:
    """How this API has an operation: its method and path, and the names that are others in it."""

    operation: str
    renamed: Mapping[str, str] = field(factory=dict)


@frozen
class Operation:
    """What this API takes there that hbmcp doesn't know it to, and the other way round."""

    required: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


@frozen
class Drift:
    """`gone` are tools, with the reason; `missing` the operations of those over one; `elsewhere` the operations that
    this API spells otherwise; `changed` those that take something else; `added` how many there are besides.
    `untold` is why nothing of that is known."""

    gone: Mapping[str, str] = field(factory=dict)
    missing: frozenset[str] = frozenset()
    elsewhere: Mapping[str, Spelling] = field(factory=dict)
    changed: Mapping[str, Operation] = field(factory=dict)
    added: int = 0
    untold: str = ""

    @classmethod
    def of(cls, catalog: Catalog, document: Any) -> "Drift":
        """What the API's own document says. Raises ValueError where it is none, or not that of such an API."""
        there = {_alike(key): (key, names) for key, names in fingerprints(document).items()}
        known: dict[str, list[str]] = json.loads(files("hbmcp_tools").joinpath("fingerprints.json").read_bytes())
        if SHARE * (found := sum(_alike(key) in there for key in known)) < len(known):
            raise ValueError(f"of the {len(known)} operations that hbmcp knows it has {found}")
        gone: dict[str, str] = {}
        missing: set[str] = set()
        elsewhere: dict[str, Spelling] = {}
        changed: dict[str, Operation] = {}
        for tool in catalog.tools.values():
            if tool.is_workflow or tool.service:
                continue
            key = _alike(tool.operation)
            names = _names(known.get(tool.operation, ()))
            spelled = next((one for one in tool.spellings if _alike(one) in there), None)
            if spelled is None:
                gone[tool.name] = f"this Hummingbot API has no {tool.operation}"
                missing.add(tool.operation)
                continue
            if spelled != tool.operation:
                renamed, key = tool.spellings[spelled], _alike(spelled)
                elsewhere[tool.operation] = Spelling(there[key][0], renamed)
                names = {_renamed(name, renamed): needed for name, needed in names.items()}
            now = _names(there[key][1])
            required = {name for name, needed in now.items() if needed and not names.get(name)}
            unknown = names.keys() - now.keys()
            if required or unknown:
                changed[tool.operation] = Operation(frozenset(required), frozenset(unknown))
        for tool in catalog.tools.values():
            if lost := [gone[part] for part in tool.uses if part in gone]:
                gone[tool.name] = lost[0]
        expected = {*map(_alike, known), *(_alike(one.operation) for one in elsewhere.values())}
        return cls(gone, frozenset(missing), elsewhere, changed, len(there.keys() - expected))

    def fitted(
        self, tool: Tool, request: Request[Any], *, reduces: bool = False, given: Collection[str] = ()
    ) -> Request[Any]:
        """A tool's request as this API takes it. Raises AbsentOperation where it has none, and ChangedOperation where
        it takes another: nothing is sent then. Another service's is as it was made.

        What reduces is left to the API, unless it only `reduces` by its arguments, and the API would ignore some.
        `given` are the tool's arguments that who called gave it.
        """
        if tool.service:
            return request
        reduces_anyway = tool.effect.get("is") in REDUCING
        refuses = not (reduces or reduces_anyway)
        if tool.operation in self.missing and refuses:
            raise AbsentOperation(
                f"This Hummingbot API has no {tool.operation}.", "Nothing was sent.", f"Use another tool. {REGENERATE}"
            )
        if spelling := self.elsewhere.get(tool.operation):
            request = _moved(request, tool.operation, spelling)
        if change := self.changed.get(tool.operation):
            sent = _sent(request)
            if refuses and (wanted := change.required - sent):
                raise ChangedOperation(
                    f"This Hummingbot API requires {_listed(map(named, wanted))} in {tool.operation}, which hbmcp "
                    "doesn't send.",
                    "Nothing was sent.",
                    REGENERATE,
                )
            always = {*tool.always} if tool.reads else set()
            ignored = {name for name in change.unknown & sent if _bare([name]).isdisjoint(always)}
            if ignored and not reduces_anyway:
                can_be_left_out = {*given}.difference(tool.schema.get("required", ()))
                without = "Call it without. " if tool.reads and _bare(ignored) <= can_be_left_out else ""
                raise ChangedOperation(
                    f"This Hummingbot API takes no {_listed(map(named, ignored))} in {tool.operation}, and would "
                    "ignore it.",
                    "Nothing was sent.",
                    f"{without}{REGENERATE}",
                )
        return request

    @property
    def words(self) -> tuple[str, ...]:
        """A sentence for each kind of difference that touches a tool, or why none is known."""
        if self.untold:
            return (f"Which tools this API has the operations for isn't known: {self.untold}",)
        required = {key for key, one in self.changed.items() if one.required}
        told = {
            "Not offered, for this API hasn't what they need": self.gone,
            "The API has these elsewhere, and is asked there": self.elsewhere,
            "The API requires more than hbmcp sends for": required,
            "The API takes less than hbmcp knows for": self.changed.keys() - required,
        }
        lines = [f"{what}: {_listed(names)}." for what, names in told.items() if names]
        if lines and self.added:
            lines.append(f"It has {self.added} operations that hbmcp doesn't know.")
        return (*lines, REGENERATE) if lines else ()


NONE = Drift()
_READ = Tool(
    name="compare_api",
    definition={},
    toolset="system",
    risk="read",
    aliases=(),
    default=False,
    times=(),
    operation="GET /openapi.json",
    timeout=10,
)


class Comparison:
    """Reads the API's own contract beside the calls, at the first one and from time to time, if it is `on`. Use it
    inside one event loop, and close it there. It is `settled` when that was read, or there is none, and `changed` are
    called with the tools that are gone then and weren't before, or are there again.

    One document is no proof that something is gone, for an old replica may have sent it: who needs it has another read.
    """

    def __init__(
        self, catalog: Catalog, send: Callable[[Request[Any], Tool], Awaitable[Response[Any]]], *, on: bool
    ) -> None:
        self.drift = NONE
        self.settled = False
        self.changed: list[Callable[[Collection[str]], object]] = []
        self._catalog = catalog
        self._send = send
        self._on = on
        self._task: asyncio.Task[None] | None = None
        self._again = 0.0  # by the event loop's clock
        self._proven: Collection[str] = ()  # tools that are gone by two documents, one after the other
        self._prove_again = 0.0

    def known(self) -> Drift:
        """What is known by now, for who is about to ask the API. Unless it was compared lately, that begins beside."""
        if self._on and asyncio.get_running_loop().time() >= self._again:
            self._begin(BESIDE)
        return self.drift

    async def found(self, seconds: float) -> Drift:
        """The same, once the comparison has ended; it is waited for so long."""
        self.known()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
        return self.drift

    async def lacks(self, tool: str) -> str:
        """Why this API can't do what a tool does, as far as that is known; "" where it can."""
        why = self.known().gone.get(tool, "")
        if not why or tool in self._proven:
            return why
        now = asyncio.get_running_loop().time()
        if now >= self._prove_again and (self._task is None or self._task.done()):
            self._prove_again = now + SOON
            self._begin()
        return (await self.found(TO_PROVE)).gone.get(tool, "")

    def _begin(self, beside: float = 0.0) -> None:
        self._again = asyncio.get_running_loop().time() + AGAIN
        self._task = asyncio.create_task(self._compare(beside))

    async def aclose(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _give_up(self, why: str) -> None:
        if self.drift == NONE or self.drift.untold:
            self.drift = Drift(untold=why)

    async def _compare(self, beside: float) -> None:
        await asyncio.sleep(beside)
        before = self.drift
        try:
            answer = await self._send(Request("GET", "/openapi.json", parse=lambda value: value), _READ)
            drift = await asyncio.to_thread(Drift.of, self._catalog, answer.raw)
        except CallError as error:
            logger.info("the API's own contract can't be read, so nothing is compared: %s", error.happened)
            self._give_up(f"its own contract can't be read. {error.happened}")
            self.settled = isinstance(error, UnknownOperation)
            self._again = self._again if self.settled else asyncio.get_running_loop().time() + SOON
        except (ValueError, RecursionError) as error:
            logger.warning("the API's /openapi.json isn't compared: %s", error)
            self._give_up(f"its /openapi.json can't be compared, for {error}. {REGENERATE}")
            self.settled = True
        else:
            self.drift = drift
            self.settled = True
            self._proven = drift.gone.keys() & before.gone.keys()
            if drift != before and drift.words:
                logger.warning("the API isn't of the version that the tools were made for. %s", " ".join(drift.words))
            if others := drift.gone.keys() ^ before.gone.keys():
                for tell in self.changed:
                    tell(others)


def _alike(operation: str) -> str:
    """What a path's places are called doesn't matter."""
    return _PLACE.sub("{}", operation)


def _names(taken: Iterable[str]) -> dict[str, bool]:
    return {name.removesuffix(REQUIRED): name.endswith(REQUIRED) for name in taken}


def _sent(request: Request[Any]) -> set[str]:
    """As fingerprints have it."""
    body = request.json if isinstance(request.json, dict) else {}
    form = (*(request.form or ()), *(request.files or ()))
    places = {"query": request.query, "form": form, "header": request.headers or ()}
    return {*map(str, body), *(f"{name}{placed(place)}" for place, pairs in places.items() for name, _ in pairs)}


def _bare(names: Iterable[str]) -> set[str]:
    """Without where they stand."""
    return {name.partition(placed(""))[0] for name in names}


def _renamed(name: str, renamed: Mapping[str, str]) -> str:
    bare, within, place = name.partition(placed(""))
    return f"{renamed.get(bare, bare)}{within}{place}"


def _moved(request: Request[Any], operation: str, spelling: Spelling) -> Request[Any]:
    """The same at another place, by its names there."""
    template, path = operation.partition(" ")[2], spelling.operation.partition(" ")[2]
    renamed = spelling.renamed
    values = re.fullmatch("([^/]*)".join(map(re.escape, _PLACE.split(template))), request.path)
    held = dict(zip(_PLACE.findall(template), values.groups() if values else (), strict=False))
    in_path = {f"{{{renamed.get(place[1:-1], place[1:-1])}}}": value for place, value in held.items()}
    if lost := {*_PLACE.findall(path)} ^ in_path.keys():
        raise ChangedOperation(
            f"This Hummingbot API has {operation} elsewhere, and {_listed(map(named, lost))} has no place in one of "
            "them.",
            "Nothing was sent.",
            REGENERATE,
        )
    body = request.json
    return evolve(
        request,
        path=_PLACE.sub(lambda place: in_path[place[0]], path),
        query=tuple((renamed.get(name, name), value) for name, value in request.query),
        json={renamed.get(name, name): value for name, value in body.items()} if isinstance(body, dict) else body,
    )


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more
