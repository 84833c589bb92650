"""What another tool would come to, for the caller of one. Nothing of it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from attrs import evolve, frozen

from hbmcp.bridge.prepared import Prepared
from hbmcp.caller import Caller
from hbmcp.catalog import Offer, Tool
from hbmcp.installation.installation import Foreseen, Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.answer import Ask
from hbmcp.policy.gate import Gate
from hbmcp.results.answer import Answer


@frozen
class Foresight:
    """For one caller, of the tools of an offer."""

    _caller: Caller
    _offer: Offer
    _gate: Gate
    _prepared: Callable[[Tool], Prepared]
    _installation: Callable[[Caller], Installation]
    _ask: Ask | None  # the way to a person

    async def foresee(
        self, tool: str, arguments: Mapping[str, Any], seen: Callable[[Installation], Installation]
    ) -> Foreseen:
        """A call as it would be planned, for who arms it."""
        prepared = self._prepared(self._offer.find(tool))
        given = prepared.checker.check(arguments)
        for of_the_bridge in ("preview", "again"):
            given.pop(of_the_bridge, None)
        plan = await prepared.plan(seen(self._installation(self._calling(prepared.tool))), given)
        if plan.unfit is not None:
            raise plan.unfit
        requests = tuple(evolve(one, called=prepared.tool.name) for one in plan.requests)
        meant = prepared.tool.unattended(given)
        if "again" in prepared.tool.schema["properties"]:
            meant["again"] = True  # whatever was done a moment before
        return Foreseen(meant, requests, plan.shown, plan.later, plan.commit)

    async def verdict(self, tool: str, planned: PlannedRequest) -> str:
        """What the policy would say of it, for who only estimates."""
        offered = next((one for one in self._offer.tools if one.name == tool), None)
        if offered is None:
            return ""
        call = Call(self._calling(offered), {})
        return await self._gate.verdict(call, Plan(Answer(None), (planned,)), self._ask, figures=False)

    def _calling(self, tool: Tool) -> Caller:
        return replace(self._caller, name=tool.name, toolset=tool.toolset, tools=tool.parts)
