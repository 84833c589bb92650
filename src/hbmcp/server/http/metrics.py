"""The server's numbers, as Prometheus reads them. What a label says is one of few words of ours: no client has a part
in any, and no account or token is among them."""

import asyncio
from collections import Counter as Counts
from typing import TYPE_CHECKING, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hbmcp import extras
from hbmcp.errors import CallError, LimitReached, OutcomeUnknown, Refused, SettingsError, StoreError, UnknownTool
from hbmcp.server.switchboard import Switchboard, UnderWay
from hbmcp.settings.model import called
from hbmcp.times import ticking

try:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
    from prometheus_client.exposition import choose_encoder
except ImportError:
    raise SettingsError(
        f"{called('http_metrics')} asks for numbers that prometheus_client makes, and that isn't installed.",
        "hbmcp doesn't start.",
        f"{extras.advice('metrics')}, or leave the setting out.",
    ) from None

if TYPE_CHECKING:
    from hbmcp.bridge import Outcome

PATH = "/metrics"
PATIENCE = 5.0  # seconds for the store
SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)  # a histogram's steps
DEFECT = "defect"  # the kind of an error of hbmcp itself

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Of one server: counts each of its calls."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._registry = every = CollectorRegistry()
        self._calls = Counter(
            "hbmcp_calls", "Calls that ended, by what they came to.", ("tool", "outcome"), registry=every
        )
        self._seconds = Histogram(
            "hbmcp_call_seconds", "How long calls took.", ("tool",), buckets=SECONDS, registry=every
        )
        self._errors = Counter("hbmcp_errors", "Calls that ran into an error, by its kind.", ("kind",), registry=every)
        self._refusals = Counter(
            "hbmcp_refusals", "Calls that hbmcp refused, by the rule or limit.", ("rule",), registry=every
        )
        self._triggers = Gauge(
            "hbmcp_triggers", "Triggers in the store that all servers share, by state.", ("state",), registry=every
        )
        board.count = self._count

    @property
    def routes(self) -> list[Route]:
        """Where they are read."""
        return [Route(PATH, self._page)]

    def _count(self, call: UnderWay) -> None:
        tool, outcome = call.tool.name, call.outcome
        error = outcome.error if outcome else None
        self._calls.labels(tool, _word(outcome, error)).inc()
        self._seconds.labels(tool).observe(ticking() - call.began)
        if outcome and outcome.is_error:
            self._errors.labels(error.kind if error else DEFECT).inc()
        if error and _is_ours(error):
            self._refusals.labels(error.limit if isinstance(error, LimitReached) else error.kind).inc()

    async def _page(self, request: Request) -> Response:
        await self._look()
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._registry), media_type=media_type)

    async def _look(self) -> None:
        """At the triggers. What isn't known isn't said."""
        from hbmcp.store import TriggerState

        numbers: Counts[str] = Counts()
        try:
            async with asyncio.timeout(PATIENCE):
                for line in self._board.lines.values():
                    numbers.update(await line.bridge.store.trigger_numbers())
        except (StoreError, TimeoutError):
            self._triggers.clear()
            return
        for state in get_args(TriggerState):
            self._triggers.labels(state).set(numbers.get(state, 0))


def _word(outcome: "Outcome | None", error: CallError | None) -> str:
    if outcome is None:
        return "cancelled"
    if error and _is_ours(error):
        return "refused"
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    if outcome.question is not None:
        return "asked"
    if outcome.waits:
        return "waiting"
    return "failed" if outcome.is_error else "done"


def _is_ours(error: CallError) -> bool:
    """Whether it is a refusal by hbmcp, of a tool that is off for who called too; the API's have the kind itself."""
    return isinstance(error, UnknownTool) or (isinstance(error, Refused) and type(error) is not Refused)
