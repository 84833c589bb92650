"""The one door: what isn't a read is judged here before any of it is sent."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

from hbmcp.caller import Caller
from hbmcp.catalog import Offer
from hbmcp.errors import CallError
from hbmcp.identity import Identity
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy import halt, rules
from hbmcp.policy.audit import record
from hbmcp.policy.audit.audit import Audit, Entry
from hbmcp.policy.audit.log import Log
from hbmcp.policy.call import Call
from hbmcp.policy.counting import NOTHING, Counting, Reserved
from hbmcp.policy.goes_on import goes_on, goes_unrecorded
from hbmcp.policy.grant import Firing, Grant
from hbmcp.policy.halt import Halts
from hbmcp.policy.model import Policy
from hbmcp.policy.notify.addresses import addresses
from hbmcp.policy.notify.outbox import Outbox
from hbmcp.policy.place import Files
from hbmcp.policy.said_twice import SentBefore
from hbmcp.settings import Settings
from hbmcp.store import Store

WOULD_BE_REFUSED = "It would be refused:"


class Gate:
    """Judges the plans of one installation. `offer` has the tools that the settings ask for by name."""

    def __init__(
        self,
        policy: Policy,
        offer: Offer,
        identity: Identity,
        *,
        audit: Audit,
        halts: Halts,
        counting: Counting,
        outbox: Outbox,
    ) -> None:
        self._policy = policy
        self._offer = offer
        self._identity = identity
        self._audit = audit
        self._halts = halts
        self._counting = counting
        self._outbox = outbox

    @classmethod
    def of(
        cls,
        policy: Policy,
        offer: Offer,
        settings: Settings,
        identity: Identity,
        installation: Callable[[Caller], Installation],
        open_store: Callable[[], Store],
    ) -> Self:
        """As policy and settings say; `installation` gives what the policy itself asks of it. Nothing is opened before
        something is judged."""
        files = Files.of(settings, identity)
        outbox = Outbox(addresses(settings))
        return cls(
            policy,
            offer,
            identity,
            audit=Audit(Log(files.audit) if files else None, files.log if files else "", open_store, outbox.tell),
            halts=Halts(files.halts if files else (), open_store),
            counting=Counting(policy, installation, open_store),
            outbox=outbox,
        )

    def under(self, policy: Policy, offer: Offer, installation: Callable[[Caller], Installation]) -> "Gate":
        """The same gate for who may do less: this policy holds instead."""
        return Gate(
            policy,
            offer,
            self._identity,
            audit=self._audit,
            halts=self._halts,
            counting=self._counting.under(policy, installation),
            outbox=self._outbox,
        )

    async def aclose(self) -> None:
        """Wait a moment for what is still being written, and told."""
        await self._audit.aclose()
        await self._outbox.aclose()

    async def admit(self, call: Call) -> None:
        """Before anything is planned. Raises SentBefore for what was sent already under this idempotency key."""
        await self._counting.sent_before(call)

    async def grant(self, call: Call, plan: Plan, began: float, firing: Firing | None = None) -> Grant:
        """The plan may be carried out; its checks `began` then. What is granted must be ended.

        Raises Refused for what a halt, a rule or a limit holds back, and SentBefore.
        """

        async def not_meanwhile(planned: PlannedRequest) -> None:
            waits = not goes_on(planned.effect, call.caller.kind)  # for the store
            found = await self._halts.standing() if waits else self._halts.on_file()
            halt.refuse(found, call.caller.kind, planned.effect)

        async with self.judging(call, plan):
            await self._refuse(call, plan)
            await self._foresee(call, plan)
            reserved = await self._counting.reserve(call, plan)
        entry = self._entry(call, plan, reserved)
        return Grant(plan, began, call.caller.kind, entry, not_meanwhile, reserved.settle, firing)

    async def verdict(self, call: Call, plan: Plan) -> str:
        """What would be said of the plan, for who only looks."""
        try:
            return await self._allowed(call, plan)
        except CallError as error:
            return f"{WOULD_BE_REFUSED} {error.happened}"

    async def unfit(self, call: Call, plan: Plan, why: CallError) -> CallError:
        """What is raised for a plan that can't be carried out anyway: what the policy says, where it refuses it too,
        so that nobody mends the one to hear of the other."""
        try:
            await self._allowed(call, plan)
        except CallError as refused:
            return type(refused)(f"{refused.happened} Besides: {why.happened}", refused.undone, refused.advice)
        return why

    @asynccontextmanager
    async def judging(self, call: Call, plan: Plan | None = None) -> AsyncIterator[None]:
        """Write down what is raised inside: the call came to nothing before anything was granted."""
        try:
            yield
        except Exception as error:
            kind = error.kind if isinstance(error, CallError | SentBefore) else "defect"
            await self._entry(call, plan).end((), kind, str(error))
            raise

    def tell(self, kind: str, words: str) -> None:
        """A person, outside the assistant; of a kind what is newest."""
        self._outbox.tell(kind, words)

    async def standing(self) -> tuple[str, ...]:
        """What whoever asks how things are must know first."""
        found = await self._halts.standing()
        unusual = "; ".join((await self._audit.unusual()).values())
        undelivered = self._outbox.standing()
        return (
            *(() if found is None else (halt.told(found),)),
            *((f"Unusual within a day: {unusual}. A person can see the rest.",) if unusual else ()),
            *((undelivered,) if undelivered else ()),
            *((limits,) if (limits := await self._counting.today()) else ()),
        )

    async def _allowed(self, call: Call, plan: Plan) -> str:
        """A sentence on it. Raises what `grant` would, but for what was said before."""
        await self._refuse(call, plan)
        foreseen = await self._foresee(call, plan)
        return await self._counting.used(call, plan) or foreseen or "The policy allows it."

    async def _foresee(self, call: Call, plan: Plan) -> str:
        """Of what it arms: raises what would be raised were it sent now."""
        if not plan.later:
            return ""
        later = Plan(plan.shown, plan.later)
        await self._refuse(call, later)
        return await self._counting.used(call, later)

    async def _refuse(self, call: Call, plan: Plan) -> None:
        """Raises Halted and NotAllowed."""
        standing = await self._halts.standing()
        for one in plan.requests:
            halt.refuse(standing, call.caller.kind, one.effect)
        rules.refuse(self._policy, call, plan, self._offer.asked)

    def _entry(self, call: Call, plan: Plan | None, reserved: Reserved = NOTHING) -> Entry:
        said = {
            "installation": self._identity.name,
            "caller": call.caller.kind,
            "client": record.words(call.caller.client) or None,
            "token": call.caller.token or None,
            "tool": call.caller.name,
            "arguments": record.arguments(call.arguments, secret=call.secret),
            "plan": record.plan(plan.requests) if plan else None,
            "limits": record.limits(reserved.nearly, reserved.at) or None,
        }
        on = plan is not None and any(goes_unrecorded(one, call.caller.kind) for one in plan.requests)
        return Entry(self._audit, said, goes_on=on, secret=call.secret)
