"""What a watcher does with triggers: each acts once, at the first moment its condition holds, and never in doubt."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import Every, Filled, Spec
from hbmcp.installation.triggers.watching import DURABLE
from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json
from hbmcp.policy.grant import Grant
from hbmcp.policy.halt import Halts
from hbmcp.server.stdio import OVER_STDIO
from hbmcp.store import Halt
from hbmcp.watch import watcher as watching
from hbmcp.watch.reconciliation import AFTER
from hbmcp.watch.watcher import HEARTBEAT, Watcher
from tests.paper.perpetual_account import open_position, sizes
from tests.paper.spot_account import rest
from tests.sampling import sampled
from tests.watch.watched import LONG, PERPETUAL, SPOT, Watched, above, below, buy, close, watched

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch) as found:
        yield found


async def test_buys_once_when_the_price_drops(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(45_000), then=buy()))
    await one.rounds(3, price=45_100)
    assert one.orders() == []
    await one.rounds(3, price=44_990)
    assert one.orders() == [("binance", "BUY", "0.1", "FILLED")]
    assert await one.state(key) == "done"
    found = await one.trigger(key)
    (order,) = one.api.paper.engine.orders()
    assert found.memory.references == (order.id,)
    assert order.average_price is not None
    assert 44_991 <= order.average_price <= Decimal("44995.5"), "the best ask of that round, and what it slips by"
    assert (await one.causes(key))[1] == "firing: last price of BTC-USDT on binance is 44990"


async def test_the_next_answer_tells(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(45_000), then=buy()))
    await one.rounds(1, price=44_990)
    await one.rounds()
    text = await one.call.good("get_ticker", trading_pairs=["BTC-USDT"], connector_names=["binance"])
    assert f"Since your last call: trigger {key} is done" in text
    assert "Since your last call" not in await one.call.good("get_accounts")


async def test_an_alert_tells_when_at_what_price_and_with_its_note(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(45_000), note="BTC fell"))
    await one.rounds(1, price=44_990)
    await one.rounds()
    text = await one.call.good("get_ticker", trading_pairs=["BTC-USDT"], connector_names=["binance"])
    news = text.partition("Since your last call: ")[2]
    assert news.startswith(f"trigger {key} is done since 20")
    assert "Z: last price of BTC-USDT on binance is 44990 (45000 or less); note: BTC fell" in news


async def test_of_stop_and_target_exactly_one(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    stop = Spec(when=below(47_000, **PERPETUAL), then=close(), protects=LONG)
    target = Spec(when=above(53_000, **PERPETUAL), then=close(), protects=LONG)
    keys = await one.add(stop, target, bond="b")
    await one.rounds(2, price=46_900)
    assert [await one.state(key) for key in keys] == ["done", "cancelled"]
    await one.rounds(3, price=54_000)
    assert [row[1] for row in one.orders()] == ["BUY", "SELL"]
    assert sizes(one.api) == {}


async def test_protection_ends_with_its_position(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    (key,) = await one.add(Spec(when=below(47_000, **PERPETUAL), then=close(), protects=LONG))
    await one.rounds(6)
    assert await one.state(key) == "waiting"
    open_position(one.api, "SELL", "0.2", action="CLOSE")
    await one.rounds(12)
    assert await one.state(key) == "cancelled"
    await one.rounds(2, price=40_000)
    assert [row[1] for row in one.orders()] == ["BUY", "SELL"]


async def test_a_stop_of_what_was_closed_meanwhile_opens_nothing(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    (key,) = await one.add(Spec(when=below(47_000, **PERPETUAL), then=close()))
    open_position(one.api, "SELL", "0.2", action="CLOSE")
    await one.rounds(2, price=46_000)
    assert sizes(one.api) == {}
    assert [row[1] for row in one.orders()] == ["BUY", "SELL"]
    assert await one.state(key) == "cancelled"
    assert "is gone" in (await one.causes(key))[-1]


async def test_sells_no_more_coins_than_are_there(one: Watched) -> None:
    await one.call.good("place_order", **SPOT, side="BUY", amount="0.3", order_type="MARKET", max_value="1000000")
    await one.call.good("place_order", **SPOT, side="SELL", amount="0.2", order_type="MARKET", max_value="1000000")
    arguments = {**SPOT, "side": "SELL", "amount": "5", "order_type": "MARKET", "max_value": "1000000"}
    protects = LONG.model_copy(update={"connector_name": "binance", "amount": Decimal("5")})
    sell = buy().model_copy(update={"arguments": arguments, "reduces": True})
    held = await one.call.good("get_account_balance", account_name="master_account", connector_name="binance")
    (key,) = await one.add(Spec(when=below(47_000), then=sell, protects=protects))
    await one.rounds(1, price=46_000)
    assert await one.state(key) == "done", held
    assert Decimal(one.orders()[-1][2]) < 5


async def test_coins_that_were_sold_by_hand_end_their_stop(one: Watched) -> None:
    """Not those that were never seen: the API's figures may be older than the purchase."""
    never = LONG.model_copy(update={"connector_name": "binance", "trading_pair": "NEW-USDT", "amount": Decimal(1)})
    order = {**SPOT, "trading_pair": "SOL-USDT", "order_type": "MARKET", "max_value": "1000000"}
    await one.call.good("place_order", **order, side="BUY", amount="1.5")
    mine = never.model_copy(update={"trading_pair": "SOL-USDT"})
    sell = buy().model_copy(update={"arguments": {**order, "side": "SELL", "amount": "1"}, "reduces": True})
    specs = [Spec(when=below(1), then=sell, protects=what) for what in (mine, never)]
    keys = await one.add(*specs)
    await one.rounds(50)
    assert [await one.state(key) for key in keys] == ["waiting", "waiting"]
    order_id = rest(one.api, price="20000", amount="0.3")
    after = Filled(account_name="master_account", connector_name="binance", order_id=order_id, filled=Decimal("0.1"))
    await one.add(Spec(when=above(1), after=after))  # looks at its own order alone, when it fires
    one.api.paper.engine.place("master_account", "binance", "SOL-USDT", "SELL", Decimal("1.498"))
    await one.rounds(50)
    assert [await one.state(key) for key in keys] == ["cancelled", "waiting"]
    assert (await one.causes(keys[0]))[-1] == (
        "cancelled: the SOL that it protects is gone from binance: 0.0005 are left, too few to sell"
    )


