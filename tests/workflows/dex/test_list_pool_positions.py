"""A wallet's positions in one pool, out of an answer that has those of all pools and hides errors."""

from typing import Any

import pytest

from tests.workflows.gateway_api import CAUSE, ON_POOL, POOL, Asked

pytestmark = pytest.mark.anyio

OWNED = "POST /gateway/clmm/positions_owned"


def position(address: str, pool: str) -> dict[str, Any]:
    return {
        "position_address": address, "pool_address": pool, "trading_pair": "11111112-ZwyTDt1v",
        "base_token": "11111112", "quote_token": "ZwyTDt1v", "base_token_amount": "0.1", "quote_token_amount": "10",
        "current_price": "150", "lower_price": "140", "upper_price": "160", "base_fee_amount": "0.001",
        "quote_fee_amount": "0.2", "lower_bin_id": -4300, "upper_bin_id": -4100, "in_range": True,
    }  # fmt: skip


async def test_those_of_other_pools_are_counted_and_left_out(asked: Asked) -> None:
    asked.answers(OWNED, [position("PosA", POOL), position("PosB", "Elsewhere"), position("PosC", POOL)])
    text = await asked.good("list_pool_positions", **ON_POOL)
    assert "PosA" in text
    assert "PosC" in text
    assert "PosB" not in text
    assert "1 more in other pools." in text
    assert "ZwyTDt1v" not in text  # the end of an address isn't a token


async def test_none_here_is_certain_where_there_are_others(asked: Asked) -> None:
    asked.answers(OWNED, [position("PosB", "Elsewhere")])
    text = await asked.good("list_pool_positions", **ON_POOL)
    assert text.startswith("The wallet has no position in this pool.")
    assert "1 more in other pools." in text
    assert asked.operations == [OWNED]


async def test_nothing_at_all_may_be_an_error(asked: Asked) -> None:
    asked.answers(OWNED, [])
    text = await asked.good("list_pool_positions", **ON_POOL)
    assert "that isn't certain" in text
    assert CAUSE in text


async def test_an_address_of_ethereum_is_the_same_in_any_case(asked: Asked) -> None:
    asked.answers(OWNED, [position("PosA", "0xABCDEF")])
    assert "PosA" in await asked.good("list_pool_positions", **ON_POOL | {"pool_address": "0xabcdef"})


async def test_without_a_wallet_it_says_so(asked: Asked) -> None:
    asked.refuses(OWNED, 400, "No wallet configured for chain 'solana'")
    assert "Gateway has no wallet for solana" in await asked.bad("list_pool_positions", **ON_POOL)


async def test_a_record_of_a_closed_position_is_doubted(asked: Asked) -> None:
    row = {
        "position_address": "PosA",
        "pool_address": POOL,
        "status": "CLOSED",
        "closed_at": "2026-03-01T09:00:00+00:00",
    }
    asked.answers("POST /gateway/clmm/positions/search", {"data": [row], "pagination": {"limit": 50}})
    assert "CLOSED without a CLOSE in list_clmm_events is no proof" in await asked.good("list_clmm_positions")
