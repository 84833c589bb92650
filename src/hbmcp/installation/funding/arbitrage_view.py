"""What the differences of funding rates earn, as a table."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import in_percent, plain, times
from hbmcp.installation.funding.annual_rates import YEAR, daily
from hbmcp.installation.funding.arbitrage import Leg, Opportunity, capacity, opportunities
from hbmcp.installation.funding.rates import FundingRate
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.markets.order_book import Book, book
from hbmcp.installation.markets.taker_fees import TakerFee, taker_fees
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.pairs import quote_of
from hbmcp.text import named

MOST = 3  # opportunities that are shown

Books = Mapping[Market, Book | CallError]


@frozen
class Opportunities:
    """Rows, and what must be said of them."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


async def arbitrage(installation: Installation, rates: Mapping[Market, FundingRate], hold_days: int) -> Opportunities:
    """The best of all coins; get_funding_rates says what the columns are. The workflow uses get_trades and
    get_orderbook. Raises nothing."""
    fees = await taker_fees(installation, {market.connector for market in rates})
    found = _ranked(rates, fees, hold_days)
    if not found:
        return Opportunities((), ())
    books = await _books(installation, [one for one in found[:MOST] if one.net(hold_days) > 0])
    rows = tuple(_row(one, books, hold_days) for one in found[:MOST])
    unread = [
        f"No book of {named(market.pair)} on {named(market.connector)}: {one.happened}"
        for market, one in books.items()
        if isinstance(one, CallError)
    ]
    return Opportunities(rows, (_terms(found, fees, hold_days), *unread))


def _ranked(rates: Mapping[Market, FundingRate], fees: Mapping[str, TakerFee], hold_days: int) -> list[Opportunity]:
    coins: dict[str, list[Leg]] = {}
    for market, one in rates.items():
        leg = Leg(market, daily(one.rate, one.interval.hours), fees[market.connector].rate)
        coins.setdefault(market.base, []).append(leg)
    found = [one for legs in coins.values() for one in opportunities(legs)]
    return sorted(found, key=lambda one: one.net(hold_days), reverse=True)


async def _books(installation: Installation, worth: Sequence[Opportunity]) -> Books:
    needed = list(dict.fromkeys(leg.market for one in worth for leg in (one.long, one.short)))
    return dict(zip(needed, await together(book(installation, *market) for market in needed), strict=True))


def _row(one: Opportunity, books: Books, hold_days: int) -> dict[str, Any]:
    net = one.net(hold_days)
    return {
        "long_on": one.long.market.connector,
        "long_pair": one.long.market.pair,
        "short_on": one.short.market.connector,
        "short_pair": one.short.market.pair,
        "spread_day_percent": in_percent(one.spread, 4),
        "fees_percent": in_percent(one.fees, 4),
        "net_day_percent": in_percent(net / hold_days, 4),
        "net_year_percent": in_percent(net / hold_days * YEAR, 2),
        "break_even_days": plain(round(one.break_even, 1)),
        "break_even_size": _size(books.get(one.long.market), books.get(one.short.market), net),
    }


def _size(long: Book | CallError | None, short: Book | CallError | None, net: Decimal) -> Decimal | str | None:
    if not isinstance(long, Book) or not isinstance(short, Book) or long.mid is None:
        return None
    most = capacity(long, short, net)
    value = round(times(most.amount, long.mid))
    return Decimal(value) if most.complete else f">={value}"


def _two_dollars(found: Sequence[Opportunity]) -> str:
    """That legs can be in different dollars, whose rate moves too; "" where none of the shown ones is."""
    legs = [{quote_of(leg.market.pair) for leg in (one.long, one.short)} for one in found[:MOST]]
    mixed = sorted(set().union(*(quotes for quotes in legs if len(quotes) > 1)))
    return f" Legs in {' and '.join(map(named, mixed))}: the rate between them isn't counted." if mixed else ""


def _terms(found: Sequence[Opportunity], fees: Mapping[str, TakerFee], hold_days: int) -> str:
    used = sorted({leg.market.connector for one in found for leg in (one.long, one.short)})
    rates = [f"{named(name)} {fees[name].percent}%{' (assumed)' if fees[name].assumed else ''}" for name in used]
    more = (
        f"{len(found) - MOST} lesser opportunities aren't shown: fewer trading_pairs show theirs. "
        if len(found) > MOST
        else ""
    )
    return (
        f"{more}Net: held {hold_days} days, after taker fees in and out of both legs ({', '.join(rates)}), in percent "
        "of one leg, if rates stay as they are. break_even_size, no advice: value of one leg, in quote, at which "
        f"slippage eats all of it.{_two_dollars(found)}"
    )
