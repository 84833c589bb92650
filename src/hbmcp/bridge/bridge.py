"""The only door to the API: who calls it, and for whom."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from hbmcp.api import Apis
from hbmcp.arguments import secrets
from hbmcp.arguments.exchange_spelling import EXCHANGE
from hbmcp.arguments.pair_spelling import PAIRS
from hbmcp.bridge.foresight import Foresight
from hbmcp.bridge.incoming import Incoming
from hbmcp.bridge.operations import COMPARED, Operations, missing
from hbmcp.bridge.outcome import Outcome
from hbmcp.bridge.prepared import Prepared
from hbmcp.bridge.progress import Progress, TrackedAsk, reported
from hbmcp.caller import Access, Caller, Kind
from hbmcp.cancellation import cancelled_once
from hbmcp.catalog import NOT_IN_THIS_API, Offer, Tool
from hbmcp.drift import Comparison
from hbmcp.errors import NOTHING_DONE, CallError, StoreError, UnknownTool
from hbmcp.identity import Identity
from hbmcp.installation.installation import Installation
from hbmcp.pairs import whole_pair
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.answer import Ask, AskedFirst
from hbmcp.policy.confirmation.approvals import Waiting
from hbmcp.policy.gate import Gate
from hbmcp.policy.grant import Firing, Grant
from hbmcp.policy.model import Policy, bound, default
from hbmcp.policy.offered import narrowed
from hbmcp.policy.said_twice import SentBefore
from hbmcp.redaction import call_under_way, hide_said, redacted
from hbmcp.results import render
from hbmcp.results.answer import Answer
from hbmcp.services import service
from hbmcp.settings import Settings
from hbmcp.store import Store
from hummingbot_api.client import Response
from hummingbot_api.request import Json, Request

TELLS_FIGURES = "get_status"  # how far limits are used up, by all calls

logger = logging.getLogger(__name__)


class Bridge:
    """Carries calls from a client to the API that a tool is for, and back, as far as a policy (without one, the
    default) allows it. Use it inside one event loop, and close it there. One that `serves` has more calls to come: none
    waits until the API is compared, as elsewhere what acts does."""

    def __init__(
        self,
        offer: Offer,
        settings: Settings,
        kind: Kind = "client",
        *,
        policy: Policy | None = None,
        serves: bool = False,
    ) -> None:
        policy = policy or default(settings.on_paper)
        offer = narrowed(offer, policy)
        self._offer = offer
        self._policy = policy
        self._settings = settings
        self._kind = kind
        self._serves = serves
        self._access: Access | None = None
        self.identity = Identity.of(settings)
        self.store = Store.open(settings, self.identity)
        self._gate = Gate.of(policy, offer, settings, self.identity, self.installation, self.store)
        self._api = Apis(settings, offer)
        self.comparison = Comparison(offer.catalog, self._api.send, on=settings.compares)
        self._operations = Operations(offer.catalog, self._api, self.comparison, self.installation)
        self._tools: dict[str, Prepared] = {}
        self._reset = settings.on_paper and settings.paper_reset
        self.granted: Callable[[Grant], object] = lambda _: None  # is given what is carried out
        self.news: list[str] = []  # what whoever calls next should know

    def tell(self, kind: str, words: str) -> None:
        """A person, wherever HBMCP_NOTIFY says; of a kind what is newest."""
        self._gate.tell(kind, words)

    async def aclose(self) -> None:
        """Close the connections to the API, and the store."""
        await self.comparison.aclose()
        await self._api.aclose()
        await self._gate.aclose()
        await self.store.aclose()

    def for_token(self, token: str, holder: str, offer: Offer, policy: Policy) -> "Bridge":
        """The same bridge for who showed the access token of this name and holds that key: it offers these tools and no
        others, and the policy is this one. Nothing of it is closed."""
        other = self._under(policy.held_by(holder), offer)
        other._access = Access(token, holder, policy.profile) if holder else None
        return other

    def under(self, access: Access, offer: Offer | None = None) -> "Bridge | None":
        """The same bridge for what was called with that access token, or none, as the policy is now; None where its
        profile is gone. It offers what this one does, or `offer`. Nothing of it is closed."""
        policy = self._policy if access.profile is None else bound(self._policy, access.profile)
        if policy is None:
            return None
        return self.for_token(access.token, access.holder, narrowed(offer or self._offer, policy), policy)

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

    def _under(self, policy: Policy, offer: Offer) -> "Bridge":
        other = copy(self)
        other.__dict__.pop("_fired", None)
        other._offer, other._policy = offer, policy
        other._gate = self._gate.under(policy, offer, other.installation)
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
        with call_under_way():
            answer: Answer = await self._prepared(tool).build(self.installation(self._reader(tool)))
        return answer.value

    def reading(self, name: str) -> Installation:
        """The installation for what stands beside tools: it can be asked what that tool may ask, which reads. Raises
        UnknownTool for one that isn't offered."""
        return self.installation(self._reader(self._offer.find(name)))

    def installation(self, caller: Caller, grant: Grant | None = None, ask: Ask | None = None) -> Installation:
        """The installation for a caller, who can ask the reads among what it may use and nothing else, and send what
        is granted; `ask` is the way to a person. Errors name the caller."""
        foresight = Foresight(caller, self._offer, self._gate, self._prepared, self.installation, ask)
        return Installation(
            self._operations.reads(caller),
            self.store,
            self.identity,
            send=self._operations.sends(caller, grant),
            keep=None if grant is None else grant.keep,
            standing=partial(self._standing, caller.holder),
            foresee=foresight.foresee,
            type_keys=None if ask is None else ask.type_keys,
            differs=self._differs,
            access=caller.access,
            verdict=foresight.verdict,
            heard=caller.kind != "trigger",
        )

    def fires(self, tools: Iterable[str]) -> bool:
        """Whether triggers may call all of these."""
        return {tool.name for tool in self._fired.tools}.issuperset(tools)

    async def _standing(self, holder: str) -> tuple[str, ...]:
        """What whoever asks how things are must know first; of plugins nothing, where they showed a token."""
        return (*await self._gate.standing(holder), *(() if holder else self._offer.catalog.remarks))

    async def _differs(self, seconds: float) -> tuple[str, ...]:
        return (await self.comparison.found(seconds)).words

    @property
    def _holder(self) -> str:
        return "" if self._access is None else self._access.holder

    def _reader(self, tool: Tool) -> Caller:
        parts = tool.parts if tool.is_workflow else frozenset({tool.name})
        return replace(self._caller(tool, ""), kind="resource", tools=parts)

    def _caller(self, tool: Tool, client: str) -> Caller:
        return Caller(tool.name, tool.toolset, tool.parts, self._kind, client, self._access)

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
        if self._access is not None and isinstance(key, str):
            key = f"{self._access.holder}/{key}"  # nobody is told what was sent under the key of another
        incoming = Incoming(client, key, firing, ask, until, structured)
        if progress is None:
            return await cancelled_once(self._answer(name, arguments, incoming))
        person = None if ask is None else TrackedAsk(ask)
        tool = self._offer.catalog.names.get(name)
        api = service(tool.service if tool else "").title
        return await reported(
            self._answer(name, arguments, incoming._replace(ask=person)),
            progress,
            lambda: "a person's answer" if person is not None and person.waits else api,
        )

    async def _answer(self, name: str, arguments: Mapping[str, Any], incoming: Incoming) -> Outcome:
        """Every text that leaves goes through here, and what is secret stays."""
        with call_under_way():
            with missing() as missed:
                outcome = await self._come_to(name, arguments, incoming)
            if outcome.question is not None:
                return outcome
            for part, why in missed.items():
                if not outcome.says(why):
                    outcome = outcome.remarked(f"What {part} tells isn't known: {why}.")
            explained = isinstance(outcome.error, UnknownTool)  # which says why it is off
            if self._kind == "client" and not explained and (off := self._offer.unoffered(outcome.named)):
                outcome = outcome.remarked(off)
            if self._hears(incoming) and (news := await self._news(incoming.client)):
                outcome = outcome.remarked(f"Since your last call: {'; '.join(news)}.")
            if signature := self.identity.signature:
                outcome = outcome.remarked(signature)
            return outcome.redacted

    def _hears(self, incoming: Incoming) -> bool:
        """Whether who called is the one who is answered."""
        answered = incoming.ask.answered if incoming.ask is not None else None
        approves = answered is not None and answered.out_of_band
        return incoming.firing is None and not approves and self._kind != "resource"

    async def _news(self, client: str) -> list[str]:
        """What who calls should know, and wasn't told. Of triggers who showed an access token hears where it is for
        them."""
        news = await self._gate.ended(client, self._holder)
        if self._access is None or self._offer.schema("list_triggers") is not None:
            news += self.news
            self.news.clear()
        return news

    async def _come_to(self, name: str, arguments: Mapping[str, Any], incoming: Incoming) -> Outcome:
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
            if not (self._serves or found.reads):
                await self.comparison.found(COMPARED)
            if why := await self.comparison.lacks(found.name):
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

    @cached_property
    def _fired(self) -> Offer:
        """What triggers may call: all but what settings or policy exclude. Which tools a client is shown says nothing
        of a trigger that another armed."""
        settings = self._settings
        every = self._offer.catalog.choose(tools=("all",), exclude=settings.exclude_tools, read_only=settings.read_only)
        return narrowed(every, self._policy)

    async def _run(self, tool: Tool, arguments: Mapping[str, Any], incoming: Incoming) -> Outcome:
        if self._reset:
            self._reset = False
            with suppress(StoreError):  # opened, it forgets the exchange that was, which this call resets
                await self.store.sent_orders(order_ids=())
        prepared = self._prepared(tool)
        hide_said(secrets(tool, arguments))  # what doesn't fit is quoted
        caller = replace(self._caller(tool, incoming.client), until=incoming.until)
        if incoming.firing is not None:
            caller = replace(caller, kind="trigger")
        if tool.reads:
            return await self._read(prepared, arguments, caller, incoming)
        from hbmcp.bridge.acting import Act

        act = Act(self._gate, self.installation, self._ask_alone, self.granted, prepared, caller, incoming)
        return Outcome(await act.run(arguments), False)

    async def _read(
        self, prepared: Prepared, arguments: Mapping[str, Any], caller: Caller, incoming: Incoming
    ) -> Outcome:
        given = prepared.checker.check(arguments)
        hide_said(secrets(prepared.tool, given))
        if not prepared.tool.is_workflow:
            meant = await self._meant(prepared.tool, given, caller)
            response = await self._ask_alone(prepared, prepared.request(meant), given)
            outcome = await prepared.response_shown(response, given, structured=incoming.structured)
            return outcome if meant == given else outcome.remarked(_remark(prepared.tool, meant))
        answer: Answer = await prepared.build(self.installation(caller, ask=incoming.ask), **given)
        if answer.content and answer.value is None:
            return Outcome("", False, content=answer.content)
        outcome = prepared.shown(answer.value, answer.spec, structured=incoming.structured)
        return outcome._replace(content=answer.content)

    async def _meant(self, tool: Tool, given: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """The arguments of a tool over one operation, with the exchange's pair where its base alone is given. Raises
        CallError."""
        bases = [name for name in tool.bases if not all(map(whole_pair, _pairs(given, name)))]
        if not bases:
            return given
        from hbmcp.installation.markets.trading_pairs import pairs_if_asked

        asking = self.installation(replace(caller, tools=frozenset({"get_trading_rules"})))
        meant = {name: await pairs_if_asked(asking, given.get(EXCHANGE), _pairs(given, name)) for name in bases}
        return {**given, **{name: pairs if name == PAIRS else pairs[0] for name, pairs in meant.items()}}

    async def _ask_alone(self, prepared: Prepared, request: Request[Any], given: Collection[str]) -> Response[Any]:
        return await self._operations.ask_alone(prepared, request, given, self._offer)

    def _prepared(self, tool: Tool) -> Prepared:
        if tool.name not in self._tools:
            self._tools[tool.name] = Prepared(tool, self._offer.listed_by(tool))
        return self._tools[tool.name]


def _pairs(given: Mapping[str, Any], name: str) -> list[str]:
    """Those of one of the parameters that pairs are asked for by."""
    asked = given.get(name)
    return [] if asked is None else asked if name == PAIRS else [asked]


def _remark(tool: Tool, meant: Mapping[str, Any]) -> str:
    """Which pairs were meant by their bases."""
    return f"Of {', '.join(one for name in tool.bases for one in _pairs(meant, name))}."
