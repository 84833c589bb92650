"""The order book: never crossed, on tick and lot, and every query the same walk seen differently."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.paper.errors import UnknownExchange, UnknownPair
from hbmcp.paper.market.listings import EXCHANGES
from hbmcp.paper.market.market import Market, grid_time
from hbmcp.paper.market.order_book import DEPTH, Book, Level, Side, Walk
from hbmcp.paper.market.random_path import STEP

NOW = 1_795_350_012_345  # 2026-11-22
YEAR = 365 * 86_400_000
MARKET = Market(7)
PLACES = [(exchange.name, pair) for exchange in EXCHANGES.values() for pair in exchange.pairs]

places = st.sampled_from(PLACES)
times = st.integers(NOW - 8 * YEAR, NOW + 8 * YEAR)
books = st.builds(lambda place, at: Book.snapshot(MARKET, *place, at), places, times)
sides = st.sampled_from(["BUY", "SELL"])
shares = st.decimals(Decimal("0.001"), Decimal("0.999"), places=6)


def levels(book: Book, side: Side) -> tuple[Level, ...]:
    return book.asks if side == "BUY" else book.bids


def total(book: Book, side: Side) -> Decimal:
    return sum((level.amount for level in levels(book, side)), Decimal(0))


def value(book: Book, side: Side) -> Decimal:
    return sum((level.amount * level.price for level in levels(book, side)), Decimal(0))


# The book itself


@given(places, times)
def test_bids_lie_below_the_mid_and_asks_above_it(place: tuple[str, str], at: int) -> None:
    book, mid = Book.snapshot(MARKET, *place, at), MARKET.price(*place, at)
    assert book.bids[0].price < mid < book.asks[0].price
    assert all(better.price > worse.price for better, worse in pairwise(book.bids))
    assert all(better.price < worse.price for better, worse in pairwise(book.asks))
    assert len(book.bids) == len(book.asks) == DEPTH


@given(places, times)
def test_prices_are_on_the_tick_and_amounts_on_the_lot(place: tuple[str, str], at: int) -> None:
    pair, book = EXCHANGES[place[0]].pairs[place[1]], Book.snapshot(MARKET, *place, at)
    for level in (*book.bids, *book.asks):
        assert level.price > 0
        assert level.price % pair.tick == 0
        assert level.amount >= pair.min_size
        assert level.amount % pair.lot == 0


@given(places, times, st.integers(1, DEPTH))
def test_a_shallow_book_is_the_top_of_the_deep_one(place: tuple[str, str], at: int, depth: int) -> None:
    deep, shallow = Book.snapshot(MARKET, *place, at), Book.snapshot(MARKET, *place, at, depth)
    assert (shallow.bids, shallow.asks, shallow.at) == (deep.bids[:depth], deep.asks[:depth], deep.at)


@given(places, times)
def test_a_book_is_the_same_whenever_it_is_asked_for(place: tuple[str, str], at: int) -> None:
    begin = grid_time(at)
    book = Book.snapshot(MARKET, *place, at)
    assert book.at == begin
    assert book == Book.snapshot(Market(7), *place, begin) == Book.snapshot(MARKET, *place, begin + STEP - 1)
    assert book.bids != Book.snapshot(MARKET, *place, begin + STEP).bids
    assert book.bids != Book.snapshot(Market(8), *place, at).bids


@pytest.mark.parametrize(("exchange", "pair"), PLACES)
def test_the_size_is_plausible(exchange: str, pair: str) -> None:
    """A tenth of a percent moves the price little, the whole book by some percent."""
    book, mid = Book.snapshot(MARKET, exchange, pair, NOW), MARKET.price(exchange, pair, NOW)
    assert (book.asks[0].price - book.bids[0].price) / mid < Decimal("0.001")
    assert Decimal("0.005") < book.asks[-1].price / mid - 1 < Decimal("0.1")
    assert value(book, "BUY") > 50_000


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(UnknownExchange):
        Book.snapshot(MARKET, "nope", "BTC-USDT", NOW)
    with pytest.raises(UnknownPair):
        Book.snapshot(MARKET, "binance", "BTC-USD", NOW)


# Walks and queries


def check(book: Book, side: Side, walk: Walk) -> None:
    """The fills are the book's levels, whole but for the last."""
    taken = levels(book, side)[: len(walk.fills)]
    assert [fill.price for fill in walk.fills] == [level.price for level in taken]
    assert [fill.amount for fill in walk.fills[:-1]] == [level.amount for level in taken[:-1]]
    assert not walk.fills or 0 < walk.fills[-1].amount <= taken[-1].amount
    assert walk.amount == sum((fill.amount for fill in walk.fills), Decimal(0))
    if walk.average is not None and walk.price is not None:
        assert sorted([taken[0].price, walk.average, walk.price], reverse=side == "SELL")[1] == walk.average


