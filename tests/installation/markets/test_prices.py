"""Prices of several pairs, one of which may be unknown."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.errors import ApiFailed, CallError, Unreachable
from hbmcp.installation.markets.order_book import book
from hbmcp.installation.markets.prices import prices
from hummingbot_api.request import Request
from tests.installation.scripted_installation import Script

pytestmark = pytest.mark.anyio
KNOWN = {"BTC-USDT": Decimal("100856.96"), "ETH-USDT": Decimal("3938.77")}


def answer(request: Request[Any]) -> Any:
    """As the API does: one unknown pair fails all."""
    pairs = request.json["trading_pairs"]
    if unknown := [pair for pair in pairs if pair not in KNOWN]:
        raise ApiFailed(f"it doesn't know '{unknown[0]}'")
    return {"connector": "binance", "prices": {pair: KNOWN[pair] for pair in pairs}, "timestamp": 1}


async def test_known_pairs_take_one_request() -> None:
    script = Script({"get_prices": answer})
    assert await prices(script.installation, "binance", [*KNOWN, *KNOWN]) == KNOWN
    assert len(script.asked) == 1
    assert await prices(script.installation, "binance", []) == {}
    assert len(script.asked) == 1


async def test_an_unknown_pair_hides_no_other() -> None:
    script = Script({"get_prices": answer})
    found = await prices(script.installation, "binance", ["BTC-USDT", "NOPE-USDT", "ETH-USDT"])
    assert {pair: price for pair, price in found.items() if not isinstance(price, CallError)} == KNOWN
    assert "NOPE-USDT" in str(found["NOPE-USDT"])
    assert len(script.asked) == 4
    alone = await prices(script.installation, "binance", ["NOPE-USDT"])
    assert isinstance(alone["NOPE-USDT"], ApiFailed)
    assert len(script.asked) == 5


async def test_an_api_that_isnt_there_is_asked_once() -> None:
    script = Script({"get_prices": Unreachable("no connection")})
    found = await prices(script.installation, "binance", list(KNOWN))
    assert all(isinstance(one, Unreachable) for one in found.values())
    assert found.keys() == KNOWN.keys()
    assert len(script.asked) == 1


async def test_a_price_that_is_null_is_missing() -> None:
    script = Script({"get_prices": {"prices": {"BTC-USDT": None, "ETH-USDT": Decimal(2)}}})
    found = await prices(script.installation, "binance", list(KNOWN))
    assert isinstance(found["BTC-USDT"], ApiFailed)
    assert found["ETH-USDT"] == 2


async def test_a_book_is_asked_for_as_deep_as_it_goes() -> None:
    levels = {"bids": [{"price": Decimal(99), "amount": 1}], "asks": [{"price": Decimal(101), "amount": 1}]}
    script = Script({"get_orderbook": levels})
    assert (await book(script.installation, "binance", "BTC-USDT")).mid == 100
    ((_, request),) = script.asked
    assert request.json == {"connector_name": "binance", "trading_pair": "BTC-USDT", "depth": 1000}
