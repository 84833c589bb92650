"""Setting a pair's leverage, and saying what the exchange has then."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.figures import cents, money
from hbmcp.paper.api.faults import EXCHANGE_DOWN, Bug, Crash, Cut
from hbmcp.paper.api.routes.base import Call, Handler, Json
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, PAIR, POSITIONS, held, open_position
from tests.paper.scripted_faults import failing

pytestmark = pytest.mark.anyio

WHERE: dict[str, Any] = {"account_name": ACCOUNT, "connector_name": CONNECTOR, "trading_pair": PAIR}
SET = "POST /trading/{account_name}/{connector_name}/leverage"
PLACE = f"{PAIR} on {CONNECTOR} ({ACCOUNT})"


def leverage(api: PaperApi) -> int:
    return api.paper.engine.leverage(ACCOUNT, CONNECTOR, PAIR)


def _nothing(_: Handler) -> Handler:
    return lambda _: {"status": "success", "message": "Leverage set"}


IGNORED = Bug("success is said and nothing changes, as where the exchange refuses", {SET: _nothing})


async def test_an_open_position_shows_it(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "0.02")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("set_leverage", **WHERE, leverage=5)
        assert text.startswith(
            f"{PLACE} has leverage 5 now, as its open position shows. It was 1. Liquidation comes closer. LONG 0.02: "
        )
        assert leverage(api) == 5
        text = await call.good("set_leverage", **WHERE, leverage=3)
        assert text.startswith(f"{PLACE} has leverage 3 now, as its open position shows. It was 5. LONG 0.02: ")
        text = await call.good("set_leverage", **WHERE, leverage=3)
        assert text == f"{PLACE} has leverage 3 now, as its open position shows."


@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_margin_and_liquidation_before_and_after(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    api.paper.engine.set_leverage(ACCOUNT, CONNECTOR, PAIR, 4)
    open_position(api, side, "0.02")
    (held_now,) = held(api)
    entry, direction = held_now.entry, 1 if side == "BUY" else -1

    def figures(leverage: int) -> tuple[str, str]:
        share = Decimal(1) / leverage
        return f"{cents(entry * Decimal('0.02') * share):f}", f"{money(entry * (1 - direction * share)):f}"

    (margin, price), (new_margin, new_price) = figures(4), figures(10)
    effect = (
        f"{'LONG' if side == 'BUY' else 'SHORT'} 0.02: margin {margin} -> {new_margin} USDT, "
        f"liquidation if isolated {price} -> {new_price} (worked out"
    )
    async with assistant(api, monkeypatch) as call:
        shown = await call.good("set_leverage", **WHERE, leverage=10, preview=True)
        assert "Its open position shows 4." in shown
        assert effect in shown
        assert "doesn't tell the margin mode" in shown
        assert leverage(api) == 4
        assert effect in await call.good("set_leverage", **WHERE, leverage=10)
        assert "margin" not in await call.good("set_leverage", **WHERE, leverage=10, preview=True)  # nothing changes


async def test_without_a_position_only_the_api_says_it(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "1", "ETH-USDT")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("set_leverage", **WHERE, leverage=5)
    assert text == (
        f"The API says that leverage 5 is set for {PLACE}. That proves nothing, for it says the same where the "
        "exchange refused, and no open position shows it."
    )
    assert leverage(api) == 5


async def test_success_that_changes_nothing(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "SELL", "0.02")
    async with assistant(api, monkeypatch, {IGNORED}) as call:
        text = await call.bad("set_leverage", **WHERE, leverage=5)
        assert call.asked.count(SET) == 1
    assert text.startswith(f"The API said that leverage 5 is set for {PLACE}, but its open position shows 1.")


async def test_one_that_takes_a_moment(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "SELL", "0.02")
    asked: list[None] = []

    def wrap(handler: Handler) -> Handler:
        def late(call: Call) -> Json:
            asked.append(None)
            rows = handler(call)
            return {**rows, "data": [{**row, "leverage": 1} for row in rows["data"]]} if len(asked) < 4 else rows

        return late

    async with assistant(api, monkeypatch, {Bug("the old one at first", {POSITIONS: wrap})}) as call:
        assert "has leverage 5 now" in await call.good("set_leverage", **WHERE, leverage=5)


async def test_what_the_exchange_refuses(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.bad("set_leverage", **{**WHERE, "trading_pair": "NOPE-USDT"}, leverage=5)
    assert "NOPE-USDT" in text
    assert "is set" not in text


@pytest.mark.parametrize("fault", [Cut, Crash])
async def test_a_lost_answer_is_looked_up(api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:
    open_position(api, "BUY", "0.02")
    async with assistant(api, monkeypatch, {fault(SET)}) as call:
        text = await call.good("set_leverage", **WHERE, leverage=5)
        assert call.asked.count(SET) == 1
    assert text.startswith(f"{PLACE} has leverage 5 now")


@pytest.mark.parametrize("held", [True, False])
async def test_a_lost_request_stays_unknown(api: PaperApi, monkeypatch: pytest.MonkeyPatch, held: bool) -> None:
    if held:
        open_position(api, "BUY", "0.02")
    async with assistant(api, monkeypatch, {Cut(SET, acted=False)}) as call:
        text = await call.bad("set_leverage", **WHERE, leverage=5)
        assert call.asked.count(SET) == 1
    assert text.startswith("Outcome unknown: ")
    assert ("Its open position shows leverage 1." in text) == held


async def test_positions_that_can_not_be_read(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "0.02")
    async with assistant(api, monkeypatch, {failing(POSITIONS)}) as call:
        text = await call.good("set_leverage", **WHERE, leverage=5)
    assert f"The API says that leverage 5 is set for {PLACE}." in text
    assert "positions can't be read: " in text
    async with assistant(api, monkeypatch, {EXCHANGE_DOWN}) as call:
        assert "no open position shows it" in await call.good("set_leverage", **WHERE, leverage=6)


@pytest.mark.parametrize("wrong", [{"connector_name": "binance"}, {"leverage": 0}, {"leverage": 126}])
async def test_what_the_contract_forbids(api: PaperApi, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]) -> None:
    async with assistant(api, monkeypatch) as call:
        assert next(iter(wrong)) in await call.bad("set_leverage", **{**WHERE, "leverage": 5, **wrong})
        assert call.asked == []


@pytest.mark.parametrize("answer", [{"status": "error", "message": "Leverage not allowed"}, {}, {"success": False}])
@pytest.mark.parametrize("held", [True, False])
async def test_an_answer_that_says_no_success_is_no_success(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], held: bool
) -> None:
    if held:
        open_position(api, "BUY", "0.02")
    async with assistant(api, monkeypatch, {Bug("a 200 of another kind", {SET: lambda _: lambda _: answer})}) as call:
        text = await call.bad("set_leverage", **WHERE, leverage=5)
        assert call.asked.count(SET) == 1
    assert text.startswith(f"Asked to set leverage 5 for {PAIR}, the API didn't say that it did. It answered ")
    assert ("Its open position shows leverage 1." in text) == held
