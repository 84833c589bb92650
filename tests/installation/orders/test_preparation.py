"""What a market order is worth before it is sent."""

from decimal import Decimal

import pytest

from hbmcp.installation.markets.order_book import Book, Level
from hbmcp.installation.orders.preparation import OrderRequest, _walked

THIN = Book((Level(Decimal(99), Decimal(1)),), (Level(Decimal(100), Decimal(1)), Level(Decimal(1000), Decimal(9))))


@pytest.mark.parametrize(
    ("side", "amount", "price"),
    [("BUY", 1, 100), ("BUY", 10, 910), ("BUY", 20, 1000), ("SELL", 1, 99)],
)
def test_a_thin_book_is_walked(side: str, amount: int, price: int) -> None:
    """By the average of what is taken; where the book ends before the order, by its last price."""
    order = OrderRequest("master_account", "binance", "BTC-USDT", side, Decimal(amount), "MARKET", None, None)
    assert _walked(THIN, order, Decimal(amount)) == [price]


def test_without_a_book_there_is_nothing_to_walk() -> None:
    order = OrderRequest("master_account", "binance", "BTC-USDT", "BUY", Decimal(1), "MARKET", None, None)
    assert _walked(None, order, Decimal(1)) == []
