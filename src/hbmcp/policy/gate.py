"""The one door: what isn't a read is judged here before any of it is sent."""

from collections.abc import Collection, Mapping
from typing import Any

from attrs import frozen

from hbmcp.caller import Caller
from hbmcp.errors import NotAllowed
from hbmcp.installation.plan import Plan
from hbmcp.policy.grant import Grant
from hbmcp.policy.model import Policy
from hbmcp.policy.rules import refuse

WOULD_BE_REFUSED = "It would be refused:"


@frozen
class Call:
    """A call that isn't a read: who calls, and the `arguments` as they were checked, without `preview`."""

    caller: Caller
    arguments: Mapping[str, Any]


class Gate:
    """Judges the plans of one installation. `asked` are the tools that the settings ask for by name."""

    def __init__(self, policy: Policy, asked: Collection[str] = ()) -> None:
        self._policy = policy
        self._asked = asked

    async def grant(self, call: Call, plan: Plan, began: float) -> Grant:
        """The plan may be carried out; its checks `began` then. Raises NotAllowed."""
        refuse(self._policy, call, plan, self._asked)
        return Grant(plan, began)

    async def verdict(self, call: Call, plan: Plan) -> str:
        """What would be said of the plan, for who only looks."""
        try:
            refuse(self._policy, call, plan, self._asked)
        except NotAllowed as error:
            return f"{WOULD_BE_REFUSED} {error.happened}"
        return "The policy allows it."
