"""Triggers on a paper exchange whose price a test moves, and a watcher that looks when the test says."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from hbmcp import times
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import Action, Protected, Spec, Trigger, new
from hbmcp.paper.api.faults import Fault
from hbmcp.policy.model import Policy
from hbmcp.watch.watcher import Watcher
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.scripted_market import BEGIN, ScriptedMarket

PAIR = "BTC-USDT"
SPOT: dict[str, Any] = {"account_name": "master_account", "connector_name": "binance", "trading_pair": PAIR}
PERPETUAL: dict[str, Any] = {**SPOT, "connector_name": "binance_perpetual"}
LONG = Protected(**PERPETUAL, side="LONG")
AMOUNTS = (100, 200, 400)


@define
class Watched:
    """`watcher` looks at `rounds`, two seconds apart."""

    api: PaperApi
    market: ScriptedMarket
    call: Assistant
    watcher: Watcher

    async def rounds(self, count: int = 1, price: int | None = None, watcher: Watcher | None = None) -> None:
        for _ in range(count):
            self.api.clock.advance(2_000)
            if price is not None:
                self.market.then(self.api.clock.now(), price)
            await (watcher or self.watcher).round()
            await self.settled(watcher)

    async def settled(self, watcher: Watcher | None = None) -> None:
        """What fires has come to its end."""
        of = watcher or self.watcher
        while busy := [*of._firing.values(), *([of._looking] if of._looking and not of._looking.done() else [])]:
            await asyncio.wait(busy)

    async def add(self, *specs: Spec, bond: str | None = None) -> list[int]:
        return await self.store.add_triggers([new(spec, times.now(), bond, None) for spec in specs], "created")

    @property
    def store(self) -> Any:
        return self.call.bridge.store

    async def trigger(self, key: int) -> Trigger:
        (row,) = await self.store.triggers(keys=[key])
        return Trigger.of(row)

    async def state(self, key: int) -> str:
        return (await self.trigger(key)).row.state

    async def causes(self, key: int) -> list[str]:
        return [f"{one.state}: {one.cause}" for one in await self.store.trigger_events(keys=[key])]

    def orders(self) -> list[tuple[str, str, str, str]]:
        """What the exchange has, oldest first."""
        found = self.api.paper.engine.orders()[::-1]
        return [(one.exchange, one.side, f"{one.amount:f}", one.status) for one in found]


@asynccontextmanager
async def watched(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    faults: Collection[Fault] = (),
    price: int = 50_000,
    policy: Policy | None = None,
) -> AsyncIterator[Watched]:
    market = ScriptedMarket({0: price}, amounts=AMOUNTS)  # type: ignore[arg-type]
    with PaperApi(folder, market, BEGIN) as api:
        async with assistant(api, monkeypatch, faults, policy=policy or Policy()) as call:
            monkeypatch.setattr("hbmcp.times.machine", api.clock.now)
            one = Watched(api, market, call, Watcher(call.bridge, "a test"))
            await one.rounds()
            yield one
            await one.watcher.leave()


def below(level: int, **other: Any) -> Condition:
    return Condition(goes="below", level=level, **{**SPOT, **other})


def above(level: int, **other: Any) -> Condition:
    return Condition(goes="above", level=level, **{**SPOT, **other})


def buy(amount: str = "0.1") -> Action:
    arguments = {**SPOT, "side": "BUY", "amount": amount, "order_type": "MARKET", "max_value": "1000000"}
    return Action(tool="place_order", arguments=arguments, words=f"BUY {amount} {PAIR}", reduces=False)


def close(side: str = "LONG") -> Action:
    where = {**PERPETUAL, "side": side}
    return Action(tool="close_position", arguments=where, words=f"close the {side} {PAIR}", reduces=True)
