"""A call of what isn't a read: planned, asked for, granted, committed."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

from attrs import evolve, frozen

from hbmcp.arguments import secrets
from hbmcp.bridge.incoming import Incoming
from hbmcp.bridge.prepared import Prepared
from hbmcp.caller import Caller
from hbmcp.installation.fresh_checks import ROUNDS, Stale
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.resting_target import refuse_beside_protection
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.answer import Answered
from hbmcp.policy.gate import WOULD_BE_REFUSED, Gate
from hbmcp.policy.grant import Grant
from hbmcp.policy.worth import sells
from hbmcp.redaction import hide_said, hide_sent
from hbmcp.results import render
from hbmcp.times import ticking
from hummingbot_api.client import Response
from hummingbot_api.request import Request


class Reach(Protocol):
    """The installation for a caller, who can send what is granted."""

    def __call__(self, caller: Caller, grant: Grant | None = None) -> Installation: ...


@frozen
class Act:
    """One such call. `ask` sends the request of a tool over one operation, made of the arguments of these names;
    `granted` is given what is carried out."""

    _gate: Gate
    _installation: Reach
    _ask: Callable[[Prepared, Request[Any], Collection[str]], Awaitable[Response[Any]]]
    _granted: Callable[[Grant], object]
    _prepared: Prepared
    _caller: Caller
    _incoming: Incoming

    async def run(self, arguments: Mapping[str, Any]) -> str:
        """Plan, ask a person where the policy says so, be granted, commit. Anew with an answer, which took its time;
        and while the plan's checks are too old when it is to be sent, and nothing was."""
        ask = self._incoming.ask
        answered = None if ask is None else ask.answered
        if answered is not None and answered.out_of_band:
            arguments = self._prepared.tool.unattended(arguments)
        call = await self._checked(arguments)
        if call.preview:
            answered = None
        await self._admit(call, answered)
        rounds = 1
        while True:
            began = ticking()
            plan = await self._planned(call)
            if call.preview or not (plan.requests or plan.commit):
                return await self._shown(call, plan)
            if answered is None and (question := await self._gate.question(call, plan, ask)) is not None:
                answered = await self._gate.ask(call, plan, question, ask)
                if answered.way != "relied":
                    continue
            grant = await self._gate.grant(call, plan, began, self._incoming.firing, answered)
            self._granted(grant)
            hide_sent(secrets(self._prepared.tool, call.arguments))
            try:
                return await self._carried_out(call, plan, grant)
            except Stale:
                if grant.spent or rounds >= ROUNDS:
                    raise
                rounds += 1

    async def _checked(self, arguments: Mapping[str, Any]) -> Call:
        """The call with its arguments as they were meant. Raises CallError."""
        tool = self._prepared.tool
        secret = tool.risk == "secret"
        async with self._gate.judging(Call(self._caller, arguments, secret=secret)):
            given = self._prepared.checker.check(arguments)
        hide_said(secrets(tool, given))
        preview = given.pop("preview", tool.previews)
        again = given.pop("again", False) or self._incoming.firing is not None  # a trigger never says a thing twice
        said = again if "again" in tool.schema["properties"] else None
        return Call(self._caller, given, said, self._incoming.key, secret, preview)

    async def _admit(self, call: Call, answered: Answered | None) -> None:
        async with self._gate.judging(call, answered=answered):
            await self._gate.admit(call)
            if answered is not None:
                answered.check_yes()

    async def _planned(self, call: Call) -> Plan:
        """What it would send now. Raises CallError, also where it can't be carried out anyway; who only looks is shown
        what a policy refuses too."""
        firing = self._incoming.firing
        async with self._gate.judging(call):
            installation = self._installation(self._caller)
            plan = await self._prepared.plan(installation, call.arguments)
            if firing is None:
                await refuse_beside_protection(installation, plan.requests)
            elif firing.protects:
                plan = evolve(plan, requests=tuple(one.as_reduction if sells(one) else one for one in plan.requests))
        if plan.unfit is not None:
            async with self._gate.judging(call, plan):
                unfit = await self._gate.unfit(call, plan, plan.unfit, self._incoming.ask)
                if not call.preview or unfit is plan.unfit:
                    raise unfit
                plan = evolve(plan, unfit=unfit)
        return plan

    async def _shown(self, call: Call, plan: Plan) -> str:
        said = ""
        if plan.unfit is not None:
            said = f"{WOULD_BE_REFUSED} {plan.unfit.happened}"
        elif call.preview and (plan.requests or plan.later):
            said = await self._gate.verdict(call, plan, self._incoming.ask)
        return render(plan.shown.value, plan.shown.with_notes(said).spec)

    async def _carried_out(self, call: Call, plan: Plan, grant: Grant) -> str:
        try:
            text = await self._committed(call, plan, grant)
        except BaseException as error:
            await grant.end(error)
            raise
        await grant.end(None, text)
        return text

    async def _committed(self, call: Call, plan: Plan, grant: Grant) -> str:
        if plan.commit is not None:
            answer = await plan.commit(self._installation(self._caller, grant))
            return render(answer.value, answer.spec)
        (planned,) = plan.requests
        response = await grant.send(planned, lambda: self._ask(self._prepared, planned.request, call.arguments))
        return (await self._prepared.response_shown(response, call.arguments)).text
