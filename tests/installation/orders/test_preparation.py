"""What a market order is worth before it is sent."""

from decimal import Decimal

import pytest

from hbmcp.installation.markets.order_book import Book, Level, Side
from hbmcp.installation.orders.preparation import _price_taken

THIN = Book((Level(Decimal(99), Decimal(1)),), (Level(Decimal(100), Decimal(1)), Level(Decimal(1000), Decimal(9))))


@pytest.mark.parametrize(
    ("side", "amount", "price"),
    [("BUY", 1, 100), ("BUY", 10, 910), ("BUY", 20, 1000), ("SELL", 1, 99)],
)
def test_a_thin_book_is_walked(side: Side, amount: int, price: int) -> None:
    """By the average of what is taken; where the book ends before the order, by its last price."""
    assert _price_taken(THIN.walk(side, Decimal(amount))) == [price]


def test_without_a_book_there_is_nothing_to_walk() -> None:
    assert _price_taken(None) == []
