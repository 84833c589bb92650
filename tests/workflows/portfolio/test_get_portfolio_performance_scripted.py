"""get_portfolio_performance where the paper exchange can't be brought to what the real one does."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from hbmcp.errors import ReadTimedOut, StoreError
from hbmcp.results.answer import Answer
from hbmcp.workflows.portfolio.get_portfolio_performance import get_portfolio_performance
from hummingbot_api.request import Request
from tests.installation.scripted_installation import Script

MINUTE = 60_000
NOW = 1_795_337_340_000  # 2026-11-22 08:49 UTC

State = dict[str, dict[str, list[dict[str, Any]]]]


class NoStore:
    async def sent_orders(self) -> Any:
        raise StoreError("The store can't be used.")


def iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat()


def token(name: str, units: str | float, price: float = 1.0) -> dict[str, Any]:
    return {"token": name, "units": float(units), "price": price, "value": float(units) * price}


def script(stored: dict[int, State], current: State | Exception, **answers: Any) -> Script:
    """Snapshots by the minutes before now; whoever has a balance now is connected."""

    def history(request: Request[Any]) -> Any:
        wanted = request.json
        times = sorted((NOW - minutes * MINUTE for minutes in stored), reverse=True)
        inside = [time for time in times if (wanted.get("start_time") or 0) <= time <= wanted["end_time"]]
        data = [{"timestamp": iso(time), "state": stored[(NOW - time) // MINUTE]} for time in inside]
        return {"data": data, "pagination": {"has_more": False}}

    connected = list(current.get("main", {})) if isinstance(current, dict) else ["binance"]
    return Script(
        {
            "get_portfolio_history": history,
            "get_portfolio_state": current,
            "list_accounts": ["main"],
            "get_connected_exchanges": connected,
            "get_trades": {"data": []},
            "search_orders": {"data": []},
            "get_position_mode": {"position_mode": "ONEWAY"},
            "list_positions": {"data": []},
            "get_funding_payments": {"data": []},
            **answers,
        }
    )


def answer(asked: Script, monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> Answer:
    monkeypatch.setattr("hbmcp.times._clock", lambda: NOW)
    store: Any = NoStore()
    installation = evolve(asked.installation, store=store)
    return asyncio.run(get_portfolio_performance(installation, **arguments))


def value(found: Answer) -> dict[str, Any]:
    assert isinstance(found.value, dict)
    return found.value


BTC = token("BTC", 2, 100_856.96)
FILL = {
    "order_id": "x-1",
    "account_name": "main",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "trade_type": "BUY",
    "amount": 0.01,
    "price": 100_858.98,
    "fee_paid": 1.0085898,
    "fee_currency": "USDT",
}


@pytest.mark.parametrize("seconds", [-200, 0, 200])
def test_a_fee_is_told_in_the_quote_and_taken_from_the_base(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """As it was recorded: 0.01 BTC are bought, 0.00999 come. The time of the fill may be before the snapshot's."""
    fill = {**FILL, "timestamp": iso(NOW - 6 * MINUTE + seconds * 1000)}
    before: State = {"main": {"binance": [BTC, token("USDT", 100_000)]}}
    after: State = {"main": {"binance": [token("BTC", 2.00999, 100_857), token("USDT", 98_991.4102)]}}
    asked = script({6: before, 1: after}, after, get_trades={"data": [fill]})
    found = answer(asked, monkeypatch)
    assert "transfers" not in value(found)
    assert "flows" not in value(found)
    assert found.notes == ()
    # 0.00999 BTC at 100857 came for 1008.5898, and 2 BTC rose by 0.04 each
    assert value(found)["change"] == Decimal("-0.94837")


def test_an_exchange_missing_from_a_snapshot_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    whole: State = {"main": {"binance": [BTC], "kucoin": [token("USDT", 500)]}}
    half: State = {"main": {"binance": [BTC]}}
    found = answer(script({30: whole, 20: half, 10: whole}, whole), monkeypatch)
    assert value(found)["change"] == 0
    assert value(found)["max_drawdown_percent"] == 0
    assert found.notes == ()


def test_an_exchange_that_is_silent_at_the_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    whole: State = {"main": {"binance": [BTC], "kucoin": [token("USDT", 500)]}}
    half: State = {"main": {"binance": [BTC]}}
    asked = script({30: whole, 20: half}, half, get_connected_exchanges=["binance", "kucoin"])
    found = answer(asked, monkeypatch)
    assert value(found)["change"] == 0
    assert found.notes == ("No balances of kucoin (main) since 2026-11-22T08:19:00Z: those are counted on.",)


def test_keys_that_are_deleted_are_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    whole: State = {"main": {"binance": [BTC], "kucoin": [token("USDT", 500)]}}
    half: State = {"main": {"binance": [BTC]}}
    shown = value(answer(script({30: whole, 20: half}, half), monkeypatch))
    assert (shown["change"], shown["transfers"], shown["profit"], shown["max_drawdown_percent"]) == (-500, -500, 0, 0)
    (flow,) = shown["flows"]
    assert (flow["kind"], flow["connector_name"], flow["until"]) == ("disconnected", "kucoin", "2026-11-22T08:29:00Z")


