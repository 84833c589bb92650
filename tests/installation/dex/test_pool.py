"""A pool's pair and price, and what of it can be done without."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.errors import Failed, GatewayFailed, Unreachable
from hbmcp.installation.dex.pool import Pool, read_pool
from hbmcp.installation.dex.tokens import same_address
from tests.installation.scripted_installation import Script

pytestmark = pytest.mark.anyio

INFO = {"baseTokenAddress": "0xAB", "quoteTokenAddress": "0xCD", "price": "3000"}
TOKENS = {"tokens": [{"address": "0xab", "symbol": "WETH"}, {"address": "0xcd", "symbol": "USDC"}, {"address": None}]}


async def pool(info: Any = INFO, tokens: Any = TOKENS) -> Pool:
    told = Script({"get_clmm_pool": info, "list_network_tokens": tokens})
    return await read_pool(told.installation, "uniswap", "ethereum-mainnet", "0x88")


async def test_tokens_are_known_by_their_addresses_in_any_case() -> None:
    assert await pool() == Pool("WETH-USDC", Decimal(3000))
    named = {"base_token_address": "0xAB", "quote_token_address": "0xCD", "price": "3000"}
    assert await pool(named) == await pool()


@pytest.mark.parametrize("tokens", [{"tokens": []}, Failed("no such network"), {"error": "x"}])
async def test_a_token_that_gateway_doesnt_list_keeps_its_address(tokens: Any) -> None:
    assert (await pool(tokens=tokens)).pair == "0xAB-0xCD"


@pytest.mark.parametrize("info", [{**INFO, "price": price} for price in ("0", "-1", None, "x", "NaN")])
async def test_a_price_that_is_none_isnt_believed(info: Any) -> None:
    found = await pool(info)
    assert (found.pair, found.price) == ("WETH-USDC", None)
    assert found.doubt


async def test_a_pool_that_gateway_cant_read_is_told_and_an_api_that_is_down_raised() -> None:
    assert await pool(GatewayFailed("It failed.")) == Pool(doubt="The pool's price isn't known: It failed.")
    with pytest.raises(Unreachable):
        await pool(Unreachable("down"))


def test_only_addresses_of_ethereum_mean_the_same_in_any_case() -> None:
    assert same_address("0xAbC", "0XaBc")
    assert not same_address("So1", "sO1")
