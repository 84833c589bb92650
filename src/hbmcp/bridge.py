"""One call, start to end: arguments -> request -> answer -> text, or arguments -> workflow -> text.

What isn't a read goes another way: arguments -> plan -> grant -> commit -> text.

Imported at the first call, with all that a call needs and a listing doesn't.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from importlib import import_module
from typing import Any, NamedTuple, Protocol

import anyio
from attrs import evolve

from hbmcp.api import Apis
from hbmcp.arguments import Checker, secrets
from hbmcp.caller import Access, Caller, Kind
from hbmcp.cancellation import cancelled_once
from hbmcp.catalog import NOT_IN_THIS_API, PLUGINS, REDUCING, Offer, Tool
from hbmcp.drift import Comparison
from hbmcp.errors import (
    BadArguments,
    CallError,
    Failed,
    GatewayFailed,
    OutcomeUnknown,
    StoreError,
    UnknownOperation,
    UnknownTool,
)
from hbmcp.errors.gateway_answers import NOTHING_DONE
from hbmcp.errors.reasons import in_words, misfit, tidy
from hbmcp.errors.unknown_outcome import unknown_outcome
from hbmcp.identity import Identity
from hbmcp.installation.fresh_checks import ROUNDS, Stale
from hbmcp.installation.installation import Foreseen, Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.answer import Answered, Ask, AskedFirst, Visit
from hbmcp.policy.confirmation.approvals import Waiting
from hbmcp.policy.confirmation.question import Question
from hbmcp.policy.gate import Gate
from hbmcp.policy.grant import Firing, Grant
from hbmcp.policy.limits import sells
from hbmcp.policy.model import Policy, bound, default
from hbmcp.policy.offered import narrowed
from hbmcp.policy.said_twice import SentBefore
from hbmcp.redaction import call_under_way, hide_said, hide_sent, redacted
from hbmcp.results import ResultSpec, failure, render
from hbmcp.results.answer import Answer
from hbmcp.results.cells import compact
from hbmcp.results.cutting import shortened
from hbmcp.results.output_schema import answers_programs
from hbmcp.results.structured import Output, without_told_secrets
from hbmcp.services import service
from hbmcp.settings import Settings
from hbmcp.store import Store
from hbmcp.text import QUOTED, cut, one_line
from hbmcp.times import ticking
from hummingbot_api.client import Response
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Json, Request

REPORT_EVERY = 3.0  # seconds between two progress reports, and before the first
BINARY = ("data", "blob")  # keys of what is base64, in a block of content
TELLS_FIGURES = "get_status"  # how far limits are used up, by all calls

# What the call under way asked for and this API hasn't, with the reason; None where none is: triggers are watched.
_MISSED: ContextVar[dict[str, str] | None] = ContextVar("missed", default=None)

_INDEX = re.compile(r"\[\d+\]")

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Tells the client that a call is under way: seconds so far, and a line for a person."""

    def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> Awaitable[None]: ...


class Outcome(NamedTuple):
    """What a call came to, for a model to read; or the `question` that a person must answer first: with the answer the
    call comes again. `error` is what it ran into, unless that is a defect. It `waits` where a person is to approve it
    elsewhere. `content` is what a plugin shows beside the text. `structured` is what a program reads; then the text is
    but a line."""

    text: str
    is_error: bool
    question: Question | Visit | None = None
    error: CallError | None = None
    waits: bool = False
    content: tuple[Mapping[str, Any], ...] = ()
    structured: dict[str, Any] | None = None

    def remarked(self, remark: str) -> "Outcome":
        """The same with one more sentence about it."""
        if self.structured is None:
            return self._replace(text="\n\n".join(filter(None, (self.text, remark))))
        return self._replace(structured={**self.structured, "notes": [*self.structured["notes"], remark]})

    def says(self, words: str) -> bool:
        """Whether these words are in it, in whatever case."""
        said = [self.text] if self.structured is None else self.structured["notes"]
        return any(words.lower() in one.lower() for one in said)

    @property
    def redacted(self) -> "Outcome":
        """Without what is secret."""
        structured = None if self.structured is None else without_told_secrets(self.structured)
        content = tuple(map(_masked, self.content))
        return self._replace(text=redacted(self.text), content=content, structured=structured)


