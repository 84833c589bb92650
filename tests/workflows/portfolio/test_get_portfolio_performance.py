"""get_portfolio_performance on the paper exchange, against its own books."""

import asyncio
import re
from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hbmcp.paper.api.faults import EARLY_TIMES, EXCHANGE_DOWN, LOST_FILLS, NO_FUNDING, Crash, Fault
from hbmcp.paper.market.listings import START_BALANCES
from tests.paper.assistant import assistant
from tests.paper.paper_api import HOUR, NOW, PaperApi

D = Decimal
MAIN = "master_account"
MINUTE = 60_000
BEGAN = NOW - NOW % (5 * MINUTE) + 5 * MINUTE  # of the stored snapshots


def ask(api: PaperApi, monkeypatch: pytest.MonkeyPatch, faults: Collection[Fault] = (), **arguments: Any) -> str:
    async def go() -> str:
        async with assistant(api, monkeypatch, faults) as call:
            return await call.good("get_portfolio_performance", **arguments)

    return asyncio.run(go())


def refused(api: PaperApi, monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> str:
    async def go() -> str:
        async with assistant(api, monkeypatch) as call:
            return await call.bad("get_portfolio_performance", **arguments)

    return asyncio.run(go())


def told(text: str, name: str) -> Decimal:
    """A figure of the first line."""
    found = re.search(rf'"{name}":(-?[\d.]+)', text)
    assert found, text
    return D(found[1])


def row(text: str, table: str, *first: str) -> dict[str, str]:
    """The row of a table that begins with these cells, or is of these moments (`highest,end`); what is told in its
    title is in it."""
    lines = text.split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith(f"# {table}:"))
    header = lines[at + 1].split()
    constants = dict(cell.split("=", 1) for cell in lines[at].split(": ")[-1].split() if "=" in cell)
    for line in lines[at + 2 :]:
        if not line or line.startswith("#"):
            break
        cells = line.split()
        if all(name in cell.split(",") for name, cell in zip(first, cells, strict=False)):
            return constants | dict(zip(header, cells, strict=False))  # nothing at the end of a row is cut off
    raise AssertionError(f"no {first} in {table}:\n{text}")


def worth(api: PaperApi, at: int, exchange: str | None = None) -> Decimal:
    """The books of all accounts at a time, priced by the market."""
    engine = api.paper.engine
    total = D(0)
    for account in engine.accounts():
        for name in engine.connectors(account):
            if exchange in (None, name):
                for one in engine.history(account, name, at, at, 1):
                    total += sum((held.total * price_of(api, token, at) for token, held in one.balances.items()), D(0))
    return total


def price_of(api: PaperApi, token: str, at: int) -> Decimal:
    return D(1) if token in ("USDT", "USD", "USDC") else api.paper.market.price("binance", f"{token}-USDT", at)


