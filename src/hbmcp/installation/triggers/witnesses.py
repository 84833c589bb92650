"""What else says what a reading says: another source of the same value, and how far the two may be apart."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from hbmcp.errors import ApiFailed, CallError
from hbmcp.figures import plain, times
from hbmcp.installation.answer_fields import Fields, number
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.installation.markets.order_book import Book
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.performance.reading import stored_snapshots
from hbmcp.installation.portfolio.holdings import CURRENCY, Place, is_dollar
from hbmcp.installation.portfolio.valuation import Valuation
from hbmcp.installation.positions.position import Position
from hbmcp.installation.triggers.book_age import Market
from hbmcp.installation.triggers.condition import Condition, Of
from hbmcp.installation.triggers.readings import (
    PATIENCE,
    Need,
    equity_of,
    mark_of,
    mid_of,
    over,
    place_words,
    pnl_of,
    position_of,
    price_need,
    rate_of,
    whole_portfolio,
    worked_out,
)
from hbmcp.installation.triggers.readings import USES as READ
from hbmcp.times import HOUR, MINUTE, now

USES = READ | {"get_portfolio_history"}

APART = Decimal(1)  # percent that two sources of one price may be apart
WIDEST = Decimal(5)  # the same, where one is the middle of a book and the other a price within it
LITTLE = Decimal("0.001")  # percent by which a funding rate changes from one second to the next, near 0 too
LATE = MINUTE  # after a payment of funding, in which it may still be told as the next one


class Witness(NamedTuple):
    """The value by another source, and by how much, in its unit, one that agrees may differ."""

    value: Decimal
    apart: Decimal

    def says(self, value: Decimal) -> bool:
        """Whether it agrees."""
        return abs(self.value - value) <= self.apart


Testimony = Witness | CallError


async def testimonies(installation: Installation, conditions: Collection[Condition]) -> Mapping[Condition, Testimony]:
    """What another source says of each: of a price the book, and of a book the last price; of a spread both books; of a
    P&L the position at its book; of a funding rate the same once more, if its mark price is that of the book; of the
    portfolio its balances at the prices of their exchanges. Of a time nothing. The caller uses USES. Raises nothing."""
    asked = {one: need for one in conditions if (need := _witness(one)) is not None}
    found: dict[Condition, Testimony] = await worked_out(installation, asked)
    portfolios = [one for one in conditions if one.of == "portfolio"]
    if portfolios:
        found |= dict.fromkeys(portfolios, await answer_within(_recounted(installation), PATIENCE))
    return found


async def by_marks(installation: Installation, conditions: Collection[Condition]) -> Mapping[Condition, Testimony]:
    """What a third source says, on perpetual exchanges: mark prices, of spreads, of P&L and of prices; of a mark price
    the book."""
    return await worked_out(installation, {one: need for one in conditions if (need := _by_marks(one)) is not None})


def _witness(one: Condition) -> Need[Witness] | None:
    connector, pair = one.connector_name or "", one.trading_pair or ""
    match one.of:
        case "price":
            return _of_book(connector, pair) if one.price == "last" else _of_price("last", connector, pair)
        case "spread":
            return _of_spread(one, "book", mid_of)
        case "pnl":
            return _of_pnl(one, "book", mid_of)
        case "funding_rate":
            return Need(_of_now, ("funding", connector, pair), ("book", connector, pair))
        case "portfolio" | "time":
            return None


def _by_marks(one: Condition) -> Need[Witness] | None:
    connector, pair, other = one.connector_name or "", one.trading_pair or "", one.other or ""
    if not is_perpetual(connector):
        return None
    match one.of:
        case "price":
            return _of_book(connector, pair) if one.price == "mark" else _of_price("mark", connector, pair)
        case "spread" if is_perpetual(other):
            return _of_spread(one, "funding", mark_of)
        case "pnl":
            return _of_pnl(one, "funding", mark_of)
        case _:
            return None


def _of_price(kind: str, connector: str, pair: str) -> Need[Witness]:
    need = price_need(kind, connector, pair)

    def work_out(*parts: object) -> Witness:
        value = need.work_out(*parts)
        return Witness(value, _apart(value))

    return Need(work_out, *need.asked)


def _of_book(connector: str, pair: str) -> Need[Witness]:
    """The middle of it: where little is traded, last and mark may be anywhere between bid and ask."""

    def work_out(best: Book) -> Witness:
        mid = mid_of(best)
        return Witness(mid, min(_apart(mid) + abs(mid - (best.bid or mid)), mid * WIDEST / 100))

    return Need(work_out, ("book", connector, pair))


def _of_spread(one: Condition, source: str, price_of: Callable[[Any], Decimal]) -> Need[Witness]:
    """At the prices that this source tells of both exchanges."""
    pair = one.trading_pair or ""
    both = (source, one.connector_name or "", pair), (source, one.other or "", pair)
    return Need(lambda a, b: Witness(over(price_of(a), price_of(b)), APART), *both)


def _of_pnl(one: Condition, source: str, price_of: Callable[[Any], Decimal]) -> Need[Witness]:
    """Of the position at the price that this source tells."""
    connector = one.connector_name or ""
    asked = ("positions", one.account_name or "", connector), (source, connector, one.trading_pair or "")
    return Need(lambda listed, told: _pnl_at(one, listed, price_of(told)), *asked)


def _pnl_at(one: Condition, listed: Collection[Position], price: Decimal) -> Witness:
    """A part of a price is as much of the entry, and of the margin as often as the leverage says."""
    leverage = (position_of(one, listed).leverage or Decimal(1)) if one.measure == "margin" else Decimal(1)
    return Witness(pnl_of(one, listed, price), APART * leverage)


def _of_now(info: Fields, best: Book) -> Witness:
    """The rate asked once more. Raises ApiFailed where what comes with it is of another time."""
    mark, mid = mark_of(info), mid_of(best)
    if abs(mark - mid) > _apart(mid):
        raise ApiFailed(f"The mark price told with it is {plain(mark):f}, and the middle of the book {plain(mid):f}.")
    payment = info.known("next_funding_time", number)
    if payment and payment * 1000 < now() - LATE:
        raise ApiFailed("The next payment told with it is past.")
    rate = rate_of(info)
    return Witness(rate, apart("funding_rate", rate))


async def _recounted(installation: Installation) -> Witness:
    """What is held, read once more, at the prices of the exchanges where it is, as far as they have it. Raises
    ApiFailed where an exchange account that held something within the hour shows nothing."""
    worth = await whole_portfolio(installation)
    if emptied := await _emptied(installation, worth):
        places = ", ".join(map(place_words, emptied))
        raise ApiFailed(f"No balances are told of {places}, where some were within the hour.")
    wanted: dict[str, set[str]] = {}
    for one in worth.rows:
        if not is_dollar(one.token):
            wanted.setdefault(one.connector, set()).add(f"{one.token}-{CURRENCY}")
    for position in worth.positions.rows:
        wanted.setdefault(position.connector, set()).add(position.pair)
    asked = await together(prices(installation, connector, sorted(pairs)) for connector, pairs in wanted.items())
    told: dict[Market, Decimal] = {}
    for connector, answer in zip(wanted, asked, strict=True):
        if not isinstance(answer, CallError):
            told |= {(connector, pair): price for pair, price in answer.items() if isinstance(price, Decimal)}
    value = equity_of(worth) + _moved(worth, told)
    return Witness(value, _apart(value))


async def _emptied(installation: Installation, worth: Valuation) -> list[Place]:
    """The places that show nothing now, and had something: an API that was just started may not have read them yet."""
    filled = {one.place for one in worth.rows}
    blank = [one for one in worth.connected.pairs if one not in filled]
    if not blank:
        return []
    before = await stored_snapshots(installation, now() - HOUR, now(), None)
    had = {place for one in before for place, held in one.places.items() if any(units for units, _ in held.values())}
    return [place for place in blank if place in had]


def _moved(worth: Valuation, told: Mapping[Market, Decimal]) -> Decimal:
    """By how much more it is worth at these prices, by exchange and pair."""
    more = Decimal(0)
    rates = {one.token: one.price for one in worth.rows if one.price is not None}
    for one in worth.rows:
        price = told.get((one.connector, f"{one.token}-{CURRENCY}"))
        if price is not None:
            more += times(one.units, price) - (one.value or 0)
    for position in worth.positions.rows:
        price, rate = told.get((position.connector, position.pair)), rates.get(position.quote, Decimal(1))
        within = (position.account, position.connector) in worth.unrealized.within
        if price is not None and not within and (pnl := position.at(price).unrealized) is not None:
            more += times(pnl - (position.unrealized or 0), rate)
    return more


def apart(of: Of, value: Decimal) -> Decimal:
    """How far two sources of such a value may be apart, in its unit."""
    match of:
        case "spread" | "pnl":
            return APART
        case "funding_rate":
            return max(abs(value) / 10, LITTLE)
        case _:
            return _apart(value)


def _apart(price: Decimal) -> Decimal:
    return abs(price) * APART / 100
