"""A price held against the order book of its pair: either can be old, and the API says so of neither."""

from decimal import Decimal

from hbmcp.figures import plain, times
from hbmcp.text import named

APART = Decimal("0.01")  # beyond the book; less is the market's noise


def price_doubt(pair: str, connector: str, price: Decimal | None, bid: Decimal | None, ask: Decimal | None) -> str:
    """That price and best bid and ask can't both be of now, or that the book itself can't; "" where nothing speaks
    against them, or there is nothing to compare."""
    sides = " and ".join(f"{name} {plain(best):f}" for name, best in (("bid", bid), ("ask", ask)) if best is not None)
    if bid is not None and ask is not None and bid > ask:
        return f"The order book of {named(pair)} on {named(connector)} has {sides}, which can't be: it is old."
    below = price is not None and bid is not None and price < times(bid, 1 - APART)
    above = price is not None and ask is not None and price > times(ask, 1 + APART)
    if price is None or not (below or above):
        return ""
    told = f"The API's price of {named(pair)} on {named(connector)} is {plain(price):f}"
    return f"{told}, but its order book has {sides}: one is old."
