"""Fills further back than one page goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hbmcp.installation.fills.pagination import all_fills
from tests.installation.fills.rows import (
    NOW,
    Row,
    page,
    trade,
)
from tests.installation.scripted_installation import Script

pytestmark = pytest.mark.anyio


async def test_no_fill_is_lost_or_doubled_where_pages_meet() -> None:
    """Times finer than a millisecond, several to each."""
    times = [datetime.fromtimestamp(NOW // 1000, UTC) + timedelta(microseconds=number * 330) for number in range(2500)]
    rows = [trade(number, "BUY", "1", 1, 0, timestamp=time.isoformat()) for number, time in enumerate(times)][::-1]

    def answer(request: Any) -> Row:
        end = datetime.fromtimestamp((request.json.get("end_time") or NOW * 2) / 1000, UTC)
        return page(row for row in rows if datetime.fromisoformat(row["timestamp"]) <= end)

    installation = Script({"get_trades": answer}).installation
    found = await all_fills(installation, None, None, None)
    assert found.complete
    assert sorted(one.order_id for one in found.rows) == sorted(row["order_id"] for row in rows)
