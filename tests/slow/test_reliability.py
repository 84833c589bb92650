"""Faults in the middle of an order, with real processes: money moves at most once, and all that is told is true.

The table for people is docs/reliability.md. Whatever the fault, four things are looked at afterwards:

- the exchange, asked directly, has the order at most once, and not again when the call comes again;
- `hbmcp audit verify` says that the audit is intact, or what of it isn't, and its lines agree with the exchange;
- the ledger counts the order unless it surely wasn't placed, and no second one passes a limit that has room for one;
- an order is cancelled and a position closed.
"""

import json
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, Self

import anyio
import pytest
from mcp import Client

from hbmcp.policy.audit.log import Log
from hbmcp.policy.audit.record import stamped
from hbmcp.policy.audit.spare import ROOM
from hbmcp.policy.audit.verify import late, whole_lines
from hbmcp.store import LedgerRow
from tests.conftest import ROOT, address_of, connected, hbmcp
from tests.forked import Popen
from tests.slow.breaking_api import Break, BreakingApi
from tests.stdio_server import StdioServer
from tests.store.conftest import postgresql
from tests.store.opening import store
from tests.store.postgresql_cluster import Cluster

__all__ = ["postgresql"]  # the fixture

pytestmark = pytest.mark.slow

PERPETUAL = {"account_name": "master_account", "connector_name": "binance_perpetual"}
ORDER: dict[str, Any] = {
    **PERPETUAL,
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "order_type": "MARKET",
    "amount": 0.01,  # some 680 USDT
}
POLICY = "[limits]\nhour = 1000\n"  # room for one

#: Serves as hbmcp does, but waits less for an order's answer, and may kill itself right after a function has returned.
SERVER = """
import asyncio, os, signal
from importlib import import_module
from hbmcp import catalog
from hbmcp.store import worker
worker.PATIENCE = float(os.environ.get("STORE_PATIENCE", worker.PATIENCE))
tool = catalog.Catalog.load().tools["submit_order"]
within = asyncio.timeout
asyncio.timeout = lambda seconds: within(3 if seconds == tool.timeout else seconds)
if after := os.environ.get("KILLED_AFTER"):
    module, kind, name = after.split(":")
    owner = getattr(import_module(module), kind)
    function = getattr(owner, name)
    async def last(*given, **named):
        await function(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, last)
from hbmcp.cli import main
main()
"""

Known = Literal["sent", "unknown", "not sent"]


