"""A halt: what adds risk isn't sent, by anyone; what reduces is."""

from decimal import Decimal
from errno import ENOSPC
from pathlib import Path

import pytest
from pydantic import SecretStr

from hbmcp.errors import Halted, StoreError
from hbmcp.identity import Identity
from hbmcp.policy import halt as halts
from hbmcp.policy.files import Files
from hbmcp.policy.halt import Halts
from hbmcp.policy.model import Policy
from hbmcp.settings import load
from hbmcp.store import Halt
from tests.conftest import connected, hbmcp
from tests.faulty_api import FaultyApi, Reply
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, PAIR, open_position
from tests.paper.spot_account import BUY, PLACE, orders, rest
from tests.policy.audited import audited
from tests.stdio_server import StdioServer
from tests.store.opening import failing_store, store
from tests.store.postgresql_cluster import Cluster

pytestmark = pytest.mark.anyio

MARKET = {**BUY, "amount": 0.01, "order_type": "MARKET"}
TARGET = {
    "account_name": ACCOUNT,
    "connector_name": CONNECTOR,
    "trading_pair": PAIR,
    "side": "SELL",
    "amount": 0.1,
    "price": "+20%",
    "position_action": "CLOSE",
}
WHERE = {"account_name": "master_account", "connector_name": "binance"}
PARTLY = Halt(1_795_337_003_000, everything=False, by="me at home")
WHOLLY = Halt(1_795_337_004_000, everything=True, by="me at home")


async def test_what_adds_risk_is_refused_and_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        resting = rest(it.api)
        assert await it.halts.begin(PARTLY) == []
        text = await it.call.bad("place_order", **MARKET)
        assert text.startswith("hbmcp is halted since 2026-11-22T08:43:23Z: a person (me at home) stopped all")
        assert "Nothing was sent." in text
        assert "would be refused" in await it.call.good("place_order", **MARKET, preview=True)
        assert PLACE not in it.call.asked
        assert "hbmcp is halted" in await it.call.good("get_status")
        await it.call.good("submit_cancel", **WHERE, order_id=resting)
        assert [one.status for one in orders(it.api)] == ["CANCELLED"]
        assert it.lines[0]["outcome"] == "halted"
        assert await it.halts.end() == []
        await it.call.good("place_order", **MARKET)


async def test_with_all_only_who_is_at_a_terminal_can_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        resting = rest(it.api)
        await it.halts.begin(WHOLLY)
        assert "what protects too" in await it.call.bad("submit_cancel", **WHERE, order_id=resting)
        it.call.bridge._kind = "terminal"
        await it.call.bad("place_order", **MARKET)
        await it.call.good("submit_cancel", **WHERE, order_id=resting)


async def test_what_protects_is_cancelled_by_a_person_who_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        open_position(it.api, "BUY", "0.1")
        await it.call.good("place_order", **TARGET)
        (order,) = it.api.paper.engine.orders(statuses=["OPEN"])
        await it.halts.begin(PARTLY)
        for kind in ("client", "terminal"):
            it.call.bridge._kind = kind  # type: ignore[assignment]
            assert "a person" in await it.call.bad("cancel_order", order_id=order.id)
        it.call.bridge._kind = "person"
        monkeypatch.setattr(it.log, "append", full)
        await it.call.good("cancel_order", order_id=order.id)
        assert it.api.paper.engine.order(order.id).status == "CANCELLED"
        await it.call.bad("place_order", **MARKET)


async def test_of_many_orders_those_are_cancelled_that_protect_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        open_position(it.api, "BUY", "0.1")
        await it.call.good("place_order", **TARGET)
        (target,) = it.api.paper.engine.orders(statuses=["OPEN"])
        entry = rest(it.api)
        await it.halts.begin(PARTLY)
        text = await it.call.good("cancel_orders", all=True, preview=True)
        assert "1 of 2 would be refused, the others not: hbmcp is halted since" in text
        text = await it.call.good("cancel_orders", all=True)
        assert '"cancelled":1,"not_cancelled":1' in text
        assert "hbmcp is halted since" in text
        states = {one.id: one.status for one in it.api.paper.engine.orders()}
        assert (states[target.id], states[entry]) == ("OPEN", "CANCELLED")
        begun, ended = it.lines[-2:]
        assert (len(begun["plan"]), len(ended["sent"])) == (2, 1)
        assert (await it.call.bad("cancel_orders", all=True)).startswith("hbmcp is halted since")


