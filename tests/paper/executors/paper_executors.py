"""Executors on a paper exchange without its API, its clock in the test's hands; and configurations of some."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.executors import Executors
from hbmcp.paper.executors.record import Record
from hbmcp.paper.market.clock import ManualClock
from hbmcp.paper.market.market import Market
from tests.paper.scripted_market import BEGIN

PERPETUAL = {"connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "leverage": 10, "side": 1}
POSITION = {**PERPETUAL, "type": "position_executor", "amount": "0.1"}
ORDER = {**PERPETUAL, "type": "order_executor", "amount": "0.01"}
MARKET_ORDER = {**ORDER, "execution_strategy": "MARKET"}
GRID = {
    **PERPETUAL,
    "type": "grid_executor",
    "start_price": "58000",
    "end_price": "62000",
    "limit_price": "57000",
    "total_amount_quote": "3000",
    "min_order_amount_quote": "500",
    "max_open_orders": 2,
    "max_orders_per_batch": 2,
    "triple_barrier_config": {"take_profit": "0.01", "open_order_type": 2, "take_profit_order_type": 2},
}


class PaperExecutors:
    """One exchange, its executors, and a clock in the test's hands. An executor is `executors[its id]`."""

    def __init__(self, market: Market, place: str | Path = ":memory:", at: int = BEGIN) -> None:
        self.market = market
        self.clock = ManualClock(at)
        self.store = Store.open(place)
        self.engine = Engine(market, self.store, self.clock)
        self.executors = Executors(self.engine, market, self.store)

    def create(self, **config: Any) -> str:
        return self.executors.create("master_account", "main", config).id

    def after(self, seconds: int) -> None:
        self.clock.advance(seconds * 1000)
        self.executors.catch_up()

    def __getitem__(self, executor_id: str) -> Record:
        return self.executors.get(executor_id)

    def amount_of_position(self) -> Decimal:
        positions = self.engine.positions("master_account", "binance_perpetual")
        return sum((position.amount for position in positions), Decimal(0))