class Stdio(StdioServer):
    """A server over stdio."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        super().__init__("serve", env=env, cwd=folder, command=[sys.executable, "-c", SERVER])


class Http:
    """A server over HTTP; every call is a session of its own."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self._env = env
        self._folder = folder

    def __enter__(self) -> Self:
        self.process = Popen(
            [sys.executable, "-c", SERVER, "serve", "--transport", "http", "--port", "0"],
            env=self._env,
            cwd=self._folder,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._url = address_of(self.process)
        assert self.process.stderr is not None
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def call(self, tool: str, **arguments: Any) -> tuple[str, bool]:
        """The text of a call, and whether it failed."""

        async def called() -> Any:
            async with Client(self._url) as client:
                return await client.call_tool(tool, arguments)

        result = anyio.run(called)
        return result.content[0].text, result.is_error


Server = Stdio | Http


class World:
    """What one test acts on: an exchange on which somebody else has an order that rests and a position, and what
    hbmcp keeps in a folder of its own."""

    def __init__(self, api: BreakingApi, folder: Path, state_url: str | None = None) -> None:
        self.api = api
        self.folder = folder
        (folder / "policy.toml").write_text(POLICY)
        self._state = state_url or f"sqlite:///{folder / 'state.sqlite'}"
        self.env = connected(
            api.url,
            HBMCP_STATE_URL=self._state,
            HBMCP_POLICY=str(folder / "policy.toml"),
            XDG_DATA_HOME=str(folder),
        )
        where = folder / "hbmcp" if state_url else folder
        self.log = Log(where / "audit.jsonl")
        self._before = {one["order_id"] for one in self._recorded()}
        self.resting = self._theirs(connector_name="binance", order_type="LIMIT", price="30000", amount="0.01")
        self._theirs(connector_name="binance_perpetual", trading_pair="ETH-USDT", order_type="MARKET", amount="0.1")
        self.others = 0  # calls of ours that weren't ORDER

    def server(self, over: Callable[..., AbstractContextManager[Server]] = Stdio, **env: str) -> Any:
        return over({**self.env, **env}, self.folder)

    @property
    def orders(self) -> list[str]:
        """The ids of those that opened what ORDER opens, as the exchange has them."""
        return [one["order_id"] for one in self._recorded() if one["order_id"] not in self._before]

    @property
    def ledger(self) -> list[LedgerRow]:
        """What counts."""
        opened = store(self._state, api_url=self.api.url)

        async def granted() -> list[LedgerRow]:
            try:
                return [one for one in await opened.granted(0) if one.opened]
            finally:
                await opened.aclose()

        return anyio.run(granted)

    def verified(self) -> str:
        """What `hbmcp audit verify` says."""
        done = hbmcp("audit", "verify", env=self.env, cwd=self.folder)
        assert done.returncode == ("NOT intact" in done.stdout), done
        return done.stdout

    def told(self) -> list[tuple[Known, str | None]]:
        """What the audit says of each call of place_order, with the id that it tells."""
        calls: dict[str, tuple[Known, str | None]] = {}
        for record in (late(one.record) for one in whole_lines(self.log)):
            call = str(record.get("call"))
            if record["event"] == "begin" and record["tool"] == "place_order":
                calls[call] = "unknown", None
            elif record["event"] == "end" and call in calls:
                sent = record.get("sent") or []
                answered = next((one for one in sent if one["outcome"] == "answered"), None)
                if answered:
                    calls[call] = "sent", answered.get("id")
                elif not sent:
                    calls[call] = "not sent", None
                else:
                    surely_not = sent[0]["outcome"] != "outcome_unknown" and "unknown" not in sent[0]["outcome"]
                    calls[call] = ("not sent" if surely_not else "unknown"), None
        return list(calls.values())

    def _recorded(self) -> list[dict[str, Any]]:
        asked = {"connector_names": ["binance_perpetual"], "trading_pairs": ["BTC-USDT"], "limit": 1000}
        with self.api.exchange as exchange:
            return list(exchange.post("/trading/orders/search", json=asked).raise_for_status().json()["data"])

    def _theirs(self, **order: str) -> str:
        told = {"account_name": "master_account", "trading_pair": "BTC-USDT", "trade_type": "BUY", **order}
        with self.api.exchange as exchange:
            return str(exchange.post("/trading/orders", json=told).raise_for_status().json()["order_id"])


def placed_at_most_once(world: World, placed: bool) -> None:
    assert len(world.orders) == placed


def audit_tells_the_truth(world: World, broken: str = "") -> None:
    said = world.verified()
    assert (broken or "is intact") in said
    if broken:
        assert "NOT intact" in said
        return
    told, orders = world.told(), world.orders
    assert {order_id for known, order_id in told if known == "sent"} <= set(orders)
    assert len([known for known, _ in told if known == "sent"]) <= len(orders)
    assert len(orders) <= len([known for known, _ in told if known != "not sent"])


def limits_are_right(world: World, server: Server, known: Known) -> None:
    """What may have been placed counts, and the same doesn't go out again; what surely wasn't, may."""
    assert len(world.ledger) == (known != "not sent")
    assert all(one.reference in world.orders for one in world.ledger if one.state == "sent")
    before = len(world.orders)
    if known == "not sent":
        text, failed = server.call("place_order", **ORDER)
        assert not failed, text
    else:
        text, failed = server.call("place_order", **ORDER)
        assert failed
        assert "The same was said" in text
    text, failed = server.call("place_order", **ORDER, again=True)
    assert failed
    assert "limit hour" in text
    assert "Nothing was sent" in text
    assert len(world.orders) == before + (known == "not sent") <= 1
    assert len(world.ledger) == 1


def reducing_is_possible(world: World, server: Server) -> None:
    text, failed = server.call("cancel_order", order_id=world.resting)
    assert not failed, text
    assert "CANCELLED" in text
    text, failed = server.call("close_position", trading_pair="ETH-USDT")
    assert not failed, text
    assert "closed" in text


def ends_well(world: World, server: Server, *, placed: bool, known: Known, broken: str = "") -> None:
    """The four, for a world in which nothing is broken any more but, maybe, the audit."""
    placed_at_most_once(world, placed)
    audit_tells_the_truth(world, broken)
    limits_are_right(world, server, known)
    reducing_is_possible(world, server)
    assert len(world.orders) == (placed or known == "not sent")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BreakingApi]:
    with BreakingApi(tmp_path_factory.mktemp("api")) as breaking:
        yield breaking


@pytest.fixture
def world(api: BreakingApi, tmp_path: Path) -> World:
    return World(api, tmp_path)


FAULTS: dict[str, tuple[Break, Known]] = {
    "reset before it is read": (Break(False, "reset"), "unknown"),
    "reset after it was read": (Break(True, "reset"), "unknown"),
    "half an answer": (Break(True, "half"), "unknown"),
    "500, not placed": (Break(False, "500"), "unknown"),
    "500, placed": (Break(True, "500"), "unknown"),
    "silence": (Break(True, "silence"), "unknown"),
    "slow": (Break(True, "late"), "sent"),
    "killed before it is read": (Break(False, "killed"), "unknown"),
    "killed after it was read": (Break(True, "killed"), "unknown"),
}


