"""Executors on a paper exchange without its API, its clock in the test's hands."""

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