async def test_two_halves_in_one_round_leave_a_quarter(one: Watched) -> None:
    open_position(one.api, "BUY", "0.4")
    half = close().model_copy(update={"arguments": {**PERPETUAL, "side": "LONG", "fraction": "0.5"}})
    keys = await one.add(*(Spec(when=below(47_000, **PERPETUAL), then=half, protects=LONG) for _ in range(2)))
    await one.rounds(1, price=46_900)
    assert [await one.state(key) for key in keys] == ["done", "done"]
    assert [row[2] for row in one.orders()] == ["0.4", "0.20", "0.10"]


async def test_a_stop_isnt_held_back_by_one_that_hangs(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hbmcp.watch.turns.PATIENCE", 0.05)
    open_position(one.api, "BUY", "0.4")
    hangs = one.watcher._turns.after_others(LONG)
    async with hangs:
        (key,) = await one.add(Spec(when=below(47_000, **PERPETUAL), then=close(), protects=LONG))
        await one.rounds(1, price=46_900)
        assert await one.state(key) == "done"


async def test_a_halt_lets_a_stop_of_coins_fire_and_nothing_that_opens(one: Watched, tmp_path: Path) -> None:
    halts = Halts([tmp_path / "halt"], one.store)
    one.call.bridge._gate._halts = halts
    assert await halts.begin(Halt(one.api.clock.now(), everything=False, by="a test")) == []
    arguments = {**SPOT, "side": "SELL", "amount": "0.3", "order_type": "MARKET", "max_value": "1000000"}
    protects = LONG.model_copy(update={"connector_name": "binance", "amount": Decimal("0.3")})
    sell = buy().model_copy(update={"arguments": arguments, "reduces": True})
    keys = await one.add(Spec(when=below(47_000), then=sell, protects=protects), Spec(when=below(47_000), then=buy()))
    await one.rounds(2, price=46_900)
    assert await one.state(keys[0]) == "done"
    assert [row[1] for row in one.orders()] == ["SELL"]
    assert await one.state(keys[1]) != "done"


async def test_trailing_follows_and_never_moves_back(one: Watched) -> None:
    (key,) = await one.add(Spec(when=Condition(goes="below", trail=Decimal(5), trail_from=Decimal(51_000), **SPOT)))
    await one.rounds(1, price=40_000)
    assert await one.state(key) == "waiting"
    await one.rounds(1, price=52_000)
    await one.rounds(1, price=60_000)
    await one.rounds(1, price=57_100)
    assert await one.state(key) == "waiting"
    await one.rounds(1, price=57_000)
    assert await one.state(key) == "done"


async def test_holds_for(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(45_000, holds_for=5)))
    await one.rounds(2, price=44_000)
    await one.rounds(1, price=46_000)
    await one.rounds(2, price=44_000)
    assert await one.state(key) == "waiting"
    await one.rounds(2, price=44_000)
    assert await one.state(key) == "done"


