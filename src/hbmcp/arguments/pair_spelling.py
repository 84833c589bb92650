"""Trading pairs as assistants write them.

Hummingbot names a pair BASE-QUOTE, in the exchange's own letter case: nearly always capitals, but some tokens have
small letters too (kPEPE). A pair without any capital is none of those, unless it has a token's address in it. A wrong
name matches nothing, and nothing looks like an answer; so what can't be a pair is refused.
"""

import re
from collections.abc import Collection
from typing import Any

from hbmcp.text import named

PAIR = "trading_pair"
PAIRS = "trading_pairs"

_ADDRESS = re.compile(r"0x[0-9a-f]{4}|[a-z0-9]{26}|[:/]")  # of a chain's kind, a mint, ibc/… or 0x2::sui::SUI


def fit_pairs(fitted: dict[str, Any], problems: dict[str, str], bases: Collection[str] = ()) -> None:
    """Put the pairs among the arguments into capitals where they have none. `bases` are those that may be given by
    their base alone."""
    if isinstance(pair := fitted.get(PAIR), str) and PAIR not in problems:
        fitted[PAIR] = _capitals(pair)
        alone = PAIR in bases and pair.strip() and "-" not in pair
        if not alone and not all(pair.strip().partition("-")):
            problems[PAIR] = f"{named(pair)} is no pair; expected BASE-QUOTE, e.g. BTC-USDT"
    if isinstance(pairs := fitted.get(PAIRS), list):
        fitted[PAIRS] = [_capitals(pair) if isinstance(pair, str) else pair for pair in pairs]


def _capitals(pair: str) -> str:
    pair = pair.strip()
    return pair.upper() if pair.islower() and not _ADDRESS.search(pair) else pair
