"""Each call that isn't a read is written down before it is sent, and after."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from hbmcp import settings
from hbmcp.arguments import secrets
from hbmcp.bridge import Bridge
from hbmcp.errors import StoreError
from hbmcp.policy.audit.verify import verify
from hbmcp.redaction import KEPT, hide_sent, redacted
from hbmcp.store import worker
from tests.conftest import connected, hbmcp
from tests.faulty_api import DROP, HANG, FaultyApi, Reply
from tests.paper.assistant import ALL, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.spot_account import BUY, PLACE, orders, rest
from tests.policy.audited import Audited, audited
from tests.stdio_server import StdioServer
from tests.store.opening import failing_store, store
from tests.store.postgresql_cluster import Cluster

pytestmark = pytest.mark.anyio

MARKET = {**BUY, "amount": 0.01, "order_type": "MARKET", "again": True}
CANCEL_PLAIN = {"account_name": "master_account", "connector_name": "binance"}


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


def environ(api: FaultyApi, folder: Path, **other: str) -> dict[str, str]:
    state = f"sqlite:///{folder / 'state.sqlite'}"
    return connected(api.url, HBMCP_TOOLS="all", HBMCP_STATE_URL=state, **other)


async def test_a_line_before_and_a_line_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        await it.call.good("place_order", **MARKET)
        before, after = it.lines
        (order,) = orders(it.api)
        assert before["event"] == "begin"
        assert before["tool"] == "place_order"
        assert before["caller"] == "client"
        assert before["arguments"]["amount"] == "0.01"
        (planned,) = before["plan"]
        assert "BUY 0.01 BTC-USDT" in planned["words"]
        assert (planned["effect"], planned["request"]) == ("opens", "POST /trading/orders")
        assert planned["pair"] == "BTC-USDT"
        assert (after["event"], after["call"], after["outcome"]) == ("end", before["call"], "done")
        assert after["sent"] == [{"request": "POST /trading/orders", "outcome": "answered", "id": order.id}]


async def test_reads_and_previews_leave_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        await it.call.good("get_open_orders")
        await it.call.good("place_order", **MARKET, preview=True)
        assert not it.log.files


async def test_a_refusal_leaves_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        await it.call.bad("place_order", **{**MARKET, "trading_pair": "NOPE-USDT"})
        await it.call.bad("place_order", amount="much")
        assert [(one["event"], one["outcome"]) for one in it.lines] == [
            ("refused", "refused"),
            ("refused", "bad_arguments"),
        ]
        assert "NOPE-USDT" in it.lines[0]["text"]


async def test_a_tool_that_is_off_leaves_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        it.call.bridge._offer = ALL.catalog.choose(read_only=True)
        await it.call.bad("add_credential", **CANCEL_PLAIN, credentials={"k": CANARY})
        await it.call.bad("no_such_tool")
        (only,) = it.lines
        assert (only["tool"], only["outcome"]) == ("add_credential", "unknown_tool")
        assert CANARY not in it.log.file.read_text()


async def test_what_a_refused_call_made_up_is_masked_in_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["BTC-USDT", "get_open_orders", *(f"word-{number:05}" for number in range(10_000))]
    async with audited(tmp_path, monkeypatch) as it:
        offered = it.call.bridge._offer
        it.call.bridge._offer = ALL.catalog.choose(read_only=True)
        await it.call.bad("add_credential", **CANCEL_PLAIN, credentials={"api_key": words})
        it.call.bridge._offer = offered
        await it.call.bad("add_credential", credentials={"api_key": words})
        text = " ".join(words)
        assert redacted(text) == text
        hide_sent(words)
        assert redacted(text).count("***") == KEPT


async def test_it_is_on_disk_before_the_request_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        written: list[int] = []
        ask = it.call.bridge._operations.ask

        async def noting(tool: Any, *given: Any, **other: Any) -> Any:
            if tool.operation == PLACE:
                written.append(len(it.lines))
                database = it.call.bridge.store._opened()._database
                assert database._later - database._on_disk <= 1  # the store's word for the line
            return await ask(tool, *given, **other)

        monkeypatch.setattr(it.call.bridge._operations, "ask", noting)
        await it.call.good("place_order", **MARKET)
        assert written == [1]


def break_file(it: Audited) -> None:
    it.log.prepare()
    it.log.file.mkdir()


def break_folder(it: Audited) -> None:
    it.log.file.parent.write_text("a file, where the folder should be")


@pytest.mark.parametrize("damage", [break_file, break_folder])
async def test_what_cannot_be_written_down_is_sent_only_if_it_reduces(
    damage: Callable[[Audited], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        resting = rest(it.api)
        damage(it)
        text = await it.call.bad("place_order", **MARKET)
        assert "audit log" in text
        assert "wasn't sent" in text
        assert PLACE not in it.call.asked
        with caplog.at_level(logging.ERROR):
            await it.call.good("submit_cancel", **CANCEL_PLAIN, order_id=resting)
        assert orders(it.api)[0].status == "CANCELLED"
        assert "This isn't in the audit log" in caplog.text
        if damage is break_file:
            assert [json.loads(one)["event"] for one in it.log.spare.lines] == ["begin", "end"]
            it.log.file.rmdir()
            await it.call.good("place_order", **MARKET)
            assert [one["event"] for one in it.lines] == ["begin", "late", "late", "end"]
            assert verify(it.log, it.log.end).broken == ()


async def test_a_store_that_cannot_be_told_stops_what_adds_risk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited(tmp_path, monkeypatch, failing_store(StoreError("The store is closed."))) as it:
        resting = rest(it.api)
        text = await it.call.bad("place_order", **MARKET)
        assert "The store is closed" in text
        assert PLACE not in it.call.asked
        await it.call.good("submit_cancel", **CANCEL_PLAIN, order_id=resting)
        assert [one.get("outcome") for one in it.lines] == [None, "not_audited", None, "done"]


@pytest.mark.slow
async def test_with_a_frozen_postgresql_only_what_reduces_is_sent(
    postgresql: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store(postgresql.database())
    await opened.sent_orders()
    monkeypatch.setattr(worker, "PATIENCE", 1.0)  # for the store of what is counted, too
    async with audited(tmp_path, monkeypatch, opened) as it:
        resting = rest(it.api)
        with postgresql.frozen():
            assert "audit log" in await it.call.bad("place_order", **MARKET)
            await it.call.good("submit_cancel", **CANCEL_PLAIN, order_id=resting)
        assert PLACE not in it.call.asked
    await opened.aclose()


async def test_a_log_that_was_cut_shows_although_more_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        for _ in range(3):
            await it.call.good("place_order", **MARKET)
        whole = it.log.file.read_bytes().splitlines(keepends=True)
        it.log.file.write_bytes(b"".join(whole[:-1]))
        for _ in range(3):
            await it.call.good("place_order", **MARKET)
        broken = verify(it.log, it.log.end).broken
        assert len(broken) == 1
        assert "the store knew of number 6" in broken[0]
        it.log.file.unlink()
        await it.call.good("place_order", **MARKET)
        assert "the store knew of number" in verify(it.log, it.log.end).broken[0]


async def test_a_store_that_was_removed_is_told_for_it_counted_what_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    async with audited(tmp_path, monkeypatch, store(f"sqlite:///{tmp_path}/one.sqlite")) as it:
        await it.call.good("place_order", **MARKET)
    async with audited(
        tmp_path, monkeypatch, store(f"sqlite:///{tmp_path}/two.sqlite"), tell=lambda *one: told.append(one)
    ) as it:
        await it.call.good("place_order", **MARKET)
        await it.call.good("place_order", **MARKET)
        assert [one["event"] for one in it.lines] == ["begin", "end", "begin", "new_store", "end", "begin", "end"]
        assert it.lines[3]["lines"] == 2
        assert verify(it.log, it.log.end).broken == ()
        standing = " ".join(await it.call.bridge._gate.standing(""))
        assert "what was sent before counts against no limit" in standing
    assert [kind for kind, _ in told] == ["store"]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply.json({"detail": "Account already exists"}, 400), "refused"),
        (DROP, "outcome_unknown"),
        (Reply.json({"message": "ok"}), "done"),
    ],
)
def test_what_became_of_it_is_told(reply: Reply, outcome: str, api: FaultyApi, tmp_path: Path) -> None:
    api.always = reply
    hbmcp("call", "add_account", "account_name=new", env=environ(api, tmp_path), cwd=tmp_path)
    before, after = lines(tmp_path)
    assert before["caller"] == "terminal"
    assert after["outcome"] == outcome
    assert hbmcp("audit", "verify", env=environ(api, tmp_path), cwd=tmp_path).returncode == 0


def test_one_who_is_killed_leaves_a_beginning_without_an_end(api: FaultyApi, tmp_path: Path) -> None:
    api.always = HANG
    env = environ(api, tmp_path)
    with StdioServer(env=env, cwd=tmp_path) as server:
        server.start("tools/call", {"name": "add_account", "arguments": {"account_name": "new"}})
        assert api.arrived.wait(60)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    (before,) = lines(tmp_path)
    assert before["event"] == "begin"
    assert before["client"] == "tests"
    done = hbmcp("audit", "verify", env=env, cwd=tmp_path)
    assert done.returncode == 0, done
    assert "1 of its calls began and have no end" in done.stdout
    assert "add_account" in done.stdout


async def test_one_that_is_cancelled_has_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        sent = asyncio.Event()

        async def hang(*_: Any, **__: Any) -> Any:
            sent.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(it.call.bridge._operations, "ask", hang)
        calling = asyncio.create_task(it.call("add_account", account_name="new"))
        await sent.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        assert [one.get("outcome") for one in it.lines] == [None, "cancelled, unknown"]


async def test_one_that_is_cancelled_while_it_is_written_down_was_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with audited(tmp_path, monkeypatch) as it:
        writing, go_on = anyio.Event(), asyncio.Event()
        append = it.log.append
        loop = asyncio.get_running_loop()

        def slowly(record: Any, above: int = 0) -> Any:
            if record["event"] == "begin":
                loop.call_soon_threadsafe(writing.set)
                asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
            return append(record, above)

        monkeypatch.setattr(it.log, "append", slowly)
        calling = asyncio.create_task(it.call("add_account", account_name="new"))
        await writing.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        go_on.set()
        await it.call.bridge._gate.aclose()
        assert [one.get("outcome") for one in it.lines] == [None, "cancelled, not sent"]
        assert it.call.asked == []


CANARY = "canary-7f3a9c2e"
SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("add_credential", {"account_name": "a", "connector_name": "binance", "credentials": {"k": CANARY}}),
    ("add_credential", {"account_name": "a", "connector_name": "binance", "credentials": f'{{"k": "{CANARY}"'}),
    ("add_wallet", {"chain": "solana", "private_key": CANARY}),
    ("set_gateway_api_keys", {"api_keys": {"helius": CANARY}}),
    ("write_bot_config", {"bot_name": "b", "config_name": "c", "updates": {"inner": {"api_key": CANARY}}}),
    ("write_controller_config", {"config_name": "c", "config": {"list": [{"secret_key": CANARY}]}}),
    ("write_network", {"network_id": "n", "updates": {"nodeURL": f"https://node.example/{CANARY}"}}),
    ("write_script_code", {"script_name": "s", "content": f"api_key = '{CANARY}'\nprint(1)"}),
    ("pull_image", {"image_name": f"https://user:{CANARY}@registry.example/image"}),
]
BARE = Reply.json({"detail": f"{CANARY} isn't one"}, 500)


@pytest.mark.parametrize(("tool", "given"), SECRETS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply.json({"message": "ok"}),
        Reply.json({"detail": f"Failed with api_key={CANARY}"}, 400),
        BARE,
    ],
)
async def test_no_secret_is_written(
    tool: str, given: dict[str, Any], reply: Reply, api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.always = reply
    monkeypatch.setenv("HBMCP_STATE_URL", f"sqlite:///{tmp_path / 'state.sqlite'}")
    monkeypatch.chdir(tmp_path)
    told = settings.load({"api_url": api.url, "api_username": "trader", "api_password": CANARY[::-1]})
    bridge = Bridge(ALL, told)
    recognised = secrets(ALL.find(tool), given)  # wherever it stands; else only where what stands beside it tells
    if recognised or reply is not BARE:
        await bridge.call(tool, given)
    await bridge.call(tool, {**given, "nonsense": CANARY if recognised else 1})
    await bridge.aclose()
    written = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert b'"event":"refused"' in written
    assert CANARY.encode() not in written
    assert CANARY[::-1].encode() not in written


async def test_what_is_only_in_memory_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with PaperApi(tmp_path / "files") as api:
        async with assistant(api, monkeypatch) as call:
            await call.good("place_order", **MARKET)
    assert not (tmp_path / "data").exists()
