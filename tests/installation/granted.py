"""A plan that is granted whole, by no policy, and audited nowhere."""

from math import inf

from hbmcp.installation.plan import Plan
from hbmcp.policy.audit.audit import Audit, Entry
from hbmcp.policy.grant import Grant
from hbmcp.times import ticking
from tests.store.opening import failing_store


def granted(plan: Plan, began: float | None = None, checked: float = inf) -> Grant:
    """Its checks `began` then, or now, and were done when it was `checked`."""
    no_store = failing_store(AssertionError("this audit has no store"))
    entry = Entry(Audit(None, "", no_store), {}, goes_on=True, secret=False)
    return Grant(plan, ticking() if began is None else began, checked, "client", entry, _nothing_refused, None, None)


async def _nothing_refused(_: object) -> None:
    pass
