"""Funding payments given to the rounds that they were paid for."""

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from hbmcp.figures import times
from hbmcp.installation.answer_fields import Fields, moment, number, optional, text
from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.position_history.round_trip import RoundTrip, Side
from hbmcp.pairs import quote_of
from hummingbot_api.request import Json

PAGE = 1000  # rows that the API gives at most


@frozen
class FundingPayment:
    """`amount` is above 0 where it was received. `side` is the position's: longs pay at a rate above 0, shorts below;
    None at a rate of 0. Time in epoch milliseconds."""

    account: str
    connector: str
    pair: str
    amount: Decimal
    currency: str
    side: Side | None
    time: int

    @classmethod
    def from_row(cls, row: Json) -> "FundingPayment":
        """A row of POST /trading/funding-payments."""
        fields = Fields(row)
        amount, rate = (
            fields.needed(name, optional(number)) or Decimal(0) for name in ("funding_payment", "funding_rate")
        )
        paid = times(amount, rate)
        pair = fields.needed("trading_pair", text)
        return cls(
            account=fields.needed("account_name", text),
            connector=fields.needed("connector_name", text),
            pair=pair,
            amount=amount,
            currency=fields.known("fee_currency", text) or quote_of(pair),
            side="LONG" if paid < 0 else "SHORT" if paid > 0 else None,
            time=fields.needed("timestamp", moment),
        )


def assign_funding(payments: Iterable[FundingPayment], rounds: Iterable[RoundTrip]) -> None:
    """Give each payment to the round that was open then; all of one account, exchange and pair.

    A round is paid for until its end, and not at its very beginning. As its recorded end can be too early, a payment
    when none was open belongs to the one that ended last, no more than five minutes before.
    """
    rounds = list(rounds)
    for one in rounds:
        one.funding = one.funding or {}
    for payment in payments:
        fitting = [
            one
            for one in rounds
            if one.opened < payment.time
            and payment.side in (None, one.side)
            and (one.closed is None or payment.time <= one.closed + EARLY)
        ]
        running = [one for one in fitting if one.closed is None or payment.time <= one.closed]
        if found := running or sorted(fitting, key=lambda one: one.closed or 0)[-1:]:
            paid = found[0].funding = found[0].funding or {}
            paid[payment.currency] = paid.get(payment.currency, Decimal(0)) + payment.amount
