"""Faults in the middle of a firing, with real processes: an order is sent at most once, and no trigger is lost without
a mark.

The table for people is docs/triggers.md. A watcher is killed or stopped right before or after a function of its own;
another takes over; and the exchange is asked directly what it has.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import Action, Spec, Trigger, new
from hbmcp.store import Store
from tests.conftest import PASSWORD, ROOT, USERNAME, connected
from tests.forked import Popen
from tests.slow.paper_process import start_paper
from tests.store.opening import store

pytestmark = pytest.mark.slow

SPOT: dict[str, Any] = {"account_name": "master_account", "connector_name": "binance", "trading_pair": "BTC-USDT"}
ORDER = {**SPOT, "side": "BUY", "amount": "0.01", "order_type": "MARKET", "max_value": "1000000"}
DEADLINE = 2.0
AFTER = 4.0  # seconds; a watcher that ended in the middle is judged by then

#: Watches as `hbmcp watch` does, but sooner, and ends or stops itself before or after the n-th call of a function.
WATCHER = f"""
import os, signal
from importlib import import_module
from hbmcp.watch import firing, reconciliation, watcher
watcher.EVERY, watcher.HEARTBEAT, watcher.LEASE = 0.2, 500, 900
watcher.BLIND = 1_000
firing.DEADLINE, reconciliation.AFTER = {DEADLINE}, {AFTER * 1000:.0f}
if at := os.environ.get("FAULT"):
    module, path, when, turn, sent = at.split("|")
    *owners, name = path.split(".")
    owner = import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    function = getattr(owner, name)
    turns = 0
    async def last(*given, **named):
        global turns
        turns += 1
        if turns == int(turn) and when == "before":
            os.kill(os.getpid(), getattr(signal, sent))
        result = await function(*given, **named)
        if turns == int(turn) and when == "after":
            os.kill(os.getpid(), getattr(signal, sent))
        return result
    setattr(owner, name, last)
from hbmcp.cli import main
main()
"""

STEPS = [  # where it ends, the orders by then, and what is known at last
    ("hbmcp.store|Store.move_trigger|before|1", 1, "done"),  # nothing had begun: the next one fires it
    ("hbmcp.store|Store.move_trigger|after|1", 1, "done"),  # surely unsent: it waits anew
    ("hbmcp.bridge|Bridge.call|before|1", 1, "done"),
    ("hbmcp.store|Store.reserve|after|1", 1, "done"),
    ("hbmcp.store|Store.remember_order|after|1", 1, "done"),
    ("hbmcp.watch.firing|Firing.sending|before|1", 1, "done"),
    ("hbmcp.watch.firing|Firing.sending|after|1", 0, "unknown"),  # nobody can know that it wasn't sent
    ("hbmcp.policy.grant|Grant.send|after|1", 1, "done"),  # found among the API's orders
    ("hbmcp.store|Store.name_order|after|1", 1, "done"),
    ("hbmcp.bridge|Bridge.call|after|1", 1, "done"),
    ("hbmcp.watch.firing|settle|before|1", 1, "done"),
    ("hbmcp.store|Store.move_trigger|after|2", 1, "done"),
]

#: The paper exchange as `hbmcp paper` has it, with a fault of tests.paper.scripted_faults.
FAULTY_API = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from functools import partial
from hbmcp.paper.api import application as api
from tests.paper import scripted_faults
name, price = os.environ["FAULT"].split()
api.application = partial(api.application, faults=[getattr(scripted_faults, name)(price)])
from hbmcp.cli import main
main()
"""


