"""Exchanges whose reported balances contain unrealized P&L, against what their positions say."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.paper.paper_api import HOUR, PaperApi

D = Decimal
STEP = 5 * 60_000  # between two snapshots
ME, BYBIT, HYPERLIQUID, BINANCE = "master_account", "bybit_perpetual", "hyperliquid_perpetual", "binance_perpetual"
QUOTES = {BYBIT: "USDT", HYPERLIQUID: "USD", BINANCE: "USDT"}


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[PaperApi]:
    with PaperApi(tmp_path / "files") as api:
        yield api


def trade(api: PaperApi) -> Iterator[None]:
    """Opens, turns round, reduces, hedges and is liquidated, an hour between."""
    engine = api.paper.engine
    for exchange, quote in QUOTES.items():
        engine.set_leverage(ME, exchange, f"ETH-{quote}", 40)
        engine.place(ME, exchange, f"ETH-{quote}", "BUY", D(20))
        engine.place(ME, exchange, f"BTC-{quote}", "SELL", D("0.1"))
    api.clock.advance(HOUR)
    yield
    for exchange, quote in QUOTES.items():
        engine.place(ME, exchange, f"ETH-{quote}", "SELL", D(30))
        engine.place(ME, exchange, f"BTC-{quote}", "BUY", D("0.033"), action="CLOSE")
    api.clock.advance(HOUR)
    yield
    for exchange, quote in QUOTES.items():
        for pair, amount in ((f"ETH-{quote}", D(10)), (f"BTC-{quote}", D("0.067"))):
            engine.place(ME, exchange, pair, "BUY", amount, action="CLOSE")
        assert engine.set_position_mode(ME, exchange, "HEDGE")
        engine.place(ME, exchange, f"ETH-{quote}", "BUY", D(5))
        engine.place(ME, exchange, f"ETH-{quote}", "SELL", D(3))
    api.clock.advance(HOUR)
    yield
    while len(engine.positions(ME, BYBIT)) == 2:  # until one of the two goes
        api.clock.advance(6 * HOUR)
    yield


def told(api: PaperApi, exchange: str) -> dict[str, Any]:
    [row] = api.good("POST", "/portfolio/state", {"account_names": [ME], "connector_names": [exchange]})[ME][exchange]
    return dict(row)


def test_units_are_the_equity_where_the_exchange_reports_it(paper: PaperApi) -> None:
    for _ in trade(paper):
        for exchange, quote in QUOTES.items():
            wallet = paper.paper.engine.balances(ME, exchange)[quote]
            profit = sum(one.unrealized for one in paper.paper.engine.positions(ME, exchange))
            assert profit
            row = told(paper, exchange)
            total = wallet.total if exchange == BINANCE else wallet.total + profit
            assert row["units"] == pytest.approx(float(total), rel=1e-12)
            assert row["value"] == row["units"]
            assert row["available_units"] == pytest.approx(float(wallet.available), rel=1e-12)


def test_history_is_what_was_told_then(paper: PaperApi) -> None:
    paper.clock.advance(-paper.clock.now() % HOUR)
    seen: dict[int, float] = {}
    for _ in trade(paper):
        seen[paper.clock.now()] = told(paper, BYBIT)["units"]
        paper.clock.advance(STEP)
    for at, expected in seen.items():
        wanted = {"account_names": [ME], "connector_names": [BYBIT], "end_time": at, "limit": 1}
        [row] = paper.good("POST", "/portfolio/history", wanted)["data"]
        assert row["state"][ME][BYBIT][0]["units"] == expected


def test_distributions_have_it_too(paper: PaperApi) -> None:
    for _ in trade(paper):
        state = paper.good("POST", "/portfolio/state", {})
        total = sum(row["value"] for held in state.values() for rows in held.values() for row in rows)
        by_token = paper.good("POST", "/portfolio/distribution", {})
        by_account = paper.good("GET", "/portfolio/accounts-distribution")
        assert by_token["total_portfolio_value"] == pytest.approx(total)
        assert by_account["total_portfolio_value"] == pytest.approx(total)
        mine = next(one for one in by_account["distribution"] if one["account"] == ME)
        assert mine["connectors"][BYBIT]["value"] == pytest.approx(told(paper, BYBIT)["value"])
