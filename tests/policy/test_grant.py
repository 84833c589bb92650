"""What became of a request that was sent."""

import pytest

from hbmcp.errors import (
    NOTHING_DONE,
    NOTHING_SENT,
    ApiFailed,
    CallError,
    Failed,
    GatewayFailed,
    OutcomeUnknown,
    Refused,
    ServiceDown,
    Unreachable,
)
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.grant import Spent
from hbmcp.store import Settled
from hummingbot_api.request import Request


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (Refused("no", NOTHING_DONE), False),
        (Unreachable("nobody there", NOTHING_SENT), False),
        (ServiceDown("Gateway isn't there", NOTHING_DONE), False),
        (GatewayFailed("it has none", NOTHING_DONE), False),
        (Refused("who says so?"), True),  # what isn't said isn't certain
        (Failed("somehow", "Most likely nothing was done."), True),
        (OutcomeUnknown("who knows"), True),
        (ApiFailed("500"), True),
        (ServiceDown("the broker is down"), True),  # so an exchange may say of a broker's id, after it took the order
    ],
)
def test_only_what_was_surely_not_done_counts_no_more(error: CallError, counts: bool) -> None:
    request: Request[object] = Request("POST", "/x", parse=lambda answer: answer)
    spent = Spent(0, PlannedRequest("submit_order", request, "opens", "BUY"), error=error)
    assert spent.settled == (Settled("unknown", None) if counts else None)