@pytest.mark.parametrize(
    ("fault", "over"),
    [*((fault, Stdio) for fault in FAULTS), ("reset after it was read", Http), ("killed after it was read", Http)],
)
def test_an_api_that_fails_in_the_middle_of_an_order(fault: str, over: Any, world: World) -> None:
    broken, known = FAULTS[fault]
    with world.server(over) as server:
        world.api.arm(broken)
        text, failed = server.call("place_order", **ORDER)
        assert failed == (known == "unknown"), text
        assert ("Outcome unknown" in text) == (known == "unknown")
        assert "Nothing was sent" not in text
        if broken.then == "killed":
            text, failed = server.call("cancel_order", order_id=world.resting)
            assert failed
            assert "can't be reached" in text
            world.api.start()
        ends_well(world, server, placed=broken.reaches, known=known)


def test_an_api_that_is_gone(world: World) -> None:
    with world.server() as server:
        world.api.kill()
        text, failed = server.call("place_order", **ORDER)
        assert failed
        assert "Nothing was sent" in text
        world.api.start()
        ends_well(world, server, placed=False, known="not sent")


def test_a_client_that_gives_up(world: World) -> None:
    with world.server() as server:
        world.api.arm(Break(True, "silence"))
        call = server.start("tools/call", {"name": "place_order", "arguments": ORDER})
        assert world.api.broken.wait(60)
        server.notify("notifications/cancelled", {"requestId": call, "reason": "too long"})
        server.call("get_open_orders")
        ends_well(world, server, placed=True, known="unknown")


KILLED: dict[str, tuple[str, bool]] = {
    "reserved": ("hbmcp.policy.counting:Counting:reserve", False),
    "written down": ("hbmcp.policy.audit.audit:Entry:begin", False),
    "answered": ("hbmcp.policy.grant:Grant:send", True),
    "written down after": ("hbmcp.policy.audit.audit:Entry:end", True),
    "settled": ("hbmcp.policy.grant:Grant:end", True),
}


@pytest.mark.parametrize("when", KILLED)
def test_a_server_that_is_killed_between_two_steps(when: str, world: World) -> None:
    after, placed = KILLED[when]
    with world.server(KILLED_AFTER=after) as server:
        server.start("tools/call", {"name": "place_order", "arguments": ORDER})
        assert server.process.wait(60) == -signal.SIGKILL
    ended = when in ("written down after", "settled")
    assert ("began and have no end" in world.verified()) == (when != "reserved" and not ended)
    assert [one.state for one in world.ledger] == ["sent" if ended else "reserved"]
    with world.server() as server:
        ends_well(world, server, placed=placed, known="unknown")


def test_a_server_that_is_killed_while_it_waits(world: World) -> None:
    with world.server(Http) as other:
        with world.server() as server:
            world.api.arm(Break(True, "silence"))
            server.start("tools/call", {"name": "place_order", "arguments": ORDER})
            assert world.api.broken.wait(60)
            server.process.kill()
            server.process.wait()
        ends_well(world, other, placed=True, known="unknown")


def test_two_servers_at_once(world: World) -> None:
    with world.server(Stdio) as one, world.server(Http) as other, ThreadPoolExecutor(4) as threads:
        http = [threads.submit(other.call, "place_order", **ORDER, again=True) for _ in range(3)]
        calls = [one.start("tools/call", {"name": "place_order", "arguments": {**ORDER, "again": True}}) for _ in "123"]
        answers = [answer.result() for answer in http]
        for call in calls:
            arrived = [message for message in one.notifications if message.get("id") == call]
            result = (arrived[0] if arrived else one.answer(call))["result"]
            answers.append((result["content"][0]["text"], result["isError"]))
        assert [failed for _, failed in answers].count(False) == 1, answers
        assert all("limit hour" in text for text, failed in answers if failed)
        ends_well(world, one, placed=True, known="sent")


UNANSWERED = ["reset before it is read", "reset after it was read", "half an answer", "killed after it was read"]


