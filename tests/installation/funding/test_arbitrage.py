"""Spreads, fees and sizes, against the definition tried on the paper exchange's books."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from hbmcp.installation.funding.arbitrage import Capacity, Leg, capacity, opportunities
from hbmcp.installation.markets.order_book import Book
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.paper.market.order_book import Book as PaperBook
from tests.installation.markets.test_order_book import answer, papers

FINE = Decimal("0.0001")


def leg(connector: str, daily: str, fee: str = "0.0005") -> Leg:
    return Leg(Market(connector, "BTC-USDT"), Decimal(daily), Decimal(fee))


def test_long_is_where_the_rate_is_lower() -> None:
    (found,) = opportunities([leg("a", "0.0010", "0.0004"), leg("b", "-0.0002", "0.0006")])
    assert (found.long.market.connector, found.short.market.connector) == ("b", "a")
    assert found.spread == Decimal("0.0012")
    assert found.fees == Decimal("0.0020")
    assert found.net(30) == Decimal("0.0340")
    assert round(found.break_even, 6) == Decimal("1.666667")


def test_equal_rates_earn_nothing() -> None:
    assert opportunities([leg("a", "0.001"), leg("b", "0.001")]) == []
    assert len(opportunities([leg("a", "0.001"), leg("b", "0.002"), leg("c", "0.003")])) == 3


def slippage(papers_: tuple[PaperBook, PaperBook], size: Decimal) -> Decimal:
    """Of opening and closing both legs, as a share of one leg's value at mid: what four orders lose against mid."""
    lost = Decimal(0)
    for paper in papers_:
        mid = (paper.bids[0].price + paper.asks[0].price) / 2
        bought, sold = paper.walk("BUY", size), paper.walk("SELL", size)
        assert bought.average is not None
        assert sold.average is not None
        lost += (bought.average - mid) / mid + (mid - sold.average) / mid
    return lost


@given(papers, papers, st.decimals(Decimal("0.0001"), Decimal("0.05"), places=6))
def test_the_slippage_of_a_larger_size_is_more_than_allowed(
    long: PaperBook, short: PaperBook, allowed: Decimal
) -> None:
    found = capacity(Book.from_answer(answer(long)), Book.from_answer(answer(short)), allowed)
    ends = min(
        sum((level.amount for level in side), Decimal(0))
        for paper in (long, short)
        for side in (paper.bids, paper.asks)
    )
    if not found.amount:
        assert slippage((long, short), min(long.asks[0].amount, short.asks[0].amount) * FINE) > allowed
    elif found.complete:
        assert slippage((long, short), found.amount * (1 - FINE)) <= allowed
        assume(found.amount * (1 + FINE) < ends)
        assert slippage((long, short), found.amount * (1 + FINE)) > allowed
    else:
        assert found.amount == ends
        assert slippage((long, short), ends * (1 - FINE)) <= allowed


def test_nothing_is_allowed_or_nothing_is_there() -> None:
    book = Book.from_answer({"bids": [{"price": 99, "amount": 1}], "asks": [{"price": 101, "amount": 1}]})
    assert capacity(book, book, Decimal("0.03")) == Capacity(Decimal(0), complete=True)
    assert capacity(book, book, Decimal("0.05")) == Capacity(Decimal(1), complete=False)
    assert capacity(book, Book((), book.asks), Decimal(1)) == Capacity(Decimal(0), complete=False)
