"""Trading pairs: BASE-QUOTE, BTC-USDT. Where a pair is asked for, its base alone may be.

A base may have dashes of its own, USDT-PERP-USDC; what is counted in, the quote, is the last part.
"""

DOLLARS = ("USDT", "USDC", "USD", "USDE", "FDUSD", "USD1", "DAI")  # a market in one of them stands for one in another


def base_of(pair: str) -> str:
    """BTC of BTC-USDT, and of BTC."""
    base, dash, last = pair.rpartition("-")
    return base if dash else last


def quote_of(pair: str) -> str:
    """USDT of BTC-USDT; "" of BTC."""
    _, dash, last = pair.rpartition("-")
    return last if dash else ""


def whole_pair(asked: str | None) -> str | None:
    """The pair that is asked for; None where only its base is, or nothing."""
    return asked if asked is not None and "-" in asked else None


def is_of(pair: str | None, asked: str | None) -> bool:
    """Whether a pair is the one that is asked for, or has the base that is; any is where nothing is."""
    return asked is None or pair == asked or (pair is not None and "-" not in asked and base_of(pair) == asked)
