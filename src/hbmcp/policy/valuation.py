"""What a request is worth in the policy's currency: at the worse of the market and its own price.

The market's price is the one that its plan was made with, or else is read here; nobody who calls can say it. What moves
on a chain is on no order book. Its plan has the price that the chain tells, in a pool that anybody may have made; the
rate oracle tells what the base token is worth by itself, and where that is more, it counts. Of the quote token the
oracle alone tells it, and where it doesn't, nothing is known.
"""

from asyncio import Lock
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from attrs import evolve

from hbmcp.errors import CallError
from hbmcp.figures import number, ratio, times
from hbmcp.installation.answer_fields import Fields, under
from hbmcp.installation.answer_fields import number as a_number
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.trading_pairs import is_stable
from hbmcp.installation.planned_request import Stake
from hbmcp.installation.portfolio.holdings import CURRENCY
from hbmcp.pairs import base_of, quote_of
from hbmcp.policy.worth import Worth
from hbmcp_tools import rate_oracle

READS = ("get_prices", "get_rates")

# Tokens that stand for another one to one, which alone the rate oracle knows.
WRAPPED = {"WBNB": "BNB", "WBTC": "BTC", "WETH": "ETH", "WPOL": "POL", "WSOL": "SOL"}

DIGITS = 30  # before the point or behind it; what has more is no amount of money


class Prices:
    """Prices of one moment, each read once, however many ask at once. Uses get_prices and get_rates. Nothing of it
    raises."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._found: dict[tuple[str | None, str], Decimal | None] = {}
        self._asking: defaultdict[tuple[str | None, str], Lock] = defaultdict(Lock)

    async def market(self, exchange: str | None, pair: str) -> Decimal | None:
        """What the pair costs there, or by the rate oracle where it is on no order book; None where nobody tells."""
        key = exchange, pair
        async with self._asking[key]:
            if key not in self._found:
                there = await self._at(exchange, pair) if exchange else None
                self._found[key] = there or await self._by_oracle(pair)
        return self._found[key]

    async def rate(self, exchange: str | None, token: str, currency: str) -> Decimal | None:
        """What one unit of the token is worth in the currency. What `is_stable` counts as one dollar."""
        if token == currency or (is_stable(token) and is_stable(currency)):
            return Decimal(1)
        if is_stable(token):
            inverse = await self.market(exchange, f"{currency}-{CURRENCY}")
            return ratio(Decimal(1), inverse) if inverse else None
        return await self.market(exchange, f"{token}-{CURRENCY if is_stable(currency) else currency}")

    async def _at(self, exchange: str, pair: str) -> Decimal | None:
        found = (await prices(self._installation, exchange, [pair]))[pair]
        return None if isinstance(found, CallError) else amount(found)

    async def _by_oracle(self, pair: str) -> Decimal | None:
        pair = "-".join(WRAPPED.get(token, token) for token in pair.split("-"))
        try:
            rates = await self._installation.read(under("rates", Fields), rate_oracle.get_rates, trading_pairs=[pair])
        except CallError:
            return None
        return amount(rates.known(pair, a_number))


async def valued(prices_now: Prices, asks: Sequence[Worth], currency: str) -> list[Worth]:
    """The same with their market price and their value; None where it isn't known. Raises nothing."""
    found = await together(_valued(prices_now, ask, currency) for ask in asks)
    return [ask if isinstance(one, CallError) else one for ask, one in zip(asks, found, strict=True)]


async def _valued(prices_now: Prices, ask: Worth, currency: str) -> Worth:
    stake = ask.stake
    exchange = None if ask.planned.effect == "moves" else stake.exchange
    market = amount(stake.market)
    if market is None and stake.pair is not None and (stake.amount is not None or stake.price is not None):
        market = await prices_now.market(exchange, stake.pair)
    in_quote = worth(stake, market)
    if in_quote is None or stake.pair is None:
        return evolve(ask, market=market)
    base, quote = base_of(stake.pair), quote_of(stake.pair)
    rate = await prices_now.rate(exchange, quote, currency)
    if rate is None:
        return evolve(ask, market=market)
    value = times(in_quote, rate)
    if ask.planned.effect == "moves" and market is not None and stake.amount is not None and stake.value is not None:
        own = await prices_now.rate(None, base, currency)
        if own is not None:  # then the base token in the whole is worth that, and not what the chain tells
            value = max(value, times(stake.value, rate) + times(stake.amount, own - times(market, rate)))
    return evolve(ask, market=market, value=amount(value))


def worth(stake: Stake, market: Decimal | None) -> Decimal | None:
    """In quote, the dearest that it can be; None where the market's price is needed and isn't known, and for what isn't
    a finite number above 0."""
    told = [stake.value, stake.amount, stake.price]
    if any(one is not None and amount(one) is None for one in told):
        return None
    values = [] if stake.value is None else [stake.value]
    if stake.amount is not None:
        if market is None:
            return None
        own = stake.price if stake.until is None else None  # of liquidity `value` tells it
        values += [times(stake.amount, price) for price in (market, own) if price is not None]
    return amount(max(values, default=None))


def amount(value: Decimal | None) -> Decimal | None:
    """A finite number above 0, and none that only a slip or a trick makes so large or small; else None."""
    found = number(value)
    return found if found is not None and found > 0 and abs(found.adjusted()) <= DIGITS else None
