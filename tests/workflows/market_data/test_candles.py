"""Candles of the paper exchange, of every interval that the tools take."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.times import utc
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi
from tests.workflows.answers import value

pytestmark = pytest.mark.anyio
MARKET: dict[str, Any] = {"connector_name": "binance", "trading_pair": "BTC-USDT"}


def named(row: dict[str, Any]) -> str:
    return utc(int(row["timestamp"]) * 1000)[:7]


async def test_a_month_is_its_days(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        months = value(await call.good("get_candles", **MARKET, interval="1M", limit=3))
        period = {"start_time": "2026-09-01", "end_time": "2026-10-31"}
        past = value(await call.good("get_historical_candles", **MARKET, interval="1M", **period))
        days = value(await call.good("get_historical_candles", **MARKET, interval="1d", **period))
    assert [utc(int(month["timestamp"]) * 1000)[:10] for month in months] == ["2026-09-01", "2026-10-01", "2026-11-01"]
    assert past == months[:2]
    for month in past:
        own = [day for day in days if named(day) == named(month)]
        assert (month["open"], month["close"]) == (own[0]["open"], own[-1]["close"])
        assert Decimal(month["high"]) == max(Decimal(day["high"]) for day in own)
        assert Decimal(month["low"]) == min(Decimal(day["low"]) for day in own)
        assert abs(Decimal(month["volume"]) - sum(Decimal(day["volume"]) for day in own)) < 1