_Show = Callable[..., Outcome]  # called as hbmcp.results.render is


class _Incoming(NamedTuple):
    """What comes with a call: its client's name, its idempotency key, the trigger that fires, the way to a person, when
    the access token ends that was shown, and whether a program reads the answer."""

    client: str
    key: str | None
    firing: Firing | None
    ask: Ask | None
    until: int | None
    structured: bool = False


class _Line(NamedTuple):
    """What a tool's calls have in common. `build` makes the request, or is the workflow."""

    checker: Checker
    build: Callable[..., Any]
    result: ResultSpec
    page_default: int | None
    page_most: int | None


class Bridge:
    """Carries calls from a client to the API that a tool is for, and back, as far as a policy (without one, the
    default) allows it. Use it inside one event loop, and close it there."""

    def __init__(
        self, offer: Offer, settings: Settings, kind: Kind = "client", *, policy: Policy | None = None
    ) -> None:
        policy = policy or default(settings.on_paper)
        offer = narrowed(offer, policy)
        self._offer = offer
        self._policy = policy
        self._settings = settings
        self._kind = kind
        self.identity = Identity.of(settings)
        self.store = Store.open(settings, self.identity)
        self._gate = Gate.of(policy, offer, settings, self.identity, self.installation, self.store)
        self._api = Apis(settings, offer)
        self.comparison = Comparison(offer.catalog, self._api.send)
        self._lines: dict[str, _Line] = {}
        self._outputs: dict[str, Output] = {}
        self._token = self._holder = ""
        self._drifted: set[tuple[str, str]] = set()
        self._reset = settings.on_paper and settings.paper_reset
        self.news: list[str] = []  # what whoever calls next should know

    def compare(self) -> None:
        """Compare the API's own contract with the one that the tools were made from, beside the call that comes now."""
        if self._settings.compares:
            self.comparison.begin()

    async def aclose(self) -> None:
        """Close the connections to the API, and the store."""
        await self.comparison.aclose()
        await self._api.aclose()
        await self._gate.aclose()
        await self.store.aclose()

    def lent(self, token: str, holder: str, offer: Offer, policy: Policy) -> "Bridge":
        """The same bridge for who showed the access token of this name and holds that key: it offers these tools and no
        others, and the policy is this one. Nothing of it is closed."""
        other = self._under(policy.held_by(holder), offer)
        other._token, other._holder = token, holder
        return other

    def under(self, access: Access, offer: Offer | None = None) -> "Bridge | None":
        """The same bridge for what was called with that access token, or none, as the policy is now; None where its
        profile is gone. It offers what this one does, or `offer`. Nothing of it is closed."""
        policy = self._policy if access.profile is None else bound(self._policy, access.profile)
        if policy is None:
            return None
        return self.lent(access.token, access.holder, narrowed(offer or self._offer, policy), policy)

    def for_approval(self, access: Access) -> "Bridge | None":
        """As `under`, for a call that a person approved: what the settings exclude is refused; which tools a client is
        shown says nothing of it."""
        other = self.under(access, self._offer.catalog.every(self._settings))
        if other is not None:
            other._kind = "client"
        return other

    def for_person(self, offer: Offer) -> "Bridge":
        """The same bridge for a person, who is offered these tools. Nothing of it is closed."""
        other = self._under(self._policy, narrowed(offer, self._policy))
        other._kind = "person"
        return other

    def for_resources(self) -> "Bridge":
        """The same bridge for what reads resources. Nothing of it is closed."""
        other = copy(self)
        other._kind = "resource"
        return other

    async def holds(self) -> Outcome:
        """The policy, for who asks; figures of the whole installation only for who has the tool that tells them."""
        lines = await self._gate.holds(self._holder, figures=self._offer.schema(TELLS_FIGURES) is not None)
        return Outcome(redacted("\n".join(lines)), False)

    async def calls(self) -> Outcome:
        """The latest calls that weren't reads, of who asks."""
        try:
            rows = await self._gate.calls(self._holder)
        except (OSError, StoreError) as error:
            why = error.happened if isinstance(error, StoreError) else f"{error.strerror or error}."
            unread = CallError(
                f"The audit can't be read: {why}", "No calls are shown.", "A person must see to the disk of its log."
            )
            return Outcome(redacted(str(unread)), True)
        answer = Answer(rows or "Nothing but reads was called.", outside=bool(rows))
        return Outcome(redacted(render(answer.value, answer.spec)), False)

    async def seen(self, name: str) -> Json:
        """What a workflow that reads finds, before it is text. Raises CallError."""
        tool = self._offer.find(name)
        line = self._line(tool)
        with call_under_way():
            answer: Answer = await line.build(self.installation(self._reader(tool)))
        return answer.value

    def reading(self, name: str) -> Installation:
        """The installation for what stands beside tools: it can be asked what that tool may ask, which reads. Raises
        UnknownTool for one that isn't offered."""
        return self.installation(self._reader(self._offer.find(name)))

    def _reader(self, tool: Tool) -> Caller:
        parts = tool.parts if tool.is_workflow else frozenset({tool.name})
        return replace(self._caller(tool, ""), kind="resource", tools=parts)

    def _caller(self, tool: Tool, client: str) -> Caller:
        return Caller(tool.name, tool.toolset, tool.parts, self._kind, client, self._token, self._holder)

    def _under(self, policy: Policy, offer: Offer) -> "Bridge":
        other = copy(self)
        other.__dict__.pop("_fired", None)
        other._offer, other._policy = offer, policy
        other._gate = self._gate.under(policy, offer, other.installation)
        return other

    async def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        progress: Progress | None = None,
        *,
        client: str = "",
        key: str | None = None,
        firing: Firing | None = None,
        ask: Ask | None = None,
        until: int | None = None,
        structured: bool = False,
    ) -> Outcome:
        """Call a tool by its name or alias, for a client of this name. `key` is an idempotency key: what was sent under
        it isn't sent again for a day. `firing` is the trigger that calls, `ask` the way to a person; `until`, in epoch
        ms, is when the access token ends that was shown; `structured` is for a program, if the tool has an
        outputSchema. Never raises for what a call can run into.

        Cancelled, it stops what it does, and ends when nothing of it goes on.
        """
        if self._holder and isinstance(key, str):
            key = f"{self._holder}/{key}"  # nobody is told what was sent under the key of another
        if progress is None:
            incoming = _Incoming(client, key, firing, ask, until, structured)
            return await cancelled_once(self._answer(name, arguments, incoming))
        # A timer, because most calls end before their first report.
        reports: list[asyncio.Task[None]] = []
        asking = None if ask is None else _Asking(ask)
        tool = self._offer.catalog.names.get(name)
        asked = service(tool.service if tool else "").title
        timer = asyncio.get_running_loop().call_later(
            REPORT_EVERY, lambda: reports.append(asyncio.create_task(_report(progress, asking, asked)))
        )

        def quiet() -> None:
            timer.cancel()
            for task in reports:
                task.cancel()

        def stop(call: asyncio.Task[Outcome]) -> None:
            quiet()
            call.cancel()

        try:
            incoming = _Incoming(client, key, firing, asking, until, structured)
            return await cancelled_once(self._answer(name, arguments, incoming), stop)
        finally:
            quiet()

    async def _answer(self, name: str, arguments: Mapping[str, Any], incoming: _Incoming) -> Outcome:
        """Every text that leaves goes through here, and what is secret stays."""
        with call_under_way():
            return await self._answered(name, arguments, incoming)

    async def _answered(self, name: str, arguments: Mapping[str, Any], incoming: _Incoming) -> Outcome:
        missed: dict[str, str] = {}
        token = _MISSED.set(missed)
        try:
            outcome = await self._come_to(name, arguments, incoming)
        finally:
            _MISSED.reset(token)
        if outcome.question is not None:
            return outcome
        for part, why in missed.items():
            if not outcome.says(why):
                outcome = outcome.remarked(f"What {part} tells isn't known: {why}.")
        answered = incoming.ask.answered if incoming.ask is not None else None
        approves = answered is not None and answered.out_of_band  # then who called isn't the one who is answered
        hears = incoming.firing is None and not approves and self._kind != "resource"
        if hears and (news := await self._news(incoming.client)):
            outcome = outcome.remarked(f"Since your last call: {'; '.join(news)}.")
        if signature := self.identity.signature:
            outcome = outcome.remarked(signature)
        return outcome.redacted

    async def _news(self, client: str) -> list[str]:
        """What who calls should know, and wasn't told. Of triggers who showed an access token hears where it is for
        them."""
        news = await self._gate.ended(client, self._holder)
        if not self._token or self._offer.schema("list_triggers") is not None:
            news += self.news
            self.news.clear()
        return news

    async def _come_to(self, name: str, arguments: Mapping[str, Any], incoming: _Incoming) -> Outcome:
        try:
            fires = incoming.firing is not None
            tool = self._fired.find(name) if fires else await self._find(name, arguments, incoming.client)
            outcome = await self._run(tool, arguments, incoming)
        except (SentBefore, Waiting) as told:
            outcome = Outcome(str(told), False, waits=isinstance(told, Waiting))
        except AskedFirst as asked:
            outcome = Outcome("", False, asked.question)
        except CallError as error:
            logger.debug("%s: %s", name, error.kind)
            return Outcome(str(error), True, error=error)
        except asyncio.CancelledError:
            logger.debug("%s: cancelled", name)
            raise
        except Exception:
            logger.exception("%s: a defect of hbmcp", name)
            return Outcome(
                f"hbmcp itself failed at {name}; its log has the details. Whether the API did anything isn't known: "
                "look before you call it again.",
                True,
            )
        logger.debug("%s: done", name)
        return outcome

    async def _find(self, name: str, arguments: Mapping[str, Any], client: str) -> Tool:
        """The tool of this name. Raises UnknownTool, which is written down for one that is off here and no read."""
        try:
            found = self._offer.find(name)
            if why := self.comparison.drift.gone.get(found.name):
                raise UnknownTool(f"{found.name} isn't offered: {why}.", NOTHING_DONE, NOT_IN_THIS_API)
            return found
        except UnknownTool:
            tool = self._offer.catalog.names.get(name)
            if tool is None or tool.reads:
                raise
            hide_said(secrets(tool, arguments))
            caller = replace(self._caller(tool, client), tools=frozenset())
            async with self._gate.judging(Call(caller, arguments, secret=tool.risk == "secret")):
                raise

    async def _run(self, tool: Tool, arguments: Mapping[str, Any], incoming: _Incoming) -> Outcome:
        if self._reset:
            self._reset = False
            with suppress(StoreError):  # opened, it forgets the exchange that was, which this call resets
                await self.store.sent_orders(order_ids=())
        line = self._line(tool)
        hide_said(secrets(tool, arguments))  # what doesn't fit is quoted
        caller = replace(self._caller(tool, incoming.client), until=incoming.until)
        if incoming.firing is not None:
            caller = replace(caller, kind="trigger")
        if not tool.reads:
            return Outcome(await self._act(tool, line, arguments, caller, incoming), False)
        given = line.checker.check(arguments)
        hide_said(secrets(tool, given))
        show = self._as_json(tool) if incoming.structured and answers_programs(tool) else _as_text
        if tool.is_workflow:
            answer = await line.build(self.installation(caller, ask=incoming.ask), **given)
            if answer.content and answer.value is None:
                return Outcome("", False, content=answer.content)
            return show(answer.value, answer.spec)._replace(content=answer.content)
        return await self._shown(line, given, await self._asked(tool, line, partial(line.build, **given)), show)

    async def _act(
        self,
        tool: Tool,
        line: _Line,
        arguments: Mapping[str, Any],
        caller: Caller,
        incoming: _Incoming,
    ) -> str:
        """Plan, ask a person where the policy says so, be granted, commit. Anew with an answer, which took its time;
        and while the plan's checks are too old when it is to be sent, and nothing was."""
        answered = None if incoming.ask is None else incoming.ask.answered
        if answered is not None and answered.out_of_band:
            arguments = tool.unattended(arguments)
        call = Call(caller, arguments, secret=tool.risk == "secret")
        async with self._gate.judging(call):
            given = line.checker.check(arguments)
        hide_said(secrets(tool, given))
        preview = given.pop("preview", tool.previews)
        again = given.pop("again", False) or incoming.firing is not None  # a trigger never says a thing twice
        call = Call(caller, given, again if "again" in tool.schema["properties"] else None, incoming.key, call.secret)
        answered = None if preview else answered
        async with self._gate.judging(call, answered=answered):
            await self._gate.admit(call)
            if answered is not None:
                answered.check_yes()
        rounds = 1
        while True:
            async with self._gate.judging(call):
                began = ticking()
                by_hand = evolve(self.installation(caller), by_hand=incoming.firing is None)
                plan = await self._plan(tool, line, given, by_hand)
                if incoming.firing is not None and incoming.firing.protects:
                    plan = evolve(
                        plan, requests=tuple(one.as_reduction if sells(one) else one for one in plan.requests)
                    )
            if plan.unfit is not None:
                async with self._gate.judging(call, plan):
                    raise await self._gate.unfit(call, plan, plan.unfit)
            if preview or not (plan.requests or plan.commit):
                judged = preview and (plan.requests or plan.later)
                said = await self._gate.verdict(call, plan) if judged else ""
                return render(plan.shown.value, plan.shown.with_notes(said).spec)
            if answered is None and (question := await self._gate.question(call, plan)) is not None:
                answered = await self._gate.ask(call, plan, question, incoming.ask)
                if answered.way != "relied":
                    continue
            grant = await self._gate.grant(call, plan, began, incoming.firing, answered)
            hide_sent(secrets(tool, given))
            try:
                text = await self._commit(tool, line, given, caller, plan, grant)
            except BaseException as error:
                await grant.end(error)
                if isinstance(error, Stale) and not grant.spent and rounds < ROUNDS:
                    rounds += 1
                    continue
                raise
            await grant.end(None, text)
            return text

    async def _commit(
        self, tool: Tool, line: _Line, given: Mapping[str, Any], caller: Caller, plan: Plan, grant: Grant
    ) -> str:
        if plan.commit is not None:
            answer = await plan.commit(self.installation(caller, grant))
            return render(answer.value, answer.spec)
        (planned,) = plan.requests
        response = await grant.send(planned, lambda: self._asked(tool, line, lambda: planned.request))
        return (await self._shown(line, given, response, _as_text)).text

    async def _plan(self, tool: Tool, line: _Line, given: Mapping[str, Any], installation: Installation) -> Plan:
        if not tool.is_workflow:
            return self._plain_plan(tool, line, given)
        plan: Plan = await line.build(installation, **given)
        return plan

    async def _foreseen(
        self,
        client: str,
        name: str,
        arguments: Mapping[str, Any],
        seen: Callable[[Installation], Installation],
    ) -> Foreseen:
        """A call as it would be planned, for who arms it."""
        tool = self._offer.find(name)
        line = self._line(tool)
        given = line.checker.check(arguments)
        for of_the_bridge in ("preview", "again"):
            given.pop(of_the_bridge, None)
        caller = self._caller(tool, client)
        plan = await self._plan(tool, line, given, seen(self.installation(caller)))
        if plan.unfit is not None:
            raise plan.unfit
        requests = tuple(evolve(one, called=tool.name) for one in plan.requests)
        meant = tool.unattended(given)
        if "again" in tool.schema["properties"]:
            meant["again"] = True  # whatever was done a moment before
        return Foreseen(meant, requests, plan.shown, plan.later, plan.commit)

    async def _verdict(self, client: str, name: str, planned: PlannedRequest) -> str:
        """What the policy would say of it, for who only estimates."""
        tool = next((one for one in self._offer.tools if one.name == name), None)
        if tool is None:
            return ""
        caller = self._caller(tool, client)
        return await self._gate.verdict(Call(caller, {}), Plan(Answer(None), (planned,)), figures=False)

    def _plain_plan(self, tool: Tool, line: _Line, given: Mapping[str, Any]) -> Plan:
        """The plan of a tool over one operation: its request."""
        planned = PlannedRequest.plain(tool, _built(tool, partial(line.build, **given)), given)
        flags = [name for name, value in given.items() if value is True]
        told = [f"{name}: {said}." for name in flags if (said := tool.schema["properties"][name].get("description"))]
        return Plan(Answer(" ".join((f"Would be sent: {planned.words}.", *told))), (planned,))

    async def _asked(self, tool: Tool, line: _Line, build: Callable[[], Request[Any]]) -> Response[Any]:
        """The answer of a tool over one operation."""
        try:
            return await self._ask(tool, build, line.result, alone=True)
        except (Failed, GatewayFailed, OutcomeUnknown) as error:
            raise await self._explained(tool, line.result.cause, error) from None

    async def _shown(self, line: _Line, given: Mapping[str, Any], answer: Response[Any], how: _Show) -> Outcome:
        show = partial(
            how,
            answer.raw,
            line.result,
            arguments=given,
            page_default=line.page_default,
            page_most=line.page_most,
        )
        return await asyncio.to_thread(show) if answer.large else show()

    async def _explained(self, tool: Tool, cause: str, error: CallError) -> CallError:
        """The error, with the cause that stands in the log of what is behind the API."""
        if cause not in self._offer.catalog.tools:
            return error
        from hbmcp.installation.gateway.log import explained

        return await explained(self.installation(Caller(tool.name, tool.toolset, frozenset({cause}))), error)

    def tell(self, kind: str, words: str) -> None:
        """A person, wherever HBMCP_NOTIFY says; of a kind what is newest."""
        self._gate.tell(kind, words)

    def fires(self, tools: Iterable[str]) -> bool:
        """Whether triggers may call all of these."""
        return {tool.name for tool in self._fired.tools}.issuperset(tools)

    @cached_property
    def _fired(self) -> Offer:
        """What triggers may call: all but what settings or policy exclude. Which tools a client is shown says nothing
        of a trigger that another armed."""
        told = self._settings
        every = self._offer.catalog.choose(tools=("all",), exclude=told.exclude_tools, read_only=told.read_only)
        return narrowed(every, self._policy)

    def installation(self, caller: Caller, grant: Grant | None = None, ask: Ask | None = None) -> Installation:
        """The installation for a caller, who can ask the reads among what it may use and nothing else, and send what
        is granted; `ask` is the way to a person. Errors name the caller."""

        def part_of(name: str) -> Tool:
            """A tool that the caller may use, under its name; a plugin's toolset has nothing that looks it up."""
            if name not in caller.tools:
                raise KeyError(f"{caller.name} was to use {name}")
            part = self._offer.catalog.tools[name]
            return replace(
                part, name=caller.name, toolset=part.toolset if caller.toolset == PLUGINS else caller.toolset
            )

        async def read(name: str, build: Callable[[], Request[Any]]) -> Any:
            if why := self._offer.catalog.absent.get(name) or self.comparison.drift.gone.get(name):
                if (missed := _MISSED.get()) is not None:
                    missed[name] = why
                raise UnknownOperation(f"{why[:1].upper()}{why[1:]}.", NOTHING_DONE, NOT_IN_THIS_API)
            if caller.toolset == PLUGINS and name not in caller.tools:
                raise RuntimeError(f"only what reads can be asked, by one operation and without secrets: {name} can't")
            part = part_of(name)
            if not part.reads:
                raise RuntimeError(f"{caller.name} was to ask for {name}, which isn't a read: only a plan sends it")
            return (await self._ask(part, build, ResultSpec.from_table(part.result))).raw

        async def send(planned: PlannedRequest) -> Any:
            if grant is None:
                raise RuntimeError(f"{caller.name} was to send without a grant: {planned.words}")
            part = part_of(planned.tool)
            spec = ResultSpec.from_table(part.result)
            fits = planned.effect not in REDUCING  # what reduces is refused by the API alone
            return (await grant.send(planned, lambda: self._ask(part, lambda: planned.request, spec, fits=fits))).raw

        access = Access(caller.token, caller.holder, self._policy.profile) if caller.holder else None
        return Installation(
            read,
            self.store,
            self.identity,
            send=send,
            keep=None if grant is None else grant.keep,
            standing=partial(self._standing, caller.holder),
            foresee=partial(self._foreseen, caller.client),
            type_keys=None if ask is None else ask.type_keys,
            differs=self.comparison.words,
            access=access,
            verdict=partial(self._verdict, caller.client),
        )

    async def _standing(self, holder: str) -> tuple[str, ...]:
        """What whoever asks how things are must know first; of plugins nothing, where they showed a token."""
        return (*await self._gate.standing(holder), *(() if holder else self._offer.catalog.remarks))

    async def _ask(
        self,
        tool: Tool,
        build: Callable[[], Request[Any]],
        result: ResultSpec,
        *,
        alone: bool = False,
        fits: bool = True,
    ) -> Response[Any]:
        """The answer of one operation, every number in it an int or a Decimal. `alone`: it is all that is asked, so
        that of what isn't a read nobody looks what became of it. Raises CallError."""
        request = _built(tool, build)
        request = self.comparison.drift.fitted(tool, request, refuses=fits and tool.effect.get("is") not in REDUCING)
        response = await self._api.send(request, tool)
        try:
            await asyncio.to_thread(response.parse) if response.large else response.parse()
        except UnexpectedShape as drift:
            self._tell(tool, drift)
            if alone and not tool.reads and (not drift.path or drift.got is ...):
                said = cut(in_words(compact(shortened(response.raw, 200, 20))), QUOTED)
                told = (
                    f"was sent, and the answer (HTTP {response.status}) isn't what was promised: "
                    f"{misfit(drift)}, in {said}"
                )
                raise unknown_outcome(tool, self._offer, told) from None
        if (reason := failure(response.raw, result)) is not None:
            raise Failed(
                f'{tool.name} failed, although the API answered HTTP {response.status}: "{tidy(reason)}".',
                advice="Correct the cause before you call it again.",
            )
        return response

    def _line(self, tool: Tool) -> _Line:
        if (known := self._lines.get(tool.name)) is not None:
            return known
        result = ResultSpec.from_table(tool.result)
        page = tool.schema.get("properties", {}).get(result.page, {}) if result.page else {}
        module = f"hbmcp.workflows.{tool.toolset}.{tool.name}" if tool.is_workflow else f"hbmcp_tools.{tool.toolset}"
        line = _Line(
            Checker(tool),
            tool.function or getattr(import_module(module), tool.name),
            result,
            page.get("default"),
            page.get("maximum"),
        )
        self._lines[tool.name] = line
        return line

    def _as_json(self, tool: Tool) -> _Show:
        if tool.name not in self._outputs:
            self._outputs[tool.name] = Output(tool)
        output = self._outputs[tool.name]

        def show(answer: Json, spec: ResultSpec, **about: Any) -> Outcome:
            told = output.of(answer, spec, **about)
            return Outcome(told.line, False, structured=told.content)

        return show

    def _tell(self, tool: Tool, drift: UnexpectedShape) -> None:
        """Log once for each place that the API answers otherwise than its contract says."""
        place = (tool.name, _INDEX.sub("[]", drift.path))
        if place not in self._drifted:
            self._drifted.add(place)
            logger.warning(
                "%s: the answer isn't what the contract promises, but was passed on: %s", tool.name, misfit(drift)
            )


