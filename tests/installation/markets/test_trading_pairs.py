"""Which pair is meant."""

import pytest

from hbmcp.installation.markets.trading_pairs import find_pair, pairs_of_base

PAIRS = ["BTC-USD", "BTC-USDC", "ETH-BTC", "ETH-USDT", "WBTC-USDT", "kPEPE-USD"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("BTC-USD", "BTC-USD"),
        ("BTC-USDT", "BTC-USDC"),
        ("BTC", "BTC-USDC"),
        ("ETH-BTC", "ETH-BTC"),
        ("ETH", "ETH-USDT"),
        ("ETH-EUR", None),
        ("BTC-ETH", None),
        ("XRP-USDT", None),
        ("kPEPE-USD", "kPEPE-USD"),
        ("KPEPE-USDT", "kPEPE-USD"),
        ("kpepe", "kPEPE-USD"),
    ],
)
def test_a_dollar_is_a_dollar_and_nothing_else(asked: str, found: str | None) -> None:
    assert find_pair(asked, PAIRS) == found


def test_pairs_of_the_same_base_are_alike() -> None:
    assert pairs_of_base("BTC-EUR", [*PAIRS, *PAIRS]) == ["BTC-USD", "BTC-USDC"]