def test_an_exchange_that_was_emptied_was_withdrawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API stores no snapshot of an exchange without balances, but lists it."""
    before: State = {"main": {"binance": [BTC], "kucoin": [token("USDT", 500)]}}
    shown = value(
        answer(
            script({30: before, 20: {"main": {"binance": [BTC]}}}, before | {"main": {"binance": [BTC], "kucoin": []}}),
            monkeypatch,
        )
    )
    assert [(flow["kind"], flow["units"]) for flow in shown["flows"]] == [("withdrawal", -500)]
    assert shown["profit"] == 0


def test_an_account_that_exists_only_by_mistake_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state: State = {"main": {"binance": [BTC]}, "nobody": {}}
    shown = value(answer(script({10: state}, state), monkeypatch))
    assert [one["account_name"] for one in shown["exchanges"]] == ["main"]


def test_hedge_mode_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before: State = {"main": {"binance_perpetual": [token("USDT", 1000)]}}
    after: State = {"main": {"binance_perpetual": [token("USDT", 1200)]}}
    fill = {**FILL, "connector_name": "binance_perpetual", "timestamp": iso(NOW - 25 * MINUTE)}
    asked = script(
        {30: before, 10: after}, after, get_trades={"data": [fill]}, get_position_mode={"position_mode": "HEDGE"}
    )
    found = answer(asked, monkeypatch)
    assert value(found)["profit_or_transfers"] == 200
    assert "transfers" not in value(found)
    assert any("in hedge mode a fill doesn't tell which side it closes" in note for note in found.notes)


def test_a_token_without_a_price_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    state: State = {"main": {"binance": [BTC, token("NOPE", 5, 0)]}}
    found = answer(script({10: state}, state), monkeypatch)
    assert found.notes == ("Without a price, counted as 0: NOPE.",)


def test_a_price_that_fails_for_once_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    state: State = {"main": {"binance": [BTC]}}
    unpriced: State = {"main": {"binance": [token("BTC", 2, 0)]}}
    shown = value(answer(script({30: state, 20: unpriced, 10: state}, state), monkeypatch))
    assert (shown["change"], shown["max_drawdown_percent"]) == (0, 0)


def test_a_start_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    empty: State = {"main": {"binance": [token("BTC", 0, 100_000)]}}
    full: State = {"main": {"binance": [BTC]}}
    shown = value(answer(script({30: empty, 10: full}, full), monkeypatch))
    assert shown["change_percent"] is None
    assert (shown["profit"], shown["return_percent"]) == (0, 0)


def test_a_trade_by_hand_is_no_transfer(monkeypatch: pytest.MonkeyPatch) -> None:
    before: State = {"main": {"binance": [BTC, token("USDT", 100_000)]}}
    after: State = {"main": {"binance": [token("BTC", 2.01, 100_000), token("USDT", 98_999)]}}
    found = answer(script({30: before, 10: after}, after), monkeypatch)
    assert "flows" not in value(found)
    assert any("moved as by trades that get_trades doesn't have" in note for note in found.notes)


def test_only_the_last_snapshot_is_left_where_now_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    state: State = {"main": {"binance": [BTC]}}
    found = answer(script({30: state, 10: state}, ReadTimedOut("It took too long.")), monkeypatch)
    assert value(found)["values"][-1]["time"] == "2026-11-22T08:39:00Z"
    assert "It took too long." in found.notes[0]


def test_an_account_without_snapshots_of_the_period_is_told_when_the_last_was(monkeypatch: pytest.MonkeyPatch) -> None:
    state: State = {"main": {"binance": [BTC]}}
    found = answer(script({4000: state, 3000: state}, state), monkeypatch)
    assert found.value == (
        "Nothing to compare yet: no snapshot is stored from 2026-11-21T08:49:00Z on, and the last one before is of "
        "2026-11-20T06:49:00Z. The value now is 201713.92 USDT; get_fees has the fees of the period, "
        "get_position_history what was realized."
    )


def test_one_snapshot_of_the_past_is_told_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    state: State = {"main": {"bybit_perpetual": [token("USDT", 500)]}}
    found = answer(script({100: state}, state), monkeypatch, end_time="1h")
    assert found.value == (
        "Nothing to compare: from 2026-11-21T07:49:00Z to 2026-11-22T07:49:00Z there is one snapshot, of "
        "2026-11-22T07:09:00Z, with a value of 500 USDT."
    )
    assert found.notes == ("Values include unrealized P&L.",)


def test_unrealized_profit_whose_fills_nobody_knows_is_told_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was then could be anything: so it is said what change has in it."""
    state: State = {"main": {"binance_perpetual": [token("USDT", 1000)]}}
    listed = {
        "account_name": "main",
        "connector_name": "binance_perpetual",
        "trading_pair": "BTC-USDT",
        "side": "BOTH",
        "amount": Decimal("0.1"),
        "entry_price": Decimal(60000),
        "unrealized_pnl": Decimal(-150),
        "leverage": Decimal(5),
    }
    found = answer(script({30: state, 10: state}, state, list_positions={"data": [listed]}), monkeypatch)
    shown = value(found)
    assert (shown["unrealized_pnl_at_start"], shown["unrealized_pnl_at_end"]) == (None, -150)
    assert "change_with_unrealized" not in shown
    assert any(
        "the recorded fills of BTC-USDT at binance_perpetual (main) don't come to what is open" in note
        and "a loss that is older than the period" in note
        for note in found.notes
    )
