"""What the documentation promises in so many words, done by a client of a real server over stdio."""

import re
import time
from pathlib import Path

import pytest

from tests.conftest import environment
from tests.stdio_server import StdioServer
from tests.workflows.answers import value

ACCOUNT = {"account_name": "master_account"}
SPEED = "3000"  # fifty minutes a second: prices go somewhere


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(XDG_DATA_HOME=str(tmp_path), LOCALAPPDATA=str(tmp_path), HOME=str(tmp_path))


def good(server: StdioServer, tool: str, **arguments: object) -> str:
    text, failed = server.call(tool, **arguments)
    assert not failed, text
    return text


def test_what_is_my_portfolio_worth_and_how_is_it_distributed(env: dict[str, str], tmp_path: Path) -> None:
    """In one call without arguments."""
    with StdioServer("--paper-db", ":memory:", env=env, cwd=tmp_path) as server:
        text = good(server, "get_portfolio_balances")
    found = value(text)
    for table in ("tokens", "exchanges"):
        assert sum(float(row["value"]) for row in found[table]) == pytest.approx(float(found["total_value"]), abs=0.1)
        assert sum(float(row["percent_of_total_value"]) for row in found[table]) == pytest.approx(100, abs=0.1)


def test_close_all_positions_with_unrealized_losses_over_5_percent(env: dict[str, str], tmp_path: Path) -> None:
    """In one call after a dry run: of a long and a short of one coin, the one that loses is closed."""
    flags = ("--paper-db", ":memory:", "--paper-speed", SPEED)
    sides = {"binance_perpetual": "BUY", "bybit_perpetual": "SELL"}
    with StdioServer(*flags, env=env, cwd=tmp_path) as server:
        for connector, side in sides.items():
            where = {**ACCOUNT, "connector_name": connector, "trading_pair": "SOL-USDT"}
            good(server, "set_leverage", **where, leverage=20)
            good(server, "place_order", **where, side=side, amount=10, order_type="MARKET")
        losers = {"loss_over": 5, "of": "margin"}
        closed = ""
        while not re.search(r'"closed":1\b', closed):  # until then, or while it is sent, the price may have turned
            # So more than that at first.
            while "would_close" not in (shown := good(server, "close_positions", **{**losers, "loss_over": 10})):
                time.sleep(0.05)
            assert "nothing was sent" in shown
            assert good(server, "get_positions").count("_perpetual") == 2
            closed = good(server, "close_positions", **losers, dry_run=False)
        left = good(server, "get_positions")
    loser = next(connector for connector in sides if connector in closed)
    assert "realized_pnl" in closed
    assert loser not in left
    assert left.count("_perpetual") == 1
