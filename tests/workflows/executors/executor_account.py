"""An account that runs executors on a paper exchange whose prices follow a script, asked through the bridge."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from hbmcp.installation.executors.config.validation import check
from hbmcp.paper.api.faults import Fault
from hbmcp.paper.api.routes.base import Paper
from hbmcp.paper.api.routes.executors import executors_of
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.exchange.records import Side
from hbmcp.paper.executors import Executors
from hbmcp.paper.market.clock import ManualClock
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.scripted_market import BEGIN, ScriptedMarket
from tests.workflows.answers import head

PRICE = Decimal(60000)
PERPETUAL = {"connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "leverage": 10, "side": "BUY"}
POSITION = {
    **PERPETUAL,
    "amount": "0.1",
    "triple_barrier_config": {"open_order_type": "MARKET", "stop_loss": "0.03", "take_profit": "0.02"},
}
LIMIT = {**PERPETUAL, "amount": "0.01", "execution_strategy": "LIMIT", "price": "50000"}
DCA = {
    **PERPETUAL,
    "prices": [59000, 58000],
    "amounts_quote": [590, 1160],
    "stop_loss": "0.05",
    "take_profit": "0.02",
}
GRID = {
    **PERPETUAL,
    "start_price": "58000",
    "end_price": "62000",
    "limit_price": "57000",
    "total_amount_quote": "3000",
    "min_order_amount_quote": "500",
    "max_open_orders": 2,
    "max_orders_per_batch": 2,
    "triple_barrier_config": {"take_profit": "0.01", "take_profit_order_type": "LIMIT"},
}


@frozen
class Desk:
    """Who moves the clock, sees what the paper exchange knows, and calls tools."""

    api: PaperApi
    call: Assistant

    def after(self, seconds: float) -> None:
        self.api.clock.advance(round(seconds * 1000))

    @property
    def executors(self) -> Executors:
        return executors_of(self.api.paper)

    def trade(self, side: Side, amount: str) -> None:
        """A position that no executor has opened, or a part of one that is closed."""
        self.api.paper.engine.place(
            "master_account", "binance_perpetual", "BTC-USDT", side, Decimal(amount), "MARKET", None, "OPEN"
        )

    def rest(self, price: str) -> None:
        """An order that no executor has placed."""
        self.api.paper.engine.place(
            "master_account", "binance_perpetual", "BTC-USDT", "BUY", Decimal("0.01"), "LIMIT", Decimal(price), "OPEN"
        )

    def open_position(self) -> Decimal:
        """Base units that are open, below 0 for a short; one-way mode."""
        found = self.api.paper.engine.positions("master_account", "binance_perpetual")
        return sum((one.amount for one in found), Decimal(0))

    def create_directly(self) -> str:
        """A position that no tool has created; its id."""
        config = check("create_executor", "position_executor", POSITION)
        return self.executors.create("master_account", "main", config.sent).id

    async def create(self, kind: str = "position_executor", **config: Any) -> str:
        """Its id, also of one like it, however large."""
        text = await self.call.good(
            "create_executor",
            account_name="master_account",
            executor_type=kind,
            config=config or POSITION,
            max_value=10**9,
            again=True,
        )
        return str(head(text)["executor_id"])

    async def head(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The object at the top of a good answer."""
        return head(await self.call.good(tool, **arguments))


@asynccontextmanager
async def desk(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: dict[int, int] | None = None,
    faults: Collection[Fault] = (),
) -> AsyncIterator[Desk]:
    """`script`: seconds since the beginning -> the price from then on. Waiting takes no time here: the exchange's clock
    goes on by as much instead."""
    with PaperApi(tmp_path) as api:
        api.clock = ManualClock(BEGIN)
        market = ScriptedMarket(script or {0: 60000})
        api.paper = Paper(Engine(market, api.store, api.clock), market, tmp_path, api.store)

        async def sleep(seconds: float) -> None:
            api.clock.advance(round(seconds * 1000))

        monkeypatch.setattr("hbmcp.installation.executors.run.polling.sleep", sleep)
        async with assistant(api, monkeypatch, faults) as call:
            yield Desk(api, call)
