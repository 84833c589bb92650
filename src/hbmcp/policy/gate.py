"""The one door: what isn't a read is judged here before any of it is sent."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from hbmcp.caller import Caller
from hbmcp.errors import CallError, Halted
from hbmcp.identity import Identity
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.audit import record
from hbmcp.policy.audit.audit import Audit, Entry
from hbmcp.policy.audit.log import Log
from hbmcp.policy.grant import REDUCING, Grant
from hbmcp.policy.halt import Halts, refuse, told
from hbmcp.policy.place import Files
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.store import Store


@frozen
class Call:
    """A call that isn't a read: who calls, and the `arguments` as they were checked, without `preview`. A `secret` one
    takes or shows credentials."""

    caller: Caller
    arguments: Mapping[str, Any]
    secret: bool = False


class Gate:
    """Judges the plans of one installation."""

    def __init__(self, identity: Identity, audit: Audit, halts: Halts) -> None:
        self._identity = identity
        self._audit = audit
        self._halts = halts

    @classmethod
    def of(cls, settings: Settings, identity: Identity, open_store: "Callable[[], Store]") -> Self:
        """As the settings say. Nothing is opened before something is judged."""
        files = Files.of(settings, identity)
        if files is None:
            return cls(identity, Audit(None, "", open_store), Halts(None, open_store))
        return cls(identity, Audit(Log(files.audit), files.log, open_store), Halts(files.halt, open_store))

    async def aclose(self) -> None:
        """Wait a moment for what is still being written."""
        await self._audit.aclose()

    async def grant(self, call: Call, plan: Plan, began: float) -> Grant:
        """The plan may be carried out; its checks `began` then. Raises Halted."""
        halt = await self._halts.standing()
        for one in plan.requests:
            refuse(halt, call.caller.kind, one.effect)

        def not_meanwhile(planned: PlannedRequest) -> None:
            refuse(self._halts.on_file(), call.caller.kind, planned.effect)

        return Grant(plan, began, self._entry(call, plan), not_meanwhile)

    async def verdict(self, call: Call, plan: Plan) -> str:
        """What would be said of the plan, for who only looks."""
        halt = await self._halts.standing()
        try:
            for one in plan.requests:
                refuse(halt, call.caller.kind, one.effect)
        except Halted as error:
            return f"It would be refused: {error.happened}"
        return ""

    @asynccontextmanager
    async def judging(self, call: Call) -> AsyncIterator[None]:
        """Write down what is raised inside: the call came to nothing before anything was granted."""
        try:
            yield
        except Exception as error:
            kind = error.kind if isinstance(error, CallError) else "defect"
            await self._entry(call, None).end((), kind, str(error))
            raise

    async def standing(self) -> tuple[str, ...]:
        """What whoever asks how things are must know first."""
        halt = await self._halts.standing()
        unusual = "; ".join((await self._audit.unusual()).values())
        return (
            *(() if halt is None else (told(halt),)),
            *((f"Unusual within a day: {unusual}. `hbmcp audit show` has the rest.",) if unusual else ()),
        )

    def _entry(self, call: Call, plan: Plan | None) -> Entry:
        said = {
            "installation": self._identity.name,
            "caller": call.caller.kind,
            "client": record.words(call.caller.client) or None,
            "tool": call.caller.name,
            "arguments": record.arguments(call.arguments, secret=call.secret),
            "plan": record.plan(plan.requests) if plan else None,
        }
        goes_on = plan is not None and any(one.effect in REDUCING for one in plan.requests)
        return Entry(self._audit, said, goes_on=goes_on, secret=call.secret)
