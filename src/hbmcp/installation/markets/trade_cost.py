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


def estimate(found: Book, rule: Rule, side: Side, amount: Decimal, fee_rate: Decimal, enough: bool = True) -> Estimate:
    """For base units, rounded down to what the exchange takes. `enough` is False where they are less than was asked
    for, since the book holds no more."""
    amount = rule.amount(amount)
    walk = found.walk(side, amount)
    return Estimate(side, amount, walk, found.mid, fee_rate, enough and walk.complete)
