"""An installation whose answers a test writes: for what the paper exchange can't be brought to."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from hbmcp.catalog import Catalog
from hbmcp.errors import UnknownOperation
from hbmcp.identity import Identity
from hbmcp.installation.installation import Installation, Send
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hummingbot_api.request import Request
from tests.store.opening import failing_store

ABSENT = Catalog.load().absent  # nothing, but where the pinned contract lacks what is curated
Reply = Callable[[Request[Any]], Any]


@define
class Script:
    """Tool -> its answer, an error to raise, or a function of the request. `asked` is what was sent, in order;
    `no_store` what is raised for the store."""

    answers: Mapping[str, Any]
    no_store: Exception = field(factory=lambda: AssertionError("this script has no store"))
    asked: list[tuple[str, Request[Any]]] = field(factory=list)

    async def __call__(self, name: str, build: Callable[[], Request[Any]]) -> Any:
        if why := ABSENT.get(name):
            raise UnknownOperation(f"{why[:1].upper()}{why[1:]}.", "Nothing was done.", "Use another tool.")
        request = build()
        self.asked.append((name, request))
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    @property
    def names(self) -> list[str]:
        """The tools that were asked."""
        return [name for name, _ in self.asked]

    @property
    def installation(self) -> Installation:
        """What a plan is given, or a read. It has no store, and sends nothing."""
        return self._installation()

    async def commit(self, plan: Plan) -> Answer:
        """Carry out a plan that is granted whole; AssertionError for what it doesn't cover, or was sent."""
        assert plan.commit is not None
        left = list(plan.requests)

        async def send(planned: PlannedRequest) -> Any:
            covering = next((one for one in left if one.covers(planned)), None)
            assert covering is not None, planned.words
            left.remove(covering)
            return await self(planned.tool, lambda: planned.request)

        return await plan.commit(self._installation(send))

    def _installation(self, send: Send | None = None) -> Installation:
        return Installation(self, failing_store(self.no_store), Identity("scripted", on_paper=False), send)
