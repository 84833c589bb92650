"""Walks through a book, against the paper exchange's own, which matches its orders."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.markets.order_book import Book, Side, Walk
from hbmcp.paper.market.listings import EXCHANGES
from hbmcp.paper.market.market import Market
from hbmcp.paper.market.order_book import Book as PaperBook
from hbmcp.paper.market.order_book import Walk as PaperWalk
from tests.paper.paper_api import NOW

MARKET = Market()
PLACES = [(exchange.name, pair) for exchange in EXCHANGES.values() for pair in exchange.pairs]

papers = st.builds(
    lambda place, at: PaperBook.snapshot(MARKET, place[0], place[1], at),
    st.sampled_from(PLACES),
    st.integers(NOW, NOW + 365 * 86_400_000),
)
sides = st.sampled_from(["BUY", "SELL"])
shares = st.decimals(Decimal("0.001"), Decimal("1.5"), places=6)


def answer(paper: PaperBook) -> dict[str, object]:
    return {
        side: [{"price": level.price, "amount": level.amount} for level in levels]
        for side, levels in (("bids", paper.bids), ("asks", paper.asks))
    }


def same(walk: Walk, paper: PaperWalk) -> None:
    assert (walk.worst, walk.complete) == (paper.price, paper.complete)
    assert abs(walk.filled - paper.amount) <= Decimal("1e-30") * paper.amount
    assert abs(walk.quote - paper.quote) <= Decimal("1e-30") * paper.quote
    assert (walk.average is None) == (paper.average is None)
    if walk.average is not None and paper.average is not None:
        assert abs(walk.average - paper.average) <= Decimal("1e-26") * paper.average


@given(papers, sides, shares)
def test_an_order_takes_what_the_exchange_would_give_it(paper: PaperBook, side: Side, share: Decimal) -> None:
    book = Book.from_answer(answer(paper))
    levels = paper.asks if side == "BUY" else paper.bids
    amount = share * sum((level.amount for level in levels), Decimal(0))
    same(book.walk(side, amount), paper.walk(side, amount))
    quote = share * sum((level.amount * level.price for level in levels), Decimal(0))
    same(book.walk_quote(side, quote), paper.price_for_quote_volume(side, quote))


def test_an_answer_is_put_in_order() -> None:
    book = Book.from_answer(
        {
            "bids": [{"price": 98, "amount": 1}, {"price": 99, "amount": 2}, {"price": 97, "amount": 0}],
            "asks": [{"price": 103, "amount": 1}, {"price": 101, "amount": 2}],
        }
    )
    assert [level.price for level in book.bids] == [99, 98]
    assert [level.price for level in book.asks] == [101, 103]
    assert (book.bid, book.ask, book.mid) == (Decimal(99), Decimal(101), Decimal(100))
    assert book.walk("SELL", Decimal(3)) == Walk(Decimal(3), Decimal(296), Decimal(98), True)
    assert book.walk("BUY", Decimal(4)) == Walk(Decimal(3), Decimal(305), Decimal(103), False)


def test_an_empty_side_has_no_price() -> None:
    book = Book.from_answer({"bids": [], "asks": [{"price": 101, "amount": 2}]})
    assert (book.bid, book.mid) == (None, None)
    nothing = book.walk("SELL", Decimal(1))
    assert (nothing, nothing.average) == (Walk(Decimal(0), Decimal(0), None, False), None)
