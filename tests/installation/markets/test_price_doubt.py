"""Price and book that can't both be of now."""

from decimal import Decimal

import pytest

from hbmcp.installation.markets.price_doubt import price_doubt


def told(price: str | None, bid: str | None, ask: str | None) -> str:
    return price_doubt("ETH-USDT", "binance", *(None if one is None else Decimal(one) for one in (price, bid, ask)))


@pytest.mark.parametrize(
    ("price", "bid", "ask"),
    [
        ("100", "99", "101"),
        ("98.01", "99", "101"),
        ("102.01", "99", "101"),
        (None, "99", "101"),
        ("100", None, None),
        ("50", "50.1", "200"),  # a wide book is a book
        ("100", None, "101"),
    ],
)
def test_what_may_be_of_one_moment_is_believed(price: str | None, bid: str | None, ask: str | None) -> None:
    assert told(price, bid, ask) == ""


@pytest.mark.parametrize(("price", "bid", "ask"), [("98", "99", "101"), ("4200", "3575", "3576"), ("110", None, "101")])
def test_what_is_apart_is_told(price: str, bid: str | None, ask: str) -> None:
    text = told(price, bid, ask)
    assert text.startswith(f"The API's price of ETH-USDT on binance is {price}, but its order book has ")
    assert text.endswith(f"ask {ask}: one is old.")


def test_a_crossed_book_is_old() -> None:
    assert told("100", "101", "99") == (
        "The order book of ETH-USDT on binance has bid 101 and ask 99, which can't be: it is old."
    )
