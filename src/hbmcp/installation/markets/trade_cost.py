"""What a market order would cost."""

from decimal import Decimal

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.markets.order_book import Book, Side, Walk
from hbmcp.installation.markets.trading_rules import Rule


@frozen
class Estimate:
    """A market order of `amount` base units on a book; `fee_rate` is a share of the value. Sums are in quote units,
    and of what the book holds where that is less."""

    side: Side
    amount: Decimal
    walk: Walk
    mid: Decimal | None
    fee_rate: Decimal
    in_book: bool

    @property
    def slippage(self) -> Decimal | None:
        """How much worse than mid the average price is, as a fraction of mid."""
        if self.mid is None or self.walk.average is None:
            return None
        worse = self.walk.average - self.mid
        return ratio(worse if self.side == "BUY" else -worse, self.mid)

    @property
    def fee(self) -> Decimal:
        """Value x rate."""
        return times(self.walk.quote, self.fee_rate)

    @property
    def total(self) -> Decimal:
        """What is paid with the fee, or what is got after it."""
        return self.walk.quote + (self.fee if self.side == "BUY" else -self.fee)


def estimate(
    found: Book, rule: Rule, side: Side, amount: Decimal | None, quote_amount: Decimal | None, fee_rate: Decimal
) -> Estimate:
    """For base units, or for as many as this much quote pays or brings; rounded down to what the exchange takes."""
    enough = True
    if amount is None:
        whole = found.walk_quote(side, quote_amount or Decimal(0))
        amount, enough = whole.filled, whole.complete
    amount = rule.amount(amount)
    walk = found.walk(side, amount)
    return Estimate(side, amount, walk, found.mid, fee_rate, enough and walk.complete)
