"""The paper exchange's engine on a scripted market, its clock in the test's hands."""

import sqlite3
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.market.clock import ManualClock
from hbmcp.paper.market.feed import Feed
from tests.paper.scripted_market import BEGIN, ScriptedMarket

D = Decimal
TICK = 1000  # ms between prices

_DEPOSITS = {
    ("master_account", "binance"): {"USDT": D(100_000), "BTC": D(10)},
    ("master_account", "binance_perpetual"): {"USDT": D(100_000)},
}


@frozen
class ScriptedExchange:
    """One account has 100,000 USDT and 10 BTC on binance, and 100,000 USDT on binance_perpetual."""

    market: ScriptedMarket
    store: Store
    clock: ManualClock
    engine: Engine


def scripted(*prices: Decimal | int, tick: int = TICK, path: object = ":memory:", **market: Any) -> ScriptedExchange:
    """A new exchange. prices[n] holds from BEGIN + n * tick on, the last one for ever after."""
    script = {n * tick // 1000: price for n, price in enumerate(prices)}
    return reopened(ScriptedMarket(script, grid=tick, **market), ManualClock(BEGIN), path)


def reopened(market: ScriptedMarket, clock: ManualClock, path: object) -> ScriptedExchange:
    """What another process has of the exchange in this file."""
    store = Store.open(str(path))
    engine = Engine(Feed(market, market.book, 3, market.grid), store, clock, _DEPOSITS)
    return ScriptedExchange(market, store, clock, engine)


def contents(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every table, row by row."""
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in names}