async def test_of_many_orders_those_are_cancelled_that_the_policy_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited(tmp_path, monkeypatch, told=Policy.model_validate({"deny": {"pairs": ["BTC-*"]}})) as it:
        open_position(it.api, "BUY", "0.1")
        elsewhere, entry = rest(it.api, "SELL", "90000", connector="binance_perpetual"), rest(it.api)
        assert "the policy" in (await it.call.good("cancel_orders", all=True)).lower()
        states = {one.id: one.status for one in it.api.paper.engine.orders()}
        assert (states[elsewhere], states[entry]) == ("OPEN", "CANCELLED")


@pytest.mark.parametrize(
    ("side", "price", "position", "protects"),
    [("SELL", "90000", "BUY", True), ("BUY", "40000", "BUY", False), ("BUY", "40000", "SELL", True)],
)
async def test_an_order_that_was_placed_elsewhere_may_be_what_protects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str, price: str, position: str, protects: bool
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        open_position(it.api, position, "0.1")
        order = rest(it.api, side, price, connector="binance_perpetual")
        await it.halts.begin(PARTLY)
        assert (await it.call("cancel_order", order_id=order)).is_error == protects
        assert it.api.paper.engine.order(order).status == ("OPEN" if protects else "CANCELLED")


async def test_what_hbmcp_keeps_itself_is_judged_and_written_down_as_what_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = {"executor_type": "grid_executor", "config": {"max_open_orders": 3}}
    async with audited(tmp_path, monkeypatch, told=Policy.model_validate({"deny": {"tools": ["x"]}})) as it:
        await it.call.good("set_executor_defaults", **saved)
        begun, ended = it.lines
        assert (begun["event"], begun["plan"][0]["effect"]) == ("begin", "configures")
        assert (ended["event"], ended["outcome"], ended["sent"][0]["outcome"]) == ("end", "done", "answered")
        await it.halts.begin(PARTLY)
        await it.call.bad("set_executor_defaults", executor_type="grid_executor", clear=True)
        assert "max_open_orders" in await it.call.good("set_executor_defaults", executor_type="grid_executor")
        await it.halts.end()
        monkeypatch.setattr(it.log, "append", full)
        assert "audit" in await it.call.bad("set_executor_defaults", executor_type="grid_executor", clear=True)


async def test_a_sale_on_a_spot_exchange_adds_no_risk_and_needs_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = {**MARKET, "side": "SELL"}
    async with audited(tmp_path, monkeypatch) as it:
        it.api.paper.engine.deposit("master_account", "binance", "BTC", Decimal(1))
        monkeypatch.setattr(it.log, "append", full)
        monkeypatch.setattr(it.call.bridge.store, "granted", no_store)
        monkeypatch.setattr(it.call.bridge.store, "reserve", no_store)
        assert "refused" not in await it.call.good("place_order", **sale, preview=True)
        await it.call.good("place_order", **sale)
        assert [one.side for one in orders(it.api)] == ["SELL"]
        assert "refused" in await it.call.good("place_order", **MARKET, preview=True)
        await it.call.bad("place_order", **MARKET)


async def no_store(*_: object) -> object:
    raise StoreError("It stands still.")


def full(*_: object) -> object:
    raise OSError(ENOSPC, "No space left on device")