async def test_what_opens_isnt_sent_far_beyond_its_level(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(45_000), then=buy()))
    await one.rounds(3, price=43_000)
    assert (await one.state(key), one.orders()) == ("waiting", [])
    assert "more than 2% beyond" in (await one.trigger(key)).memory.doubt
    await one.rounds(1, price=44_500)
    assert await one.state(key) == "done"


async def test_as_often_as_asked(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(60_000), then=buy("0.01"), every=Every(pause=10, count=3), slip=Decimal(50)))
    await one.rounds(1)
    assert (await one.state(key), len(one.orders())) == ("waiting", 1)
    await one.rounds(3)
    assert len(one.orders()) == 1
    await one.rounds(30)
    assert (await one.state(key), len(one.orders())) == ("done", 3)


async def test_expires(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(45_000), then=buy(), expires=one.api.clock.now() + 10_000))
    await one.rounds(4)
    assert await one.state(key) == "waiting"
    await one.rounds(2, price=44_900)
    assert (await one.state(key), one.orders()) == ("expired", [])


async def test_begins_with_the_fill_of_its_order(one: Watched) -> None:
    order = rest(one.api, price="49000", amount="0.1")
    after = Filled(account_name="master_account", connector_name="binance", order_id=order)
    (key,) = await one.add(Spec(when=above(49_500), after=after))
    await one.rounds(6, price=50_000)
    assert await one.state(key) == "waiting"
    await one.rounds(6, price=48_900)
    assert await one.state(key) == "waiting"
    await one.rounds(1, price=49_600)
    assert await one.state(key) == "done"


def stale(price: float) -> Bug:
    """The API tells a price of yesterday."""

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Json:
            answer = handler(call)
            return {**answer, "prices": dict.fromkeys(answer["prices"], price)}

        return handle

    return Bug("a price of yesterday", {"POST /market-data/prices": wrap})


async def test_a_price_that_its_book_denies_fires_nothing_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path, monkeypatch, [stale(44000.0)]) as one:
        open_position(one.api, "BUY", "0.2")
        keys = await one.add(
            Spec(when=below(45_000), then=buy()), Spec(when=below(45_000, **PERPETUAL), then=close(), protects=LONG)
        )
        await one.rounds(20)
        assert [await one.state(key) for key in keys] == ["waiting", "waiting"]
        assert one.call.bridge.news == []
        await one.rounds(15)
        assert any("can't be judged" in words and "by another" in words for words in one.call.bridge.news)
        assert len(one.orders()) == 1


