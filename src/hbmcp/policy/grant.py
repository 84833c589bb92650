"""What of a plan may be sent: each request of it, once."""

from hbmcp.catalog import REDUCING
from hbmcp.installation.fresh_checks import FRESH, Stale
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.times import ticking


class Grant:
    """A plan that may be carried out. Its checks `began` then, by hbmcp.times.ticking."""

    def __init__(self, plan: Plan, began: float) -> None:
        self._left = list(plan.requests)
        self._began = began
        self.spent: list[PlannedRequest] = []

    async def spend(self, planned: PlannedRequest) -> None:
        """Called in the moment before a request is sent.

        Raises Stale where its checks are too old, unless it only reduces; RuntimeError for a request that the plan
        doesn't cover, or that was sent.
        """
        covering = next((one for one in self._left if one.covers(planned)), None)
        if covering is None:
            raise RuntimeError(f"{planned.tool} was to send what no plan covers: {planned.words}")
        if planned.effect not in REDUCING and ticking() - self._began > FRESH:
            raise Stale
        self._left.remove(covering)
        self.spent.append(planned)
