"""Funding payments, and the round trips that they were paid for."""

from hbmcp.installation.position_history.funding_payments import FundingPayment, assign_funding
from hbmcp.installation.position_history.round_trip import RoundTrip
from tests.installation.fills.rows import (
    MINUTE,
    NOW,
    D,
    paid,
)


def test_funding_after_an_end_that_is_recorded_too_early() -> None:
    first, second = RoundTrip("LONG", NOW, closed=NOW + 10 * MINUTE), RoundTrip("LONG", NOW + 60 * MINUTE)

    payments = [
        paid(NOW, -1),  # at its beginning: not its own
        paid(NOW + 10 * MINUTE, -2),
        paid(NOW + 13 * MINUTE, -4),
        paid(NOW + 16 * MINUTE, -8),  # nobody's
        paid(NOW + 70 * MINUTE, -16),
        paid(NOW + 71 * MINUTE, 32),  # a short's
        paid(NOW + 72 * MINUTE, 64, "-0.0001"),
    ]
    assign_funding(map(FundingPayment.from_row, payments), [first, second])
    assert (first.funding, second.funding) == ({"USDT": D(-6)}, {"USDT": D(48)})
