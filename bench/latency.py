"""How long a call takes where exchanges are slow, to the slowest chain of requests that it can't do without.

Every request that the API passes on to an exchange takes LATENCY on top. The chain is sent through the same client.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from statistics import median
from typing import Any

from pydantic import SecretStr

from bench.peers import ROOT
from bench.report import OURS, Row, ratio
from hbmcp.api import Apis
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.identity import Identity
from hbmcp.installation.installation import Installation
from hbmcp.settings import Settings
from hbmcp_tools import accounts, portfolio, trading
from hummingbot_api.request import Request

LATENCY = 0.15  # seconds
TURNS = 11
CHAIN = "chain"

ACCOUNT = "master_account"
WHERE: dict[str, Any] = {"account_name": ACCOUNT, "connector_name": "binance"}
ORDER: dict[str, Any] = {**WHERE, "trading_pair": "BTC-USDT", "side": "BUY", "amount": "0.001", "price": "-50%"}
SUBMITTED: dict[str, Any] = {**ORDER, "amount": Decimal("0.001"), "order_type": "LIMIT", "price": Decimal(20_000)}
AGAIN = {"again": True}  # each turn sends the same order

Chain = Callable[[Installation], Awaitable[Any]]


async def _positions(installation: Installation) -> None:
    """Which equity needs, too. The balances themselves wait for less."""
    await installation.ask(accounts.list_accounts)
    await installation.ask(accounts.get_connected_exchanges, account_name=ACCOUNT)
    await installation.ask(trading.list_positions, account_name=ACCOUNT, connector_name="binance_perpetual")


async def _order(installation: Installation) -> None:
    """The account must be known before its balances are asked for, and these before the order is sent."""
    await installation.ask(accounts.list_accounts)
    await installation.ask(portfolio.get_portfolio_state, account_name=ACCOUNT)
    await installation.ask(trading.submit_order, **SUBMITTED)


CASES: Mapping[str, tuple[str, Mapping[str, Any], Chain, float]] = {
    "balances": ("get_portfolio_balances", {}, _positions, 1.2),
    "positions": ("get_positions", {}, _positions, 1.2),
    "an order, sent": ("place_order", {**ORDER, **AGAIN, "wait": 0}, _order, 1.3),
    "an order, looked at": ("place_order", {**ORDER, **AGAIN}, _order, 2.5),
}


def rows(show: Callable[[float], str]) -> list[Row]:
    """A row a case, with its bar."""
    found = asyncio.run(_measured())
    what = f"each exchange request {LATENCY * 1000:.0f} ms, to the slowest chain: "
    return [
        ratio(f"{'  ' if at else what}{case}", seconds, CHAIN, show, bar=CASES[case][3])
        for at, (case, seconds) in enumerate(found.items())
    ]


async def _measured() -> dict[str, dict[str, float]]:
    """Case -> seconds of the call and of its chain, medians of turns in which each had its own."""
    catalog = Catalog.load()
    with tempfile.TemporaryDirectory() as folder, slow_paper(LATENCY) as address:
        settings = Settings.model_construct(
            api_url=address,
            api_username="paper",
            api_password=SecretStr("paper"),
            state_url=SecretStr(f"sqlite:///{folder}/state.sqlite"),
        )
        offer = catalog.choose()
        bridge, api = Bridge(offer, settings), Apis(settings, offer)

        async def ask(name: str, build: Callable[[], Request[Any]]) -> Any:
            """Straight to the API: no policy, no audit."""
            return (await api.send(build(), catalog.tools[name])).raw

        chains = Installation(ask, bridge.store, Identity.of(settings))
        seconds: dict[str, dict[str, list[float]]] = {case: {OURS: [], CHAIN: []} for case in CASES}
        for turn in range(TURNS + 1):
            for case, (tool, arguments, chain, _) in CASES.items():
                taken = {CHAIN: await _timed(chain(chains)), OURS: await _timed(_called(bridge, tool, arguments))}
                for who, one in taken.items() if turn else ():  # the first one imports and connects
                    seconds[case][who].append(one)
        await bridge.aclose()
        await api.aclose()
    return {case: {who: median(values) for who, values in taken.items()} for case, taken in seconds.items()}


async def _called(bridge: Bridge, tool: str, arguments: Mapping[str, Any]) -> None:
    outcome = await bridge.call(tool, arguments)
    assert not outcome.is_error, outcome.text


async def _timed(question: Awaitable[Any]) -> float:
    begin = time.perf_counter()
    await question
    return time.perf_counter() - begin


@contextmanager
def slow_paper(seconds: float) -> Iterator[str]:
    """Runs an exchange that is so slow; yields its address."""
    command = [sys.executable, str(ROOT / "bench/servers/slow_paper.py"), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()
