"""What a pair's parts are."""

import pytest

from hbmcp.pairs import base_of, quote_of


@pytest.mark.parametrize(
    ("pair", "base", "quote"),
    [
        ("BTC-USDT", "BTC", "USDT"),
        ("USDT-PERP-USDC", "USDT-PERP", "USDC"),
        ("0xdac17f958d2ee523a2206206994597c13d831ec7-weth", "0xdac17f958d2ee523a2206206994597c13d831ec7", "weth"),
        ("BTC", "BTC", ""),
    ],
)
def test_a_pair_is_counted_in_its_last_part(pair: str, base: str, quote: str) -> None:
    assert (base_of(pair), quote_of(pair)) == (base, quote)