@given(books, sides, shares)
@settings(max_examples=40)
def test_a_walk_takes_exactly_what_was_asked(book: Book, side: Side, share: Decimal) -> None:
    amount = total(book, side) * share
    walk = book.walk(side, amount)
    check(book, side, walk)
    assert walk.complete
    assert walk.amount == amount
    assert walk.quote == sum((fill.amount * fill.price for fill in walk.fills), Decimal(0))
    assert walk == book.price_for_volume(side, amount) == book.vwap_for_volume(side, amount)


@given(books, sides, shares)
@settings(max_examples=40)
def test_the_volume_for_a_price_goes_to_that_price(book: Book, side: Side, share: Decimal) -> None:
    asked = book.price_for_volume(side, total(book, side) * share)
    assert asked.price is not None
    to_price = book.volume_for_price(side, asked.price)
    check(book, side, to_price)
    assert to_price.complete or asked.price == levels(book, side)[-1].price
    assert to_price.price == asked.price
    assert to_price.amount >= asked.amount
    assert to_price.fills[:-1] == asked.fills[:-1]
    assert book.price_for_volume(side, to_price.amount) == book.walk(side, to_price.amount)
    assert book.price_for_volume(side, to_price.amount).price == asked.price
    assert book.quote_volume_for_price(side, asked.price) == to_price


@given(books, sides, shares)
@settings(max_examples=40)
def test_volume_and_its_value_lead_to_the_same_price(book: Book, side: Side, share: Decimal) -> None:
    by_amount = book.walk(side, (total(book, side) * share).quantize(Decimal("1E-8")))
    by_value = book.price_for_quote_volume(side, by_amount.quote)
    check(book, side, by_value)
    assert by_value.complete
    assert (by_value.price, by_value.quote) == (by_amount.price, by_amount.quote)
    assert abs(by_value.amount - by_amount.amount) < Decimal("1E-25")
    assert by_value.average == pytest.approx(by_amount.average)


@given(books, sides)
def test_more_than_the_book_holds_is_not_complete(book: Book, side: Side) -> None:
    everything, worth = total(book, side), value(book, side)
    for walk in (
        book.walk(side, everything + Decimal("0.00001")),
        book.price_for_quote_volume(side, worth + 1),
        book.volume_for_price(side, Decimal("1E+9") if side == "BUY" else Decimal("1E-9")),
    ):
        assert not walk.complete
        assert (walk.amount, walk.quote, walk.fills) == (everything, worth, levels(book, side))
    assert book.walk(side, everything).complete
    assert book.price_for_quote_volume(side, worth).complete


@given(books, sides)
def test_nothing_asked_is_nothing_taken(book: Book, side: Side) -> None:
    nothing = Walk((), Decimal(0), Decimal(0), complete=True)
    assert book.walk(side, Decimal(0)) == nothing
    assert book.price_for_quote_volume(side, Decimal(0)) == nothing
    assert book.volume_for_price(side, Decimal("1E-9") if side == "BUY" else Decimal("1E+9")) == nothing
    assert (nothing.price, nothing.average) == (None, None)


@given(books, sides, shares, shares)
def test_more_is_never_cheaper(book: Book, side: Side, one: Decimal, other: Decimal) -> None:
    less, more = (book.walk(side, total(book, side) * share) for share in sorted((one, other)))
    assert less.average is not None
    assert more.average is not None
    assert less.average <= more.average if side == "BUY" else less.average >= more.average