def close(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= D("0.006")


def busy_day(api: PaperApi) -> None:
    """Trades, deposits and a perpetual position, all between snapshots."""
    engine = api.paper.engine
    api.clock.advance(2 * HOUR)
    engine.place(MAIN, "binance", "BTC-USDT", "BUY", D("0.2"))
    api.clock.advance(HOUR)
    engine.deposit(MAIN, "binance", "USDT", D(1000))
    engine.place(MAIN, "binance", "ETH-USDT", "SELL", D(3))
    api.clock.advance(HOUR)
    engine.place(MAIN, "binance_perpetual", "BTC-USDT", "BUY", D("0.3"))
    api.clock.advance(9 * HOUR)
    engine.place(MAIN, "binance_perpetual", "BTC-USDT", "SELL", D("0.1"), action="CLOSE")
    engine.deposit(MAIN, "binance_perpetual", "USDT", D(777))
    api.clock.advance(3 * HOUR)


def test_a_busy_day(api: PaperApi, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    busy_day(api)
    text = ask(api, monkeypatch)
    start, end = worth(api, BEGAN), worth(api, api.clock.now())
    assert text.startswith('{"covers":"16 h of the 24 h","data_begins":"2026-11-22T08:45:00Z"')
    assert close(told(text, "change"), end - start)
    assert told(text, "change_percent") == round((end - start) / start * 100, 2)
    assert told(text, "transfers") == 1777
    assert close(told(text, "profit"), end - start - 1777)
    grid = [worth(api, at) for at in (*range(BEGAN, api.clock.now(), 15 * MINUTE), api.clock.now())]
    assert close(D(row(text, "values", "highest")["value"]), max(grid))
    assert close(D(row(text, "values", "lowest")["value"]), min(grid))
    assert "profit_or_transfers" not in text
    assert text == snapshot


@pytest.mark.parametrize("fault", [EARLY_TIMES, NO_FUNDING, LOST_FILLS], ids=lambda fault: str(fault.name)[:20])
def test_deposits_are_told_whatever_the_api_says(api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    busy_day(api)
    text = ask(api, monkeypatch, [fault])
    assert row(text, "exchanges", MAIN, "binance")["transfers"] == "1000"
    assert abs(D(row(text, "exchanges", MAIN, "binance_perpetual")["transfers"]) - 777) < 10
    assert close(told(text, "change"), worth(api, api.clock.now()) - worth(api, BEGAN))


def test_an_exchange_alone(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    busy_day(api)
    text = ask(api, monkeypatch, connector_name="binance")
    change = worth(api, api.clock.now(), "binance") - worth(api, BEGAN, "binance")
    assert close(told(text, "change"), change)
    assert "kucoin" not in text
    text = ask(api, monkeypatch, connector_name="binance", account_name="second_account")
    assert "transfers" not in text


def test_a_token_by_units_and_price(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody trades SOL, and nobody moves its units."""
    busy_day(api)
    sol = row(ask(api, monkeypatch), "tokens", "SOL")
    held = api.paper.engine.balances(MAIN, "kucoin")["SOL"].total
    change = held * (price_of(api, "SOL", api.clock.now()) - price_of(api, "SOL", BEGAN))
    assert close(D(sol["change"]), change)
    assert (sol["change_by_amount"], sol["change_by_price"]) == ("0", sol["change"])


def test_what_all_changed_by_price_is_not_taken_apart(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api.clock.advance(HOUR)
    assert "change_by" not in ask(api, monkeypatch)


def test_a_period_in_the_past(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A length is counted from its end; the values have their own times."""
    busy_day(api)
    text = ask(api, monkeypatch, period="6h", end_time="4h")
    now = api.clock.now()
    end = now - 4 * HOUR
    first = (end - 6 * HOUR) - (end - 6 * HOUR) % (5 * MINUTE)
    last = end - end % (5 * MINUTE)
    assert close(D(row(text, "values", "start")["value"]), worth(api, first))
    assert close(D(row(text, "values", "end")["value"]), worth(api, last))
    assert '"data"' not in text


def test_fills_shortly_after_the_start_are_known(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    busy_day(api)
    assert told(ask(api, monkeypatch, period="14.1h"), "transfers") == 1777


def test_a_deposit_beside_a_payment_of_funding(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are in one step, from 15:45 to 16:00; what is listed as funding is no part of the deposit."""
    engine = api.paper.engine
    engine.place(MAIN, "binance_perpetual", "BTC-USDT", "BUY", D("0.3"))
    api.clock.advance(16 * HOUR - NOW % (24 * HOUR) - 5 * MINUTE)
    engine.deposit(MAIN, "binance_perpetual", "USDT", D(500))
    api.clock.advance(HOUR)
    (paid,) = engine.funding_payments(accounts=[MAIN])
    assert paid.payment
    assert told(ask(api, monkeypatch), "transfers") == 500


def test_before_the_first_snapshot(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new installation knows what it has now, and nothing else; data doesn't begin with the question."""
    assert ask(api, monkeypatch) == (
        "Nothing to compare yet: the API stores a snapshot every five minutes, and has none yet. The value now is "
        f"{round(worth(api, NOW), 2)} USDT; get_fees has the fees of the period, get_position_history what was "
        "realized.\n\n"
        "Values are without unrealized P&L, except at bybit_perpetual, hyperliquid_perpetual; "
        "equity in get_portfolio_balances has it."
    )
    api.clock.advance(4 * MINUTE)
    assert '"data_begins":"2026-11-22T08:45:00Z"' in ask(api, monkeypatch)
    api.clock.advance(4 * MINUTE)
    assert '"data_begins":"2026-11-22T08:45:00Z"' in ask(api, monkeypatch)


def test_nothing_to_tell(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There are no balances from 2026-10-01T00:00:00Z to 2026-10-02" in refused(
        api, monkeypatch, period="2026-10-01", end_time="2026-10-02"
    )
    assert "There is no account nobody" in refused(api, monkeypatch, account_name="nobody")
    assert "is not connected to nope" in refused(api, monkeypatch, account_name=MAIN, connector_name="nope")
    assert "would begin" in refused(api, monkeypatch, period="2026-11-20", end_time="2026-11-19")
    assert "is not a time" in refused(api, monkeypatch, period="week")


def test_without_fills_nothing_is_proven(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    busy_day(api)
    text = ask(api, monkeypatch, [Crash("POST /trading/trades")])
    assert '"transfers"' not in text.split("\n")[0]
    assert "its trades couldn't be read" in text
    assert '"profit_or_transfers":' in text


def test_without_the_balances_of_now_the_last_snapshot_is_the_end(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy_day(api)
    text = ask(api, monkeypatch, [Crash("POST /portfolio/state")])
    assert "The end is the last snapshot" in text
    last = api.clock.now() - api.clock.now() % (5 * MINUTE)
    assert D(row(text, "values", "end")["value"]) in [round(worth(api, last - n * 5 * MINUTE), 2) for n in range(3)]


def test_an_exchange_that_is_down_is_no_loss(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its positions aren't listed then, so that its profit is not proven."""
    busy_day(api)
    text = ask(api, monkeypatch, [EXCHANGE_DOWN])
    assert row(text, "exchanges", MAIN, "binance")["transfers"] == "1000"
    assert "its BTC-USDT position isn't what the recorded fills come to" in text
    assert '"profit_or_transfers":' in text


BYBIT, HYPERLIQUID = "bybit_perpetual", "hyperliquid_perpetual"


def equity(api: PaperApi, exchange: str) -> Decimal:
    """Wallet and unrealized P&L of the first account."""
    wallet = sum((one.total for one in api.paper.engine.balances(MAIN, exchange).values()), D(0))
    return wallet + sum((one.unrealized for one in api.paper.engine.positions(MAIN, exchange)), D(0))


def hold(api: PaperApi) -> None:
    """Positions where the balance contains their P&L, for hours, and deposits there and elsewhere."""
    engine = api.paper.engine
    api.clock.advance(2 * HOUR)
    engine.set_leverage(MAIN, BYBIT, "ETH-USDT", 5)
    engine.place(MAIN, BYBIT, "ETH-USDT", "BUY", D(10))
    engine.place(MAIN, HYPERLIQUID, "BTC-USD", "SELL", D("0.2"))
    api.clock.advance(3 * HOUR)
    engine.deposit(MAIN, "kucoin", "USDT", D(300))
    api.clock.advance(4 * HOUR)


def test_unrealized_profit_is_no_deposit(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(api)
    text = ask(api, monkeypatch)
    assert "profit_or_transfers" not in text
    assert told(text, "transfers") == 300
    assert row(text, "exchanges", MAIN, "kucoin")["transfers"] == "300"
    for exchange in (BYBIT, HYPERLIQUID):
        assert abs(equity(api, exchange) - 25_000) > 10
        shown = row(text, "exchanges", MAIN, exchange)
        assert "transfers" not in shown
        assert close(D(shown["value_at_end"]), equity(api, exchange))
        assert close(D(shown["change"]), equity(api, exchange) - 25_000)
    assert "Values are without unrealized P&L, except at bybit_perpetual, hyperliquid_perpetual; equity in" in text


@pytest.mark.parametrize("closed", [False, True])
def test_a_deposit_is_told_beside_unrealized_profit(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, *, closed: bool
) -> None:
    """By what is left of the change once the P&L is known: at the end, or as nothing is open any more."""
    hold(api)
    came = api.clock.now()
    api.paper.engine.deposit(MAIN, BYBIT, "USDT", D(500))
    api.clock.advance(3 * HOUR)
    if closed:
        api.paper.engine.place(MAIN, BYBIT, "ETH-USDT", "SELL", D(10), action="CLOSE")
        api.clock.advance(2 * HOUR)
    text = ask(api, monkeypatch)
    assert "profit_or_transfers" not in text
    assert told(text, "transfers") == 800
    assert row(text, "exchanges", MAIN, BYBIT)["transfers"] == "500"
    flow = row(text, "flows", BYBIT)
    assert flow["kind"] == "deposit"
    assert flow["after(UTC)"].endswith(datetime.fromtimestamp(came // (15 * MINUTE) * 900, UTC).strftime("%H:%M:%S"))
    assert close(D(row(text, "exchanges", MAIN, BYBIT)["change"]), equity(api, BYBIT) - 25_000)


@pytest.mark.parametrize(("period", "end_time"), [("3h", "now"), ("4h", "3h")])
def test_profit_that_nobody_knows_is_unproven(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, period: str, end_time: str
) -> None:
    """The API doesn't tell what it was as the period began."""
    hold(api)
    api.clock.advance(6 * HOUR)
    text = ask(api, monkeypatch, connector_name=BYBIT, period=period, end_time=end_time)
    assert '"transfers"' not in text.split("\n")[0]
    assert told(text, "profit_or_transfers") == told(text, "change")
    assert "# flows: 1 row" in text
    assert "At bybit_perpetual (master_account) profit can't be told from transfers: unrealized P&L is in the" in text
    assert text.count("Values include unrealized P&L.") == 1


def test_in_hedge_mode_unrealized_profit_is_unproven_once(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api.paper.engine.set_position_mode(MAIN, BYBIT, "HEDGE")
    hold(api)
    text = ask(api, monkeypatch, connector_name=BYBIT)
    assert "# flows: 1 row" in text
    assert "in hedge mode a fill doesn't tell which side it closes" in text


def test_an_exchange_that_is_connected_brings_no_profit(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = api.paper.engine
    api.clock.advance(2 * HOUR)
    engine.add_account("third")
    engine.connect("third", "kucoin")
    api.clock.advance(2 * HOUR)
    alone = ask(api, monkeypatch, account_name="third", period="3h")
    assert alone.startswith('{"covers":"2 h of the 3 h","data_begins":"2026-11-22T10:45:00Z"')
    assert "transfers" not in alone
    text = ask(api, monkeypatch)
    first = BEGAN + 2 * HOUR
    brought = sum(
        (price_of(api, token, first) * balance for token, balance in START_BALANCES[MAIN, "kucoin"].items()), D(0)
    )
    assert close(told(text, "transfers"), brought)
    assert close(told(text, "change"), worth(api, api.clock.now()) - worth(api, BEGAN))
    assert "kind=connected account_name=third" in text


def test_a_period_that_the_snapshots_hardly_cover_says_so(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api.clock.advance(6 * MINUTE)
    text = ask(api, monkeypatch)
    covered = round((api.clock.now() - BEGAN) / MINUTE)
    assert text.startswith(f'{{"covers":"{covered} min of the 24 h","data_begins":"2026-11-22T08:45:00Z"')


@pytest.mark.parametrize("ends", ["now", "1h"])
def test_realizing_an_old_loss_is_no_loss_of_the_period(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """Nor is realizing an old gain one of it."""
    engine = api.paper.engine
    engine.place(MAIN, "binance_perpetual", "BTC-USDT", "BUY", D("0.3"))
    api.clock.advance(9 * HOUR - api.clock.now() % HOUR)
    (held,) = engine.positions(MAIN, "binance_perpetual")
    before, wallet = held.unrealized, worth(api, api.clock.now(), "binance_perpetual")
    assert abs(before) > 20
    api.clock.advance(HOUR)
    engine.place(MAIN, "binance_perpetual", "BTC-USDT", "SELL", D("0.3"), action="CLOSE")
    api.clock.advance(HOUR)
    if ends != "now":
        api.clock.advance(HOUR)
    text = ask(api, monkeypatch, connector_name="binance_perpetual", period="2h", end_time=ends)
    after = worth(api, api.clock.now(), "binance_perpetual")
    assert abs(told(text, "change") - (after - wallet)) < 2
    assert abs(told(text, "unrealized_pnl_at_start") - before) < 3
    assert told(text, "unrealized_pnl_at_end") == 0
    both = told(text, "change") - told(text, "unrealized_pnl_at_start")
    assert close(told(text, "change_with_unrealized"), both)
    assert "change counts gains and losses when they are realized" in text