def _as_text(answer: Json, spec: ResultSpec, **about: Any) -> Outcome:
    return Outcome(render(answer, spec, **about), False)


def _built(tool: Tool, build: Callable[[], Request[Any]]) -> Request[Any]:
    try:
        return build()
    except ValueError as error:
        raise BadArguments(
            f"{tool.name} can't take these arguments: {one_line(str(error))}",
            "Nothing was sent.",
            "Correct them and call it again.",
        ) from None


def _masked(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block of content with what is secret masked in its texts; what is binary is none."""

    def mask(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if key in BINARY else redacted(value)
        if isinstance(value, Mapping):
            return {name: mask(one, name) for name, one in value.items()}
        return [mask(one) for one in value] if isinstance(value, list) else value

    return {name: mask(value, name) for name, value in block.items()}


class _Asking:
    """The same way to a person, of which it is known whether it is gone just now."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.answered = ask.answered
        self.at_terminal = ask.at_terminal
        self.waits = False

    @property
    def cant(self) -> str:
        return self._ask.cant

    async def __call__(self, question: Question) -> Answered:
        self.waits = True
        try:
            return await self._ask(question)
        finally:
            self.waits = False

    async def type_keys(self, exchange: str, account: str) -> str:
        self.waits = True
        try:
            return await self._ask.type_keys(exchange, account)
        finally:
            self.waits = False


async def _report(progress: Progress, asking: _Asking | None, asked: str) -> None:
    seconds = REPORT_EVERY
    # A client that has gone needs no reports, and its call ends by itself.
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        while True:
            what = "a person's answer" if asking is not None and asking.waits else asked
            await progress(seconds, None, f"Waiting for {what}, {seconds:.0f} s so far")
            await asyncio.sleep(REPORT_EVERY)
            seconds += REPORT_EVERY
