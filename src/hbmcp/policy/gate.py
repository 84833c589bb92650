"""The one door: what isn't a read is judged here before any of it is sent."""

from collections.abc import Callable

from hbmcp.caller import Caller
from hbmcp.errors import CallError
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.policy.call import Call
from hbmcp.policy.counting import Counting
from hbmcp.policy.grant import Grant
from hbmcp.policy.model import Policy
from hbmcp.store import Store

__all__ = ["Call", "Gate"]


class Gate:
    """Judges the plans of one installation; `installation` gives what the policy itself asks of it."""

    def __init__(
        self, policy: Policy, installation: Callable[[Caller], Installation], open_store: Callable[[], Store]
    ) -> None:
        self._counting = Counting(policy, installation, open_store)

    async def admit(self, call: Call) -> None:
        """Before anything is planned. Raises SentBefore for what was sent already under this idempotency key."""
        await self._counting.sent_before(call)

    async def grant(self, call: Call, plan: Plan, began: float) -> Grant:
        """The plan may be carried out; its checks `began` then. What is granted must be ended.

        Raises Refused for what a limit holds back, and SentBefore.
        """
        return Grant(plan, began, await self._counting.reserve(call, plan))

    async def verdict(self, call: Call, plan: Plan) -> str:
        """What would be said of the plan, for who only looks."""
        try:
            return await self._counting.used(call, plan)
        except CallError as error:
            return f"It would be refused. {error.happened}"
