"""Whatever else happens on the exchange, closing never turns a position round, never makes one larger or opens one.

A machine of hypothesis trades, moves the clock, and calls close_position and close_positions; before an order arrives
somebody else may trade. Each order that hbmcp sends is compared with what it had last read, and the engine's positions
just before it with those just after.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json
from hbmcp.paper.errors import BelowMinimum
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ACCOUNT, ORDERS, POSITIONS

CONNECTORS = ["binance_perpetual", "bybit_perpetual"]
PAIRS = ["BTC-USDT", "SOL-USDT"]
LOTS = {"BTC-USDT": Decimal("0.001"), "SOL-USDT": Decimal("0.01")}
SIDES = ["BUY", "SELL"]

Sizes = dict[tuple[str, str, str], Decimal]  # connector, pair and side -> signed amount

trades = st.tuples(
    st.sampled_from(CONNECTORS),
    st.sampled_from(PAIRS),
    st.sampled_from(SIDES),
    st.integers(3, 4000),
    st.sampled_from(["OPEN", "CLOSE"]),
)
optional = {
    "connector_name": st.none() | st.sampled_from(CONNECTORS),
    "side": st.none() | st.sampled_from(["LONG", "SHORT"]),
}


def smaller_or_same(before: Decimal, after: Decimal) -> bool:
    """Nearer to nothing, and not beyond it."""
    return abs(after) <= abs(before) and before * after >= 0


class Closing(RuleBasedStateMachine):
    @initialize(hedged=st.sets(st.sampled_from(CONNECTORS)), opened=st.lists(trades, min_size=1, max_size=4))
    def begin(self, hedged: set[str], opened: list[Any]) -> None:
        self.hedged = hedged
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.patch = pytest.MonkeyPatch()
        folder = tempfile.TemporaryDirectory()
        self.stack.callback(folder.cleanup)
        self.api = self.stack.enter_context(PaperApi(Path(folder.name)))
        for connector in hedged:
            assert self.api.paper.engine.set_position_mode(ACCOUNT, connector, "HEDGE")
        self.meanwhile: list[Any] = []
        self.read: set[tuple[str, str, str, Decimal]] = set()
        self.wrong: list[str] = []
        watch = Bug("somebody else trades", {ORDERS: self._watched, POSITIONS: self._noted})
        self.call: Assistant = self.runner.run(self.stack.enter_async_context(assistant(self.api, self.patch, {watch})))
        for one in opened:
            self._trade(*one)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.patch.undo()

    @rule(one=trades)
    def somebody_trades(self, one: Any) -> None:
        self._trade(*one)

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.api.clock.advance(minutes * 60_000)
        self.api.paper.engine.advance()

    @rule(
        pair=st.sampled_from(PAIRS),
        filters=st.fixed_dictionaries({}, optional=optional),
        fraction=st.sampled_from([1, 1, 0.5, 0.333, 0.001]),
        meanwhile=st.lists(trades, max_size=2),
    )
    def close_one(self, pair: str, filters: dict[str, Any], fraction: float, meanwhile: list[Any]) -> None:
        self.meanwhile = meanwhile
        self._close("close_position", trading_pair=pair, fraction=fraction, wait=0, **filters)

    @precondition(lambda self: any(self._sizes().values()))
    @rule(
        filters=st.fixed_dictionaries({}, optional=optional | {"trading_pair": st.sampled_from(PAIRS)}),
        loss=st.none() | st.sampled_from([0, 0.5, 5]),
        profit=st.none() | st.sampled_from([0, 0.5, 5]),
        meanwhile=st.lists(trades, max_size=2),
    )
    def close_several(self, filters: dict[str, Any], loss: Any, profit: Any, meanwhile: list[Any]) -> None:
        self.meanwhile = meanwhile
        self._close(
            "close_positions", loss_over=loss, profit_over=profit, preview=False, below_1_percent=True, **filters
        )

    @rule(loss=st.none() | st.sampled_from([0, 5]))
    def look_only(self, loss: Any) -> None:
        before = self._sizes()
        self._close("close_positions", loss_over=loss)
        assert self._sizes() == before

    def _close(self, tool: str, **arguments: Any) -> None:
        self.read = set()
        given = {name: value for name, value in arguments.items() if value is not None}
        outcome = self.runner.run(self.call(tool, **given))
        assert self.wrong == []
        assert not outcome.text.startswith("hbmcp itself failed"), outcome.text

    def _trade(self, connector: str, pair: str, side: str, lots: int, action: str) -> None:
        amount = lots * LOTS[pair] / 10 // LOTS[pair] * LOTS[pair]
        if amount:
            with suppress(BelowMinimum):
                self.api.paper.engine.place(ACCOUNT, connector, pair, side, amount, action=action)  # type: ignore[arg-type]

    def _sizes(self) -> Sizes:
        return {
            (connector, one.pair, one.side): one.amount
            for connector in CONNECTORS
            for one in self.api.paper.engine.positions(ACCOUNT, connector)
        }

    def _noted(self, handler: Handler) -> Handler:
        """What hbmcp reads of positions while one call lasts."""

        def handle(call: Call) -> Json:
            answer = handler(call)
            (connector,) = call.body["connector_names"]
            self.read |= {(connector, one["trading_pair"], one["side"], one["amount"]) for one in answer["data"]}
            return answer

        return handle

    def _watched(self, handler: Handler) -> Handler:
        """An order of hbmcp's, after somebody else's. What is wrong is kept: an exception would end in an answer."""

        def handle(call: Call) -> Json:
            for one in self.meanwhile:
                self._trade(*one)
            self.meanwhile = []
            before = self._sizes()
            answer = handler(call)
            self.wrong += self._faults(call.body, before, self._sizes())
            return answer

        return handle

    def _faults(self, sent: Json, before: Sizes, after: Sizes) -> list[str]:
        """What of an order, and of what it did, must never be."""
        connector, pair, amount = sent["connector_name"], sent["trading_pair"], sent["amount"]
        direction = 1 if sent["trade_type"] == "SELL" else -1
        side = ({1: "LONG", -1: "SHORT"}[direction]) if connector in self.hedged else "BOTH"
        key = (connector, pair, side)
        known = {one[3] * direction for one in self.read if one[:3] == key}
        rest = {one: after.get(one, Decimal(0)) for one in before}
        rules = {
            "a reducing market order": (sent["order_type"], sent["position_action"]) == ("MARKET", "CLOSE"),
            "of no more than the position": 0 < amount <= max(known, default=Decimal(0)),
            "on the lot step": amount % LOTS[pair] == 0,
            "opens nothing": after.keys() <= before.keys(),
            "nothing grows or turns": all(smaller_or_same(size, rest[one]) for one, size in before.items()),
            "nothing else changes": {one for one, size in before.items() if rest[one] != size} <= {key},
        }
        return [f"not {name}: {sent}, {before} -> {after}" for name, holds in rules.items() if not holds]


Closing.TestCase.settings = settings(max_examples=8, stateful_step_count=12)
TestClosing = Closing.TestCase


@pytest.mark.slow
class TestLonger(Closing.TestCase):
    settings = settings(max_examples=25, stateful_step_count=12)