class Triggers:
    """Those in a store of an exchange at that address."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self._state = f"sqlite:///{folder / 'state.sqlite'}"
        self.env = connected(self.url, HBMCP_STATE_URL=self._state, XDG_DATA_HOME=str(folder), LOG_LEVEL="INFO")

    def asked(self, ask: Callable[[Store], Any]) -> Any:
        async def run() -> Any:
            opened = store(self._state, api_url=self.url, api_username=USERNAME)
            try:
                return await ask(opened)
            finally:
                await opened.aclose()

        return anyio.run(run)

    def add(self, level: Decimal = Decimal(1_000_000)) -> int:
        when = Condition(goes="below", level=level, **SPOT)
        then = Action(tool="place_order", arguments=ORDER, words="BUY 0.01 BTC-USDT", reduces=False)
        rows = [new(Spec(when=when, then=then, slip=Decimal(100)), time.time_ns() // 1_000_000, None, None)]
        return int(self.asked(lambda opened: opened.add_triggers(rows, "created"))[0])

    def trigger(self, key: int) -> Trigger:
        return Trigger.of(self.asked(lambda opened: opened.triggers(keys=[key]))[0])


class World(Triggers):
    """An exchange in a process of its own, a store, and watchers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paper, self.port = start_paper(folder, port=0, database=str(folder / "paper.sqlite"))
        super().__init__(folder, f"http://127.0.0.1:{self.port}")
        self.watchers: list[subprocess.Popen[bytes]] = []

    def watch(self, fault: str = "") -> "subprocess.Popen[bytes]":
        with (self.folder / f"watcher{len(self.watchers)}.log").open("wb") as log:
            process = Popen(
                [sys.executable, "-c", WATCHER, "watch"],
                env={**self.env, "FAULT": fault},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.watchers.append(process)
        return process

    def start_again(self, fault: str = "") -> None:
        """The exchange, with all that it knew; with a fault it answers wrongly from now on."""
        self.paper.kill()
        self.paper.wait()
        program = ("-c", FAULTY_API) if fault else ("-m", "hbmcp")
        database = str(self.folder / "paper.sqlite")
        self.paper, _ = start_paper(self.folder, port=self.port, database=database, program=program, FAULT=fault)

    @property
    def orders(self) -> list[Any]:
        asked = {"connector_names": ["binance"], "trading_pairs": ["BTC-USDT"], "limit": 1000}
        with httpx.Client(base_url=self.url, auth=(USERNAME, PASSWORD)) as exchange:
            return list(exchange.post("/trading/orders/search", json=asked).raise_for_status().json()["data"])

    @property
    def price(self) -> Decimal:
        asked = {"connector_name": "binance", "trading_pairs": ["BTC-USDT"]}
        with httpx.Client(base_url=self.url, auth=(USERNAME, PASSWORD)) as exchange:
            answer = exchange.post("/market-data/prices", json=asked).raise_for_status().json()
        return Decimal(str(answer["prices"]["BTC-USDT"]))

    def until_over(self, key: int) -> str:
        return until(lambda: state if (state := self.trigger(key).row.state) not in ("waiting", "firing") else "")

    def close(self) -> None:
        for process in (*self.watchers, self.paper):
            process.kill()
            process.wait()


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    ends = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < ends, "it didn't come"
        time.sleep(0.2)
    return value


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(("step", "orders", "state"), STEPS, ids=[step for step, _, _ in STEPS])
def test_a_watcher_that_is_killed(world: World, step: str, orders: int, state: str) -> None:
    key = world.add()
    first = world.watch(f"{step}|SIGKILL")
    assert first.wait(60) == -signal.SIGKILL
    assert len(world.orders) <= orders
    world.watch()
    assert world.until_over(key) == state
    assert len(world.orders) == orders
    another = world.add()  # and it goes on
    assert world.until_over(another) == "done"
    assert len(world.orders) == orders + 1


@pytest.mark.parametrize(
    ("step", "orders", "state"),
    [
        ("hbmcp.watch.firing|Firing.sending|before|1", 1, "done"),  # the other sends it, and it doesn't when it goes on
        ("hbmcp.store|Store.keep_trigger_memory|after|1", 0, "unknown"),
    ],
)
def test_a_watcher_that_sleeps_past_its_deadline_sends_nothing_late(
    world: World, step: str, orders: int, state: str
) -> None:
    key = world.add()
    first = world.watch(f"{step}|SIGSTOP")
    until(lambda: stopped(first.pid))
    world.watch()
    assert world.until_over(key) == state
    assert len(world.orders) == orders
    os.kill(first.pid, signal.SIGCONT)
    another = world.add()
    assert world.until_over(another) == "done"
    assert len(world.orders) == orders + 1
    assert world.trigger(key).row.state in (state, "failed", "waiting")


def test_two_watchers_send_each_once(world: World) -> None:
    world.watch()
    world.watch()
    keys = [world.add() for _ in range(10)]
    assert [world.until_over(key) for key in keys] == ["done"] * 10
    assert len(world.orders) == 10


def test_an_api_that_comes_back(world: World) -> None:
    """While it is gone nothing is lost, and nothing sent twice."""
    world.watch()
    first = world.add()
    assert world.until_over(first) == "done"
    world.paper.kill()
    world.paper.wait()
    second = world.add()
    log = world.folder / "watcher0.log"
    until(lambda: world.trigger(second).memory.doubt or "answer" in log.read_text())
    world.start_again()
    assert world.until_over(second) == "done"
    assert len(world.orders) == 2


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("old_price", "by another"),  # its books are of now
        ("old_market", "hasn't changed for"),  # nothing of it is, and all of it agrees
    ],
)
def test_an_api_that_was_started_again_and_answers_yesterdays_price(world: World, fault: str, why: str) -> None:
    """By which the trigger's condition holds: it opens nothing, a person is told, and by prices of now it waits."""
    world.watch()
    assert world.until_over(world.add()) == "done"
    price = world.price
    keys = [world.add(price * Decimal("0.6"))]
    world.start_again(f"{fault} {price / 2:.2f}")
    keys.append(world.add(price * Decimal("0.6")))  # of the first it may be told already that the API was away
    log = world.folder / "watcher0.log"
    until(lambda: all(why in world.trigger(key).memory.doubt for key in keys))
    until(lambda: any("can't be judged" in line and why in line for line in log.read_text().splitlines()))
    assert ([world.trigger(key).row.state for key in keys], len(world.orders)) == (["waiting", "waiting"], 1)
    world.start_again()
    until(lambda: all(world.trigger(key).memory.doubted is None for key in keys))
    assert ([world.trigger(key).row.state for key in keys], len(world.orders)) == (["waiting", "waiting"], 1)
    assert world.until_over(world.add()) == "done"


def test_a_store_that_cant_be_written(world: World) -> None:
    """Another process has it locked: nothing fires, and everything once it is free."""
    import sqlite3

    watcher = world.watch()
    assert world.until_over(world.add()) == "done"
    key = world.add()
    holder = sqlite3.connect(world.folder / "state.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    before = len(world.orders)
    log = world.folder / "watcher0.log"
    until(lambda: "locked" in log.read_text())
    between = len(world.orders)
    holder.execute("ROLLBACK")
    holder.close()
    assert between - before <= 1
    assert world.until_over(key) == "done"
    assert len(world.orders) == 2
    assert watcher.poll() is None
