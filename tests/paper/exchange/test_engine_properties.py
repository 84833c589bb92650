"""Whatever is done on whatever market: money is conserved, a killed run goes on as if it hadn't been, and it makes no
difference how often somebody looks."""

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.paper.errors import ExchangeRefused, UnknownOrder
from tests.paper.exchange.ledger_audit import audit
from tests.paper.exchange.scripted_exchange import D, ScriptedExchange, contents, reopened, scripted
from tests.paper.scripted_market import BEGIN

HOUR = 3_600_000
PERPETUAL = "binance_perpetual"

prices = st.lists(st.integers(700, 1300).map(D), min_size=1, max_size=60)
amounts = st.decimals("0.2", "9", places=3) | st.just(D(80))
limits = st.integers(700, 1300).map(D) | st.none()

actions = st.one_of(
    st.tuples(
        st.just("place"),
        st.sampled_from(["binance", PERPETUAL, PERPETUAL]),
        st.sampled_from(["BUY", "SELL"]),
        amounts,
        limits,
        st.sampled_from(["OPEN", "OPEN", "CLOSE"]),
        st.booleans(),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("leverage"), st.sampled_from([1, 3, 7, 50, 125])),
    st.tuples(st.just("mode"), st.sampled_from(["ONEWAY", "HEDGE"])),
    st.tuples(st.just("wait"), st.integers(1, 30 * HOUR)),
    st.tuples(st.just("wait"), st.integers(0, 12).map(lambda hours: hours * HOUR)),
)
scripts = st.fixed_dictionaries(
    {
        "prices": prices,
        "amounts": st.sampled_from([(D(1), D(2), D(4)), (D("0.3"), D("0.1"), D("0.01")), (D(50), D(50), D(50))]),
        "rate": st.sampled_from([D("0.0001"), D("-0.0123456789"), D("0.2")]),
    }
)


def begun(script: dict[str, Any], path: object = ":memory:") -> ScriptedExchange:
    """A price an hour, so that funding is never far."""
    return scripted(*script["prices"], amounts=script["amounts"], rate=script["rate"], tick=HOUR, path=path)


def do(a: ScriptedExchange, action: tuple[Any, ...]) -> None:
    """What the exchange refuses is part of it."""
    engine = a.engine
    match action:
        case ("place", exchange, side, amount, price, closing, maker):
            kind = "MARKET" if price is None else "LIMIT_MAKER" if maker else "LIMIT"
            engine.place("master_account", exchange, "BTC-USDT", side, amount, kind, price, closing)
        case ("cancel", n):
            resting = engine.orders(statuses=["OPEN", "PARTIALLY_FILLED"])
            if n < len(resting):
                engine.cancel("master_account", resting[n].exchange, resting[n].id)
        case ("leverage", leverage):
            with suppress(ExchangeRefused):
                engine.set_leverage("master_account", PERPETUAL, "BTC-USDT", leverage)
        case ("mode", mode):
            engine.set_position_mode("master_account", PERPETUAL, mode)
        case ("wait", time):
            a.clock.advance(time)
            engine.advance()


@settings(max_examples=60, deadline=None)
@given(scripts, st.lists(actions, max_size=25))
def test_money_is_conserved(script: dict[str, Any], run: list[tuple[Any, ...]]) -> None:
    a = begun(script)
    for action in run:
        do(a, action)
        audit(a.store.db)
    a.store.close()


@settings(max_examples=40, deadline=None)
@given(scripts, st.lists(actions, max_size=20), st.data())
def test_many_steps_are_one(script: dict[str, Any], run: list[tuple[Any, ...]], data: st.DataObject) -> None:
    a, b = begun(script), begun(script)
    for action in run:
        do(a, action)
        if action[0] == "wait":
            left = action[1]
            for part in data.draw(st.lists(st.integers(1, 5 * HOUR), max_size=6)):
                do(b, ("wait", min(part, left)))
                left -= min(part, left)
            do(b, ("wait", left))
        else:
            do(b, action)
    do(a, ("wait", 0))
    do(b, ("wait", 0))
    assert contents(a.store.db) == contents(b.store.db)
    a.store.close()
    b.store.close()


class Killed(Exception):
    pass


class Dying:
    """A connection whose process is killed at the n-th statement that isn't a question: it doesn't even roll back."""

    def __init__(self, db: sqlite3.Connection, statements: int) -> None:
        self._db = db
        self._left = statements

    def execute(self, statement: str, *values: Any) -> Any:
        self._count(statement)
        return self._db.execute(statement, *values)

    def executemany(self, statement: str, rows: Any) -> Any:
        self._count(statement)
        return self._db.executemany(statement, rows)

    def _count(self, statement: str) -> None:
        self._left -= not statement.startswith("SELECT")
        if self._left < 0:
            raise Killed


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(scripts, st.lists(actions, min_size=1, max_size=12), st.data())
def test_a_killed_run_goes_on(script: dict[str, Any], run: list[tuple[Any, ...]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole, a = begun(script), begun(script, Path(folder) / "paper.db")
        for action in run:
            do(whole, action)
            before = contents(a.store.db)
            if data.draw(st.booleans()):
                real = a.store.db
                a.store.db = Dying(real, data.draw(st.integers(0, 25)))  # type: ignore[assignment]
                try:
                    do(a, action)
                    done = True
                except Killed:
                    done = False
                real.close()
                a = reopened(a.market, a.clock, Path(folder) / "paper.db")
                if not done:
                    if action[0] == "wait":
                        assert contents(a.store.db) == before
                        a.engine.advance()
                    else:
                        do(a, action)
            else:
                do(a, action)
            audit(a.store.db)
        assert contents(whole.store.db) == contents(a.store.db)
        whole.store.close()
        a.store.close()


def test_an_order_of_long_ago_fills_while_nothing_runs() -> None:
    a = scripted(1000, 1000, 990, 1000)
    order = a.engine.place("master_account", "binance", "BTC-USDT", "BUY", D("0.5"), "LIMIT", D(995))
    a.clock.advance(365 * 24 * HOUR)
    assert [(fill.at, fill.price) for fill in a.engine.fills()] == [(BEGIN + 2000, D(995))]
    with pytest.raises(UnknownOrder):
        a.engine.cancel("master_account", "binance", order.id)