@pytest.mark.parametrize("fault", UNANSWERED)
def test_what_was_never_answered_is_looked_for_by_two_servers_at_once(
    fault: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """With room for two orders, whether the first is there or not."""
    broken, _ = FAULTS[fault]
    with BreakingApi(tmp_path_factory.mktemp("api")) as api:
        world = World(api, tmp_path)
        (tmp_path / "policy.toml").write_text("[limits]\nposition = 2000\n")
        with world.server() as server:
            api.arm(broken)
            text, failed = server.call("place_order", **ORDER)
            assert failed, text
            assert "Outcome unknown" in text
        if broken.then == "killed":
            api.start()
        with world.server(Stdio) as one, world.server(Http) as other, ThreadPoolExecutor(2) as threads:
            until = time.monotonic() + 30
            while "would be refused" in (told := one.call("place_order", **ORDER, preview=True)[0]):
                assert time.monotonic() < until, told  # in its first seconds it counts beside what is seen
            assert [row.state for row in world.ledger] == ["sent" if broken.reaches else "unknown"]
            call = threads.submit(other.call, "place_order", **ORDER, again=True)
            answers = [one.call("place_order", **ORDER, again=True), call.result()]
            assert [failed for _, failed in answers].count(False) == 1, answers
            (refused,) = (text for text, failed in answers if failed)
            assert ("never answered" in refused) != broken.reaches
            assert len(world.orders) == 1 + broken.reaches
            audit_tells_the_truth(world)
            reducing_is_possible(world, one)
            text, failed = one.call("close_position", trading_pair="BTC-USDT")
            assert not failed, text


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="A process's limits are set from outside on Linux alone")
def test_a_full_disk(world: World) -> None:
    with world.server() as server:
        world.log.prepare()
        for _ in range(3):
            world.log.append(stamped("note", text="x" * ROOM))
        text, failed = server.call("place_order", **ORDER | {"amount": 0.02})  # the store is opened, and has grown
        assert failed, text
        unlimited = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (ROOM, unlimited[1]))  # no file goes beyond
        text, failed = server.call("place_order", **ORDER)
        assert failed
        assert "Nothing was sent" in text
        placed_at_most_once(world, False)
        reducing_is_possible(world, server)
        kept = [json.loads(one)["event"] for one in world.log.spare.lines]
        assert kept == ["begin", "end"] * 2
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
        audit_tells_the_truth(world)
        limits_are_right(world, server, "not sent")
        audit_tells_the_truth(world)
        assert world.log.spare.lines == []


def test_a_frozen_postgresql(postgresql: Cluster, api: BreakingApi, tmp_path: Path) -> None:
    world = World(api, tmp_path, postgresql.database())
    with world.server(STORE_PATIENCE="3") as server:
        text, failed = server.call("place_order", **ORDER | {"amount": 0.02})
        assert failed
        assert "limit hour" in text
        with postgresql.frozen():
            text, failed = server.call("place_order", **ORDER)
            assert failed
            assert "doesn't answer" in text
            placed_at_most_once(world, False)
            reducing_is_possible(world, server)
        placed_at_most_once(world, False)
        audit_tells_the_truth(world)
        limits_are_right(world, server, "not sent")
        audit_tells_the_truth(world)


def test_a_postgresql_that_freezes_in_the_middle_of_an_order(
    postgresql: Cluster, api: BreakingApi, tmp_path: Path
) -> None:
    world = World(api, tmp_path, postgresql.database())
    with world.server(STORE_PATIENCE="3") as server:
        world.api.arm(Break(True, "late"))
        call = server.start("tools/call", {"name": "place_order", "arguments": ORDER})
        assert world.api.broken.wait(60)
        with postgresql.frozen():
            result = server.answer(call)["result"]
        assert not result["isError"], result
        ends_well(world, server, placed=True, known="sent")


def delete(log: Path) -> None:
    log.unlink()


def cut(log: Path) -> None:
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))


def change(log: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    assert b"0.01" in lines[1]
    lines[1] = lines[1].replace(b"0.01", b"0.02")
    log.write_bytes(b"".join(lines))


DAMAGE: dict[Callable[[Path], None], str] = {
    delete: "is gone: the store knows of 3 lines",
    cut: "Its end was cut: it ends with number 2, and the store knows of number 3",
    change: "audit.jsonl, line 2 was changed",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_audit_file_that_is_damaged(damage: Callable[[Path], None], world: World) -> None:
    with world.server() as server:
        assert server.call("place_order", **ORDER | {"amount": 0.02})[1]
        assert not server.call("place_order", **ORDER)[1]
        damage(world.log.file)
        ends_well(world, server, placed=True, known="sent", broken=DAMAGE[damage])


def test_every_fault_has_its_test() -> None:
    """What docs/reliability.md names is there, and what is here it names."""
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text))
    assert named
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"
    here = f"tests/slow/{Path(__file__).name}"
    ours = {name for name, one in globals().items() if name.startswith("test_") and callable(one)}
    assert ours - {test_every_fault_has_its_test.__name__} <= {test for file, test in named if file == here}
