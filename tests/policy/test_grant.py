"""What became of a request that was sent."""

import pytest

from hbmcp.errors import ApiFailed, CallError, OutcomeUnknown, Refused, ServiceDown
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.grant import Spent
from hbmcp.store import Settled
from hummingbot_api.request import Request


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (Refused("no"), False),
        (OutcomeUnknown("who knows"), True),
        (ApiFailed("500"), True),
        (ServiceDown("the broker is down"), True),  # so an exchange may say of a broker's id, after it took the order
    ],
)
def test_only_what_was_surely_not_done_counts_no_more(error: CallError, counts: bool) -> None:
    request: Request[object] = Request("POST", "/x", parse=lambda answer: answer)
    spent = Spent(0, PlannedRequest("submit_order", request, "opens", "BUY"), error=error)
    assert spent.settled == (Settled("unknown", None) if counts else None)