async def test_one_that_begins_in_the_middle_of_a_call_stops_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        begin = it.log.append

        def halting(*given: object) -> object:
            halts._write(tmp_path / "state" / "halt", PARTLY)
            return begin(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(it.log, "append", halting)
        await it.call.bad("place_order", **MARKET)
        assert PLACE not in it.call.asked
        assert [one.get("outcome") for one in it.lines] == [None, "halted"]


async def test_another_machine_sees_it_by_the_store(url: str, tmp_path: Path) -> None:
    here, there = store(url), store(url)
    mine, others = Halts([tmp_path / "here"], here), Halts([tmp_path / "there"], there)
    assert await others.standing() is None
    await mine.begin(WHOLLY)
    others._read_at = float("-inf")  # a second later
    assert await others.standing() == WHOLLY
    assert not (tmp_path / "there").exists()
    await others.end()
    assert await mine.standing() == WHOLLY  # by its own file
    await mine.end()
    assert await mine.standing() is None
    for one in (here, there):
        await one.aclose()


async def test_without_the_store_the_file_decides(tmp_path: Path) -> None:
    found = Halts([tmp_path / "halt"], failing_store(StoreError("closed")))
    assert await found.standing() is None
    assert len(await found.begin(PARTLY)) == 1
    assert await found.standing() == PARTLY
    (tmp_path / "halt").write_text("[")
    standing = await found.standing()
    assert standing is not None
    assert not standing.everything


async def test_a_frozen_store_keeps_nobody_and_what_it_said_last_holds(
    postgresql: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store(postgresql.database())
    found = Halts([tmp_path / "halt"], opened)
    await found.begin(PARTLY)
    (tmp_path / "halt").unlink()
    assert await found.standing() == PARTLY
    monkeypatch.setattr(halts, "PATIENCE", 0.1)
    monkeypatch.setattr(halts, "KNOWN_FOR", 0)
    with postgresql.frozen():
        assert await found.standing() == PARTLY
    await opened.aclose()


def environ(api: FaultyApi, folder: Path) -> dict[str, str]:
    return connected(api.url, HBMCP_TOOLS="all", HBMCP_STATE_URL=f"sqlite:///{folder / 'state.sqlite'}")


def test_a_server_that_runs_sees_it_at_its_next_call(api: FaultyApi, tmp_path: Path) -> None:
    api.always = Reply.json({"message": "ok"})
    env = environ(api, tmp_path)
    with StdioServer(env=env, cwd=tmp_path) as server:
        assert not server.call("add_account", account_name="one")[1]
        done = hbmcp("halt", "--yes", env=env, cwd=tmp_path)
        assert done.returncode == 0, done
        text, failed = server.call("add_account", account_name="two")
        assert failed
        assert "hbmcp is halted since" in text
    assert [one.path for one in api.requests if "add-account" in one.path] == ["/accounts/add-account?account_name=one"]


def test_without_a_terminal_nothing_is_asked_and_so_nothing_done(api: FaultyApi, tmp_path: Path) -> None:
    env = environ(api, tmp_path)
    refused = hbmcp("halt", env=env, cwd=tmp_path)
    assert (refused.returncode, (tmp_path / "halt").exists()) == (2, False)
    assert hbmcp("halt", "--yes", env=env, cwd=tmp_path).returncode == 0
    refused = hbmcp("resume", env=env, cwd=tmp_path)
    assert (refused.returncode, (tmp_path / "halt").exists()) == (2, True)


def test_who_halts_without_a_server_s_settings_halts_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    elsewhere = load({"api_url": "http://localhost:8000"}).model_copy(
        update={"state_url": SecretStr(f"sqlite:///{tmp_path / 'other' / 'state.sqlite'}")}
    )
    plain = load({"api_url": "http://localhost:8000"})
    files = [Files.of(told, Identity.of(told)) for told in (elsewhere, plain)]
    assert files[0]
    assert files[1]
    assert set(files[1].halts) <= set(files[0].halts)


def test_who_is_at_a_terminal_can_be_asked_for_what_protects_and_for_nothing_that_adds_risk() -> None:
    for effect, kind, whole, for_person in (
        ("unprotects", "terminal", False, True),
        ("unprotects", "terminal", True, True),
        ("unprotects", "client", False, False),
        ("opens", "terminal", False, False),
    ):
        with pytest.raises(Halted) as halted:
            halts.refuse(WHOLLY if whole else PARTLY, kind, effect)  # type: ignore[arg-type]
        assert halted.value.for_person == for_person
