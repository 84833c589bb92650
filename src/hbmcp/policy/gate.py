"""The one door: what isn't a read is judged here before any of it is sent."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Self

from attrs import evolve

from hbmcp.caller import Caller
from hbmcp.catalog import Offer
from hbmcp.errors import CallError, CantAsk, LimitReached, Refused
from hbmcp.identity import Identity
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy import halt, rules, words
from hbmcp.policy.audit import record
from hbmcp.policy.audit.audit import Audit, Entry
from hbmcp.policy.audit.calls import calls, of, shown
from hbmcp.policy.audit.record import Record
from hbmcp.policy.audit.verify import late
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.answer import Answered, Ask, cant_ask
from hbmcp.policy.confirmation.approvals import Approvals
from hbmcp.policy.confirmation.demand import Demand, demanded, may_ask
from hbmcp.policy.confirmation.question import Question, in_all
from hbmcp.policy.confirmation.quoted import Quoted
from hbmcp.policy.files import Files
from hbmcp.policy.goes_on import goes_on, goes_unrecorded
from hbmcp.policy.grant import Firing, Grant
from hbmcp.policy.halt import Halts
from hbmcp.policy.model import Policy
from hbmcp.policy.names import in_todays_names
from hbmcp.policy.notify.addresses import addresses
from hbmcp.policy.notify.outbox import Outbox
from hbmcp.policy.said_twice import Said, SentBefore
from hbmcp.settings import Settings
from hbmcp.store import Halt, Store
from hbmcp.times import ticking

if TYPE_CHECKING:
    from hbmcp.policy.counting import Counting, Reserved
    from hbmcp.policy.valuation import Prices
    from hbmcp.policy.worth import Worth

ALLOWED = "The policy allows it."
WOULD_BE_REFUSED = "It would be refused:"


LINES = 400  # of the audit that are looked at
CALLS = 30  # of them that are shown


class Gate:
    """Judges the plans of one installation. `offer` has the tools that the settings ask for by name."""

    def __init__(
        self,
        policy: Policy,
        offer: Offer,
        identity: Identity,
        installation: Callable[[Caller], Installation],
        store: Store,
        *,
        audit: Audit,
        halts: Halts,
        approvals: Approvals,
        outbox: Outbox,
    ) -> None:
        self._policy = in_todays_names(policy, offer.catalog)
        self._offer = offer
        self._identity = identity
        self._installation = installation
        self._store = store
        self._audit = audit
        self._halts = halts
        self._approvals = approvals
        self._outbox = outbox

    @classmethod
    def of(
        cls,
        policy: Policy,
        offer: Offer,
        settings: Settings,
        identity: Identity,
        installation: Callable[[Caller], Installation],
        store: Store,
    ) -> Self:
        """As policy and settings say; `installation` gives what the policy itself asks of it. Nothing is opened before
        something is judged."""
        files = Files.of(settings, identity)
        outbox = Outbox(addresses(settings))
        return cls(
            policy,
            offer,
            identity,
            installation,
            store,
            audit=Audit.of(settings, identity, store, outbox.tell),
            halts=Halts(files.halts, store, files.own_halts) if files else Halts((), store),
            approvals=Approvals(policy, settings, store),
            outbox=outbox,
        )

    def under(self, policy: Policy, offer: Offer, installation: Callable[[Caller], Installation]) -> "Gate":
        """The same gate for who may do less: this policy holds instead."""
        return Gate(
            policy,
            offer,
            self._identity,
            installation,
            self._store,
            audit=self._audit,
            halts=self._halts,
            approvals=self._approvals.under(policy),
            outbox=self._outbox,
        )

    @cached_property
    def _counting(self) -> "Counting":
        """Imported with the rooms that it looks into, which who only reads does without."""
        from hbmcp.policy.counting import Counting

        return Counting(self._policy, self._installation, self._store)

    async def aclose(self) -> None:
        """Wait a moment for what is still being written, and told."""
        await self._audit.aclose()
        await self._outbox.aclose()

    async def admit(self, call: Call) -> None:
        """Before anything is planned. Raises SentBefore for what was sent already under this idempotency key."""
        await self._counting.sent_before(call)

    async def question(self, call: Call, plan: Plan, ask: Ask | None) -> Question | None:
        """What a person is to be asked before this is sent; None where nobody is. Raises what `grant` would: who would
        be refused isn't asked for, though nobody can be asked."""
        requests = (*plan.requests, *plan.later)
        if not may_ask(self._policy, call, requests, can_answer=ask is not None):
            return None
        async with self.judging(call, plan):
            prices = self._counting.prices()
            worths, demand = await self._demand(call, plan, prices)
            if demand is None:
                return None
            await self._counting.said_before(Said.of(call, plan))
            verdict = await self._allowed(call, plan, prices, demand, ask)
        return Question.of(call, plan, worths, demand, self._policy.currency, self._identity.words, verdict)

    async def ask(self, call: Call, plan: Plan, question: Question, ask: Ask | None) -> Answered:
        """The yes of a person, or of a client that is relied on; until it comes nothing is held. Raises NotConfirmed;
        Waiting for what a person approves elsewhere, and AskedFirst, once it is written down who was asked."""
        demand = question.demand
        async with self.judging(call, plan):
            if (cant := self._unasked(call, demand, ask)) is not None:
                raise cant
        if demand.relies and self._cant(call, demand, ask):
            return Answered(question, "yes", "relied", call.caller.client)
        await self._entry(call, plan).asked(question.id, demand.way)
        if ask is None or not _here(demand, ask):
            async with self.judging(call, plan):
                waiting = await self._approvals.waiting(call, question, Said.of(call, plan))
            if demand.way == "terminal":
                words = f"Waits for your approval, id {waiting.id}: {question.words}"
                self._outbox.tell(f"approval {waiting.id}", words)
            raise waiting
        answered = await ask(question)
        async with self.judging(call, plan, answered):
            answered.check_yes()
        return answered

    async def grant(
        self,
        call: Call,
        plan: Plan,
        began: float,
        firing: Firing | None,
        answered: Answered | None,
    ) -> Grant:
        """The plan may be carried out; its checks `began` then. What is granted must be ended. What a person `answered`
        must hold for it, and is used up.

        Raises Refused for what a halt, a rule or a limit holds back, and for an answer that doesn't hold; SentBefore.
        """

        async def not_meanwhile(planned: PlannedRequest) -> None:
            waits = not goes_on(planned.effect, call.caller.kind)  # for the store
            found = await self._halts.standing() if waits else self._halts.on_file()
            if plan.severable:  # what of it was refused is among what it sends yet
                self._judge(found, call, plan, planned)
            else:
                halt.refuse(found, call.caller.kind, planned.effect)

        async with self.judging(call, plan, answered):
            once, upto, prices = None, -1, self._counting.prices()
            if answered is not None:
                await self._hold_to(answered, call, plan, prices)
                once, upto = answered.once, answered.upto
            await self._refuse(call, plan)
            await self._foresee(call, plan, prices)
            checked = ticking()
            reserved = await self._counting.reserve(call, plan, prices, once, upto)
            if answered is not None:
                answered.once = None  # used, by this call
        entry = self._entry(call, plan, reserved, answered)
        checked = max(checked, reserved.checked)
        return Grant(plan, began, checked, call.caller.kind, entry, not_meanwhile, reserved.counted, firing)

    async def verdict(self, call: Call, plan: Plan, ask: Ask | None, *, figures: bool = True) -> str:
        """What would be said of the plan, for who only looks and could be asked that way; how far limits are used, only
        with `figures`."""
        prices = self._counting.prices()
        try:
            demand = await self._asks(call, plan, prices, ask)
            said = await self._allowed(call, plan, prices, demand, ask)
            said = said if figures else ALLOWED
            unasked = self._unasked(call, demand, ask)
            if unasked is not None:
                return f"{WOULD_BE_REFUSED} {unasked.happened} {'' if said == ALLOWED else said}".rstrip()
            if demand is None or self._cant(call, demand, ask):
                return said
            return f"{said} A person is asked first."
        except CallError as error:
            return f"{WOULD_BE_REFUSED} {error.happened}"

    async def unfit(self, call: Call, plan: Plan, why: CallError, ask: Ask | None) -> CallError:
        """What is raised for a plan that can't be carried out anyway: what the policy says, where it refuses it too,
        so that nobody mends the one to hear of the other."""
        prices = self._counting.prices()
        try:
            await self._allowed(call, plan, prices, await self._asks(call, plan, prices, ask), ask)
        except CallError as refused:
            return type(refused)(f"{refused.happened} Besides: {why.happened}", refused.undone, refused.advice)
        return why

    @asynccontextmanager
    async def judging(
        self, call: Call, plan: Plan | None = None, answered: Answered | None = None
    ) -> AsyncIterator[None]:
        """Write down what is raised inside: the call came to nothing before anything was granted."""
        try:
            yield
        except Exception as error:
            kind = error.kind if isinstance(error, CallError | SentBefore) else "defect"
            await self._entry(call, plan, answered=answered).end((), kind, str(error))
            raise

    def tell(self, kind: str, words: str) -> None:
        """A person, outside the assistant; of a kind what is newest."""
        self._outbox.tell(kind, words)

    async def standing(self, holder: str) -> tuple[str, ...]:
        """What whoever asks how things are must know first: of others' calls nothing, where they showed a token."""
        found = await self._halts.standing()
        unusual = "" if holder else "; ".join((await self._audit.unusual()).values())
        undelivered = self._outbox.standing()
        return (
            *(() if found is None else (halt.told(found),)),
            *((f"Unusual within a day: {unusual}. A person can see the rest.",) if unusual else ()),
            *((undelivered,) if undelivered else ()),
            *await self._approvals.standing(holder),
            *(() if holder else (words.in_force(self._policy),)),
            *((limits,) if (limits := await self._counting.today()) else ()),
        )

    async def holds(self, holder: str, *, figures: bool) -> list[str]:
        """What a person allows, a line each, and with `figures` how far limits are used up; to who showed a token
        nothing of other tokens' profiles."""
        policy = self._policy.model_copy(update={"profiles": {}}) if holder else self._policy
        found = await self._halts.standing()
        halted = () if found is None else (halt.told(found),)
        used = await self._counting.today() if figures else ""
        return [*halted, *words.rules(policy), *filter(None, (used,)), words.WITHOUT_ASKING]

    async def calls(self, holder: str = "") -> list[Record]:
        """The latest calls of this installation that weren't reads, a row each; for who showed a token, their own.
        Raises OSError and StoreError."""
        lines = of(self._identity.name, map(late, await self._audit.newest(LINES)))
        found = [one for one in calls(lines) if one["tool"] != "?" and (not holder or one.get("holder") == holder)]
        return [shown(one) for one in found[-CALLS:]]

    async def ended(self, client: str, holder: str) -> list[str]:
        """What became of what this client waits for with this holder's token, each told once."""
        return await self._approvals.ended(client, holder)

    async def _demand(self, call: Call, plan: Plan, prices: "Prices") -> "tuple[list[list[Worth]], Demand | None]":
        """What the requests are worth, and how the policy wants them asked for."""
        requests = (*plan.requests, *plan.later)
        worths = await self._counting.worths(requests, prices)
        return worths, demanded(self._policy, call, requests, in_all(requests, worths))

    async def _asks(self, call: Call, plan: Plan, prices: "Prices", ask: Ask | None) -> Demand | None:
        """How the policy wants the plan asked for, where it does."""
        if not may_ask(self._policy, call, (*plan.requests, *plan.later), can_answer=ask is not None):
            return None
        return (await self._demand(call, plan, prices))[1]

    def _cant(self, call: Call, demand: Demand, ask: Ask | None) -> str:
        """Why nobody can be asked; "" where somebody can."""
        if not _here(demand, ask):
            return self._approvals.cant(call, demand.way)
        return "nobody is there" if ask is None else ask.cant

    def _unasked(self, call: Call, demand: Demand | None, ask: Ask | None) -> CantAsk | None:
        """What is raised where nobody can be asked; None where somebody can, or the client is relied on. Who showed a
        token isn't told from what worth on others are asked."""
        if demand is None or demand.relies or not (why := self._cant(call, demand, ask)):
            return None
        over, upto = ("" if call.caller.holder else self._money(one) for one in (demand.over, demand.least))
        terminal = demand.way == "client" and not self._approvals.cant(call, "terminal")
        return cant_ask(why, over, upto, at_terminal=terminal)

    def _money(self, value: Decimal) -> str:
        return f"{value:,f} {self._policy.currency}" if value else ""

    def _besides(self, error: LimitReached, call: Call, demand: Demand | None, ask: Ask | None) -> LimitReached:
        """A limit's refusal says what would pass: where that must be asked for, it says so too."""
        least = demand.least if demand is not None and not call.caller.holder else Decimal(0)
        if unasked := self._unasked(call, demand, ask):
            told = f"Besides: {unasked.happened}"
        elif demand is not None and not self._cant(call, demand, ask) and Decimal(0) < least < (error.passes or 0):
            told = f"Over {self._money(least)} a person is asked first."
        else:
            return error
        return LimitReached(f"{error.happened} {told}", error.undone, error.advice, limit=error.limit)

    async def _hold_to(self, answered: Answered, call: Call, plan: Plan, prices: "Prices") -> None:
        """Raises NotConfirmed where the answer doesn't hold for this plan."""
        worths, demand = await self._demand(call, plan, prices)
        answered.check(Quoted.of(call, (*plan.requests, *plan.later), worths), demand)

    async def _allowed(self, call: Call, plan: Plan, prices: "Prices", demand: Demand | None, ask: Ask | None) -> str:
        """A sentence on it, which may be asked for that way. Raises what `grant` would, but for what was said
        before."""
        if refused := await self._refuse(call, plan):
            return f"{len(refused)} of {len(plan.requests)} would be refused, the others not: {refused[0].happened}"
        over = None if demand is None or call.caller.holder else demand.over
        unasked = over if self._unasked(call, demand, ask) else None
        try:
            foreseen = await self._foresee(call, plan, prices, unasked)
            return await self._counting.used(plan, prices, unasked) or foreseen or ALLOWED
        except LimitReached as error:
            raise self._besides(error, call, demand, ask) from None

    async def _foresee(self, call: Call, plan: Plan, prices: "Prices", unasked: Decimal | None = None) -> str:
        """Of what it arms: raises what would be raised were it sent now."""
        if not plan.later:
            return ""
        later = Plan(plan.shown, plan.later)
        await self._refuse(call, later)
        return await self._counting.used(later, prices, unasked)

    async def _refuse(self, call: Call, plan: Plan) -> list[Refused]:
        """What is refused of a plan that is severable, unless all of it is. Raises Halted and NotAllowed."""
        standing = await self._halts.standing()
        refused = []
        for one in plan.requests:
            try:
                self._judge(standing, call, plan, one)
            except Refused as error:
                refused.append(error)
        if refused and not (plan.severable and len(refused) < len(plan.requests)):
            raise refused[0]
        return refused

    def _judge(self, standing: Halt | None, call: Call, plan: Plan, planned: PlannedRequest) -> None:
        """Raises Halted and NotAllowed."""
        halt.refuse(standing, call.caller.kind, planned.effect)
        rules.refuse(self._policy, call, evolve(plan, requests=(planned,)), self._offer.asked)

    def _entry(
        self, call: Call, plan: Plan | None, reserved: "Reserved | None" = None, answered: Answered | None = None
    ) -> Entry:
        said = {
            "installation": self._identity.name,
            "caller": call.caller.kind,
            "client": record.words(call.caller.client) or None,
            "token": call.caller.token or None,
            "holder": call.caller.holder or None,
            "tool": call.caller.name,
            "arguments": record.arguments(call.arguments, secret=call.secret),
            "preview": call.preview or None,
            "plan": record.plan(plan.requests) if plan else None,
            "limits": (record.limits(reserved.nearly, reserved.at) or None) if reserved else None,
            "confirmed": answered.line if answered else None,
        }
        on = plan is not None and any(goes_unrecorded(one, call.caller.kind) for one in plan.requests)
        return Entry(self._audit, said, goes_on=on, secret=call.secret)


def _here(demand: Demand, ask: Ask | None) -> bool:
    """Whether it is asked for where the call comes from."""
    return demand.way == "client" or (demand.way == "terminal" and ask is not None and ask.at_terminal)