async def test_a_client_s_server_lets_who_needs_no_client_watch(one: Watched) -> None:
    """And at any time one of them does."""
    await one.watcher.leave()
    mine, lasting = Watcher(one.call.bridge, OVER_STDIO), Watcher(one.call.bridge, DURABLE)
    await one.rounds(watcher=mine)
    refused = await one.call.bad("cancel_after", minutes=5, all=True)
    assert "Nothing would watch it once this client is gone" in refused
    leading = []
    for _ in range(HEARTBEAT // 2_000 + 1):
        await one.rounds(watcher=lasting)
        await mine.round()
        leading.append([one._renewed is not None for one in (mine, lasting)])
    assert [True, True] not in leading
    await one.rounds(watcher=lasting)
    (key,) = await one.add(Spec(when=below(45_000)))
    await one.rounds(price=44_000, watcher=mine)
    assert await one.state(key) == "waiting"
    await one.rounds(watcher=lasting)
    assert await one.state(key) == "done"
    await one.call.good("cancel_after", minutes=5, all=True)
    await lasting.leave()
    await one.rounds(watcher=mine)
    assert mine._renewed is not None
    await mine.leave()


async def test_who_stops_fires_nothing_more_and_waits_for_what_fires(
    one: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, answers = asyncio.Event(), asyncio.Event()
    send = Grant.send

    async def slow(self: Grant, *given: Any) -> Any:
        sent.set()
        await answers.wait()
        return await send(self, *given)

    monkeypatch.setattr(Grant, "send", slow)
    (key,) = await one.add(Spec(when=below(45_000), then=buy()))
    one.market.then(one.api.clock.now(), 44_990)
    await one.watcher.round()
    await sent.wait()
    leaving = asyncio.create_task(one.watcher.leave())
    (other,) = await one.add(Spec(when=below(45_000), then=buy()))
    await one.watcher.round()
    assert len(one.watcher._firing) == 1
    assert not leaving.done()
    answers.set()
    await leaving
    assert [await one.state(each) for each in (key, other)] == ["done", "waiting"]
    assert len(one.orders()) == 1


async def test_what_takes_longer_than_the_deadline_is_broken_off_and_found_out_about(
    one: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent = asyncio.Event()
    send = Grant.send

    async def hangs(self: Grant, *given: Any) -> Any:
        answer = await send(self, *given)
        sent.set()
        await asyncio.Event().wait()
        return answer

    monkeypatch.setattr(watching, "DEADLINE", 0.05)
    with monkeypatch.context() as slow:
        slow.setattr(Grant, "send", hangs)
        (key,) = await one.add(Spec(when=below(45_000), then=buy()))
        one.market.then(one.api.clock.now(), 44_990)
        await one.watcher.round()
        await sent.wait()
        await one.watcher.leave()
    assert f"Broken off as the watch ends: trigger {key}." in caplog.text
    assert await one.state(key) == "firing"
    one.api.clock.advance(AFTER)
    await one.rounds(3, watcher=Watcher(one.call.bridge, "another"))
    assert await one.state(key) == "done"
    assert len(one.orders()) == 1


async def test_one_watches_at_a_time_and_another_takes_over(one: Watched) -> None:
    other = Watcher(one.call.bridge, "another")
    (key,) = await one.add(Spec(when=below(45_000)))
    await one.rounds(1, price=44_000, watcher=other)
    assert await one.state(key) == "waiting"
    await one.rounds(2 * HEARTBEAT // 2_000, watcher=other)
    assert await one.state(key) == "done"
    held = await one.store.watch()
    assert held is not None
    assert held.kind == "another"


@pytest.mark.parametrize("turn", sampled(range(20), 5))
async def test_two_that_see_it_at_once_send_one_order(one: Watched, turn: int) -> None:
    monkey = pytest.MonkeyPatch()
    other = Watcher(one.call.bridge, "another")

    async def leads(_: Watcher) -> bool:
        return True

    monkey.setattr(Watcher, "_leads", leads)
    try:
        (key,) = await one.add(Spec(when=below(45_000), then=buy()))
        one.api.clock.advance(2_000)
        one.market.then(one.api.clock.now(), 44_900)
        rounds = [one.watcher.round(), other.round()]
        await asyncio.gather(*(rounds if turn % 2 else rounds[::-1]))
        await one.settled()
        await one.settled(other)
    finally:
        monkey.undo()
    assert one.orders() == [("binance", "BUY", "0.1", "FILLED")]
    assert await one.state(key) == "done"


@pytest.mark.parametrize(
    ("step", "placed", "state"),
    [
        ("begun", 0, "waiting"),  # nothing was sent, so it waits anew
        ("marked", 0, "unknown"),  # nobody can know that it wasn't
        ("answered", 1, "done"),
    ],
)
@pytest.mark.parametrize("action", [buy(), close()], ids=["opens", "reduces"])
async def test_killed_in_the_middle(
    one: Watched, monkeypatch: pytest.MonkeyPatch, step: str, placed: int, state: str, action: Any
) -> None:
    open_position(one.api, "BUY", "0.2")
    where = SPOT if action.tool == "place_order" else PERPETUAL
    (key,) = await one.add(Spec(when=below(45_000, **where), then=action))
    (before,) = one.orders()
    with monkeypatch.context() as patched:
        kill(patched, step)
        await one.rounds(1, price=44_900)
    await one.rounds(3, price=44_900)
    assert await one.state(key) == "firing"
    assert len(one.orders()) == 1 + placed
    one.api.clock.advance(AFTER)
    await one.rounds(1, price=46_000)
    assert await one.state(key) == state, await one.causes(key)
    await one.rounds(10, price=44_900)
    assert len(one.orders()) == 1 + (1 if state == "waiting" else placed)
    assert before == one.orders()[0]


def kill(patched: pytest.MonkeyPatch, step: str) -> None:
    """Let the watcher's process end at a step between the condition and what is written down of its outcome."""
    from hbmcp.bridge import Bridge
    from hbmcp.store import Store
    from hbmcp.watch import firing

    async def killed(*_: Any, **__: Any) -> Any:
        raise Killed

    if step == "begun":
        patched.setattr(Bridge, "call", killed)
    if step == "marked":
        sending = firing.Firing.sending

        async def marked(self: firing.Firing, planned: Any) -> None:
            await sending(self, planned)
            raise Killed

        patched.setattr(firing.Firing, "sending", marked)
        patched.setattr(Store, "forget_order", killed)
    if step == "answered":
        patched.setattr(firing, "settle", killed)
    patched.setattr(watching, "EVERY", 0)
