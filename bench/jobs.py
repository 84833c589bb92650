"""Everyday jobs on one paper exchange, asked of each server as an assistant would: the tokens of what it reads.

A job is the calls that it takes to know what the job names, as far as there are any: hummingbot-mcp's tables have no
ids, accounts or exchanges, and leave percents, shares and fees to whoever reads them. An order is an executor there,
whose guide is asked first, and which is looked up afterwards.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench import tokens
from bench.peers import HUMMINGBOT_MCP
from bench.report import OURS
from bench.session import Session

Calls = Sequence[tuple[str, dict[str, Any]]]

ACCOUNT = "master_account"
PERPETUALS = ("binance_perpetual", "bybit_perpetual", "hyperliquid_perpetual")
SPOT = ["binance", "kucoin"]
THREE = ["BTC-USDT", "ETH-USDT", "SOL-USDT"]
PARTS = ("include_balances", "include_perp_positions", "include_lp_positions", "include_active_orders")
RESTING = {"side": "BUY", "trading_pair": "BTC-USDT", "connector_name": "binance", "amount": "0.01"}


def _overview(part: str) -> tuple[str, dict[str, Any]]:
    return "get_portfolio_overview", {one: one == part for one in PARTS}


def _executors(action: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    return "manage_executors", {"action": action, **arguments}


JOBS: Mapping[str, tuple[Calls, Calls]] = {
    "what is my portfolio worth": ([("get_portfolio_balances", {})], [_overview("include_balances")]),
    "my positions": ([("get_positions", {})], [_overview("include_perp_positions")]),
    "my open orders": ([("get_open_orders", {})], [_overview("include_active_orders")]),
    "my last orders": ([("get_order_history", {})], [("search_history", {"data_type": "orders", "limit": 50})]),
    "three prices with bid and ask on two exchanges": (
        [("get_ticker", {"trading_pairs": THREE, "connector_names": SPOT})],
        [
            *(
                ("get_market_data", {"data_type": "prices", "connector_name": name, "trading_pairs": THREE})
                for name in SPOT
            ),
            *(
                ("get_market_data", {"data_type": "order_book", "connector_name": name, "trading_pair": pair})
                for name in SPOT
                for pair in THREE
            ),
        ],
    ),
    "funding of three pairs on three exchanges": (
        [("get_funding_rates", {"trading_pairs": THREE})],
        [
            (
                "get_market_data",
                {
                    "data_type": "funding_rate",
                    "connector_name": name,
                    "trading_pair": pair.replace("USDT", "USD") if name.startswith("hyper") else pair,
                },
            )
            for name in PERPETUALS
            for pair in THREE
        ],
    ),
    "a limit order, and what became of it": (
        [("place_order", {**RESTING, "account_name": ACCOUNT, "price": "60000"})],
        [
            _executors("create", executor_type="order_executor"),
            _executors(
                "create",
                executor_type="order_executor",
                account_name=ACCOUNT,
                executor_config={
                    **{key: value for key, value in RESTING.items() if key != "side"},
                    "side": 1,
                    "execution_strategy": "LIMIT",
                    "price": "60000",
                },
            ),
            _executors("search", executor_types=["order_executor"]),
            _overview("include_active_orders"),
        ],
    ),
    "which positions lose more than 5 percent": (
        [("close_positions", {"loss_over": 5})],
        [_overview("include_perp_positions")],
    ),
}


def measured(folder: Path) -> dict[str, dict[str, int]]:
    """Job -> server -> tokens of its answers, the errors among them."""
    theirs = HUMMINGBOT_MCP.command()
    commands = {OURS: [sys.executable, "-m", "hbmcp", "serve"]} | ({HUMMINGBOT_MCP.name: theirs} if theirs else {})
    found: dict[str, dict[str, int]] = {job: {} for job in JOBS}
    for at, (server, command) in enumerate(commands.items()):
        with _paper(folder) as address:
            env = {"HUMMINGBOT_API_URL": address, "HUMMINGBOT_API_USERNAME": "paper"}
            env |= {"HUMMINGBOT_API_PASSWORD": "paper", "HOME": str(folder)}
            env |= {"HUMMINGBOT_USERNAME": "paper", "HUMMINGBOT_PASSWORD": "paper"}  # as hummingbot-mcp names them
            with Session(command, env=env, cwd=folder, errors=folder / "jobs.stderr") as session:
                session.tools()
                for job, calls in JOBS.items():
                    found[job][server] = sum(tokens.count(session.answer(*call)) for call in calls[at])
    return found


@contextmanager
def _paper(folder: Path) -> Iterator[str]:
    """A paper exchange with positions, resting, filled and refused orders; yields its address."""
    command = [sys.executable, "-m", "hbmcp", "paper", "--port", "0", "--paper-db", ":memory:"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        address = next(line.split(" at ")[1].split(",")[0] for line in process.stderr if " at http" in line)
        with httpx.Client(base_url=address, auth=("paper", "paper")) as client:
            for order in _orders():
                client.post("/trading/orders", json={"account_name": ACCOUNT, **order}).raise_for_status()
        yield address
        process.terminate()


def _orders() -> Iterator[dict[str, Any]]:
    for connector, pair, side, amount in (
        ("binance_perpetual", "BTC-USDT", "BUY", "0.05"),
        ("bybit_perpetual", "ETH-USDT", "SELL", "1"),
        ("hyperliquid_perpetual", "SOL-USD", "BUY", "20"),
        ("binance", "ETH-USDT", "SELL", "1"),
        ("binance", "BTC-USDT", "BUY", "50"),  # more than there is: refused
    ):
        order = {"connector_name": connector, "trading_pair": pair, "trade_type": side, "amount": amount}
        yield order | {"order_type": "MARKET"}
    for number in range(3):
        order = {"connector_name": "binance", "trading_pair": "BTC-USDT", "trade_type": "BUY", "order_type": "LIMIT"}
        yield order | {"amount": f"0.0{number + 1}", "price": f"6000{number}"}
