"""The one door: what isn't a read is judged here before any of it is sent."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.caller import Caller
from hbmcp.installation.plan import Plan
from hbmcp.policy.grant import Grant


@frozen
class Call:
    """A call that isn't a read: who calls, and the `arguments` as they were checked, without `preview`."""

    caller: Caller
    arguments: Mapping[str, Any]


class Gate:
    """Judges the plans of one installation."""

    async def grant(self, call: Call, plan: Plan, began: float) -> Grant:  # noqa: ARG002
        """The plan may be carried out; its checks `began` then."""
        return Grant(plan, began)

    async def verdict(self, call: Call, plan: Plan) -> str:  # noqa: ARG002
        """What would be said of the plan, for who only looks."""
        return ""
