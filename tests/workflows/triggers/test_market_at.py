"""A market at another price: prices and books of that pair on that exchange, and nothing else."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.caller import Caller
from hbmcp.installation.markets.order_book import book
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.market_at import market_at
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio


async def test_what_changes(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    when = Condition(goes="below", level=Decimal(1), connector_name="binance", trading_pair="BTC-USDT")
    async with assistant(api, monkeypatch) as call:
        real = call.bridge.installation(Caller("a", "trading", frozenset({"get_prices", "get_orderbook"})))
        now: Any = await prices(real, "binance", ["BTC-USDT", "ETH-USDT"])
        half = market_at(when, now["BTC-USDT"] / 2, now["BTC-USDT"])(real)
        then = await prices(half, "binance", ["BTC-USDT", "ETH-USDT"])
        assert then == {"BTC-USDT": now["BTC-USDT"] / 2, "ETH-USDT": now["ETH-USDT"]}
        assert await prices(half, "kucoin", ["BTC-USDT"]) == await prices(real, "kucoin", ["BTC-USDT"])
        before, after = [await book(one, "binance", "BTC-USDT", depth=5) for one in (real, half)]
        assert before.bid is not None
        assert after.bid == before.bid / 2
        assert [level.amount for level in after.asks] == [level.amount for level in before.asks]
        other = [await book(one, "binance", "ETH-USDT", depth=5) for one in (real, half)]
        assert other[0] == other[1]
        same = market_at(when.model_copy(update={"of": "time"}), Decimal(1), Decimal(2))(real)
        assert same is real
