"""How quick the paper exchange is in this process, without the server and HTTP around it."""

import time
from decimal import Decimal
from statistics import median

from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.market.clock import RealClock
from hbmcp.paper.market.market import Market

PAIR = "binance", "BTC-USDT"
ORDERS = 1000  # of each turn, bought and sold again
MINUTE = 60_000
YEAR = 365 * 24 * 60  # minutes
TURNS = 5


def orders_per_second() -> float:
    """Market orders that the engine fills, each with its transaction in memory; the median of the turns."""
    store = Store.open()
    engine = Engine(Market(), store, RealClock())
    rates = []
    for _ in range(TURNS):
        begin = time.perf_counter()
        for number in range(ORDERS):
            order = engine.place("master_account", *PAIR, "SELL" if number % 2 else "BUY", Decimal("0.01"))
            assert order.status == "FILLED"
        rates.append(ORDERS / (time.perf_counter() - begin))
    store.close()
    return median(rates)


def year_of_candles() -> float:
    """Seconds until a market that has reckoned nothing yet has the year's columns; the median of the turns."""
    now = RealClock().now()
    seconds = []
    for _ in range(TURNS):
        market = Market()
        begin = time.perf_counter()
        candles = market.candles(*PAIR, "1m", now - YEAR * MINUTE, now)
        seconds.append(time.perf_counter() - begin)
        assert len(candles) == YEAR
    return median(seconds)
