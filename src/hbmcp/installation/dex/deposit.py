"""Tokens that go into a liquidity position: how many, and what they are worth."""

from decimal import Decimal

from attrs import frozen

from hbmcp.errors import BadArguments
from hbmcp.figures import money, ratio, times
from hbmcp.installation.dex.pool import Pool
from hbmcp.installation.planned_request import Stake
from hbmcp.text import named

NONE = Decimal(0)


@frozen
class Range:
    """The prices of a position, in quote per base."""

    lower: Decimal
    upper: Decimal


@frozen
class Deposit:
    """The most that goes into a position of a pool; None for a token of which none does, or nobody knows how much.
    `value` in quote."""

    pool: Pool
    base: Decimal | None
    quote: Decimal | None
    value: Decimal | None = None

    def stake(self, connector: str, within: Range | None = None) -> Stake:
        """For the policy."""
        return Stake(
            exchange=connector,
            pair=self.pool.pair,
            amount=self.base,
            price=None if within is None else within.lower,
            until=None if within is None else within.upper,
            value=self.value,
            market=self.pool.price,
        )

    def __str__(self) -> str:
        """ "1 SOL and 150 USDC" """
        base, _, quote = self.pool.pair.rpartition("-") if self.pool.pair else ("base", "", "quote")
        amounts = ((self.base, base), (self.quote, quote))
        return " and ".join(f"{money(one):f} {named(name)}" for one, name in amounts if one is not None)


def refuse_no_tokens(tool: str, base: Decimal | None, quote: Decimal | None) -> None:
    """Raises BadArguments where nothing would go in."""
    if base is None and quote is None:
        raise BadArguments(
            f"{tool} was given no tokens.", "Nothing was sent.", "Give base_token_amount, quote_token_amount or both."
        )


def deposit(
    pool: Pool, within: Range | None, base: Decimal | None, quote: Decimal | None, slippage_pct: Decimal
) -> Deposit:
    """What goes in at the most, where so much is told of one token, or of both. Where only one is, Gateway may add as
    much of the other as the range wants at the pool's price, and with slippage more."""
    if pool.price is None or (within is None and (base is None or quote is None)):
        return Deposit(pool, base, quote)
    if within is not None and within.lower < pool.price < within.upper:
        try:
            base, quote = _both(pool.price, within, base, quote, 1 + slippage_pct / 100)
        except ArithmeticError:  # no two tokens go in so near to an end of the range
            return Deposit(pool, base, quote)
    return Deposit(pool, base, quote, times(base or NONE, pool.price) + (quote or NONE))


def _both(
    price: Decimal, within: Range, base: Decimal | None, quote: Decimal | None, slack: Decimal
) -> tuple[Decimal, Decimal]:
    """Liquidity L in a range holds L (1/√price - 1/√upper) of base, and L (√price - √lower) of quote."""
    root = price.sqrt()
    of_base, of_quote = 1 / root - 1 / within.upper.sqrt(), root - within.lower.sqrt()
    if base is None:
        assert quote is not None
        base = times(quote, ratio(of_base, of_quote), slack)
    elif quote is None:
        quote = times(base, ratio(of_quote, of_base), slack)
    return base, quote
