"""Switching the position mode, and saying what it is afterwards."""

from typing import Any

import pytest

from hbmcp.paper.api.faults import UNCHANGED_MODE, Crash, Cut
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, MODE, open_position
from tests.paper.scripted_faults import failing, failing_after
from tests.paper.spot_account import SEARCH, rest

pytestmark = pytest.mark.anyio

WHERE = {"account_name": ACCOUNT, "connector_name": CONNECTOR}
LOOKED_UP = ("GET /accounts/", "GET /accounts/{account_name}/credentials")  # whether it is there and connected
READ = "GET /trading/{account_name}/{connector_name}/position-mode"
PLACE = f"{CONNECTOR} ({ACCOUNT})"


def mode(api: PaperApi) -> str:
    return api.paper.engine.position_mode(ACCOUNT, CONNECTOR)


async def test_it_changes(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("set_position_mode", **WHERE, position_mode="HEDGE")
        assert text == f"{PLACE} is in HEDGE mode now, it was ONEWAY."
        assert mode(api) == "HEDGE"
        call.asked.clear()
        text = await call.good("set_position_mode", **WHERE, position_mode="HEDGE")
        assert text == f"{PLACE} is in HEDGE mode already: nothing was sent."
        assert call.asked == [*LOOKED_UP, READ]


async def test_success_that_changes_nothing(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {UNCHANGED_MODE}) as call:
        text = await call.bad("set_position_mode", **WHERE, position_mode="HEDGE")
        assert call.asked.count(MODE) == 1
    assert text.startswith(f"{PLACE} stays in ONEWAY mode, although the API said success. Nothing was changed.")
    assert "add_trading_pair tracks a pair" in text


async def test_an_open_position_is_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "SELL", "0.02")
    async with assistant(api, monkeypatch) as call:
        text = await call.bad("set_position_mode", **WHERE, position_mode="HEDGE")
    assert text.endswith("First close its positions (SHORT 0.02 BTC-USDT).")
    assert mode(api) == "ONEWAY"


async def test_resting_orders_are_named_too(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [rest(api, connector=CONNECTOR, amount="0.2") for _ in range(7)][::-1]
    rest(api, connector="bybit_perpetual", amount="0.2")
    rest(api)
    async with assistant(api, monkeypatch) as call:
        text = await call.bad("set_position_mode", **WHERE, position_mode="HEDGE")
        named = ", ".join(f"BUY 0.2 BTC-USDT {one}" for one in ids[:5])
        assert text.endswith(f"Nothing was changed. First cancel its open orders ({named}, and 2 more).")
        open_position(api, "SELL", "0.02")
        text = await call.bad("set_position_mode", **WHERE, position_mode="HEDGE")
        assert "First close its positions (SHORT 0.02 BTC-USDT) and cancel its open orders (BUY" in text


async def test_what_can_not_be_read_is_not_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "SELL", "0.02")
    async with assistant(api, monkeypatch, {failing(SEARCH)}) as call:
        text = await call.bad("set_position_mode", **WHERE, position_mode="HEDGE")
    assert text.endswith("First close its positions (SHORT 0.02 BTC-USDT).")


@pytest.mark.parametrize("fault", [Cut, Crash])
async def test_a_lost_answer_is_looked_up(api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:
    async with assistant(api, monkeypatch, {fault(MODE)}) as call:
        text = await call.good("set_position_mode", **WHERE, position_mode="HEDGE")
        assert call.asked.count(MODE) == 1
    assert text == f"{PLACE} is in HEDGE mode now, it was ONEWAY."


async def test_a_lost_request_stays_unknown(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {Cut(MODE, acted=False)}) as call:
        text = await call.bad("set_position_mode", **WHERE, position_mode="HEDGE")
        assert call.asked.count(MODE) == 1
    assert text.startswith("Outcome unknown: ")


async def test_a_mode_that_cannot_be_read_back(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {failing_after(MODE, READ)}) as call:
        text = await call.bad("set_position_mode", **WHERE, position_mode="HEDGE")
    assert "what came of it can't be read. It may be in either mode. get_position_mode tells." in text


async def test_a_spot_exchange_is_refused(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        where = {**WHERE, "connector_name": "binance"}
        assert "connector_name" in await call.bad("set_position_mode", **where, position_mode="HEDGE")
        assert call.asked == []


async def test_an_unknown_account(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        where = {**WHERE, "account_name": "nobody"}
        assert "nobody" in await call.bad("set_position_mode", **where, position_mode="HEDGE")
        assert MODE not in call.asked
