"""Executors that ended without having done what they were made for, and say that they are done or just ended."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.executors.run.record import Executor
from hbmcp.workflows.executors.list_executors import list_executors
from tests.installation.executors.run.test_record import ENDED
from tests.installation.scripted_installation import Script
from tests.workflows.answers import head, notes
from tests.workflows.executors.executor_account import PERPETUAL, Desk, desk

pytestmark = pytest.mark.anyio

TWAP = {**PERPETUAL, "total_amount_quote": "6000", "total_duration": 240, "order_interval": 60}


@pytest.mark.parametrize("position", ["close", "keep"])
async def test_a_twap_that_was_stopped_says_how_far_it_came(
    position: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("twap_executor", **TWAP)
        text = await at.call.good("stop_executor", executor_id=made, position=position)
        bought = at.executors.get(made).legs[0].quote
        came = f"after 1 of 5 slices: {bought.normalize():f} of 6000 USDT bought, {(6000 - bought).normalize():f} left"
        assert f" {came}" in head(text)["result"]
        assert came in head(text)["how_it_ended"]
        assert "all its orders are traded" not in text


async def test_a_twap_that_traded_all_its_slices_has_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("twap_executor", **TWAP)
        for _ in range(6):
            at.after(60)
            found = await at.head("get_executor", executor_id=made)
        assert found["how_it_ended"] == "finished: all its orders are traded"


def test_a_slice_that_the_lot_step_made_smaller_is_a_slice() -> None:
    """Hummingbot calls one that was stopped COMPLETED, as one that has bought all of it."""
    config = {"total_amount_quote": "1000", "total_duration": 240, "order_interval": 60, "side": 2}
    row = ENDED | {"executor_type": "twap_executor", "config": config, "close_type": "COMPLETED", "custom_info": {}}

    def ending(filled: str) -> str | None:
        return Executor.from_row(row | {"filled_amount_quote": Decimal(filled)}).ending

    assert ending("987.5") == "finished: all its orders are traded"
    assert ending("391") == "ended after 2 of 5 slices: 391 of 1000 USDT sold, 609 left"
    assert ending("0") == "ended after 0 of 5 slices: 0 of 1000 USDT sold, 1000 left"


def lose(at: Desk, executor_id: str, *, with_ids: bool) -> None:
    """What the API's records say of an executor that ran when it was restarted."""
    record = at.executors.get(executor_id)
    executor, trader = at.executors.load(record, at.api.clock.now())
    executor.terminate(trader)
    record.close_type = "SYSTEM_CLEANUP"
    if not with_ids:
        (record.ended or {})["custom_info"] = {}
    with at.executors.shelf.transaction():
        at.executors.shelf.put(record)


async def test_one_that_the_api_lost_leaves_a_position_that_nothing_guards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create()
        lose(at, made, with_ids=True)
        text = await at.call.good("get_executor", executor_id=made)
        assert "lost when the API restarted" in head(text)["how_it_ended"]
        assert head(text)["kept"] == "LONG 0.1 BTC"
        assert "Position of BTC-USDT on binance_perpetual now: LONG 0.1 BTC." in notes(text)
        assert "Nothing guards what it left now: its stops have ended with it. To close it: close_position" in notes(
            text
        )
        assert "nothing guards what it had open" in await at.call.good("list_executors")

        at.trade("SELL", "0.1")
        after = notes(await at.call.good("get_executor", executor_id=made))
        assert "Position of BTC-USDT on binance_perpetual now: none" in after
        assert "To close it" not in after


async def test_one_that_was_lost_with_its_orders_ids_shows_those_of_its_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create()
        at.rest("50000")
        lose(at, made, with_ids=False)
        text = await at.call.good("get_executor", executor_id=made)
        assert "Position of BTC-USDT on binance_perpetual now: LONG 0.1 BTC." in notes(text)
        assert "Nothing guards what it left now" in notes(text)
        assert "1 order rests: cancel_order takes it out." in notes(text)
        assert "The API doesn't say which orders are this executor's" in notes(text)
        assert "bought_amount" not in head(text)


async def test_lists_say_what_being_lost_means() -> None:
    rows: dict[str, Any] = {"data": [ENDED | {"close_type": "SYSTEM_CLEANUP"}], "pagination": {"has_more": False}}
    answer = await list_executors(Script({"search_executors": rows}).installation)
    assert "SYSTEM_CLEANUP: the API restarted under it, and nothing guards" in answer.notes[0]


@pytest.mark.parametrize(("limit", "way"), [(1, "Raise limit, or give status"), (1000, "Give status")])
async def test_a_limit_at_its_maximum_is_not_to_be_raised(limit: int, way: str) -> None:
    rows: dict[str, Any] = {"data": [ENDED], "pagination": {"has_more": True}}
    answer = await list_executors(Script({"search_executors": rows}).installation, limit=limit)
    assert (
        answer.notes[1]
        == f"There are older ones: the newest 1 are shown, back to 2026-11-22T08:44:02Z. {way} or trading_pair."
    )
