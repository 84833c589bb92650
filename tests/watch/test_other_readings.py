"""Readings other than prices: each is witnessed by other means before it opens anything, and in doubt it is told."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import Spec
from hbmcp.paper.api.faults import Bug, Fault
from hbmcp.paper.api.routes.base import Call, Handler, Json
from tests.paper.perpetual_account import open_position
from tests.paper.scripted_faults import down
from tests.watch.watched import LONG, PAIR, PERPETUAL, SPOT, Watched, buy, close, watched

pytestmark = pytest.mark.anyio

BOOK, PRICES = "POST /market-data/order-book", "POST /market-data/prices"
FUNDING, POSITIONS, STATE = "POST /market-data/funding-info", "POST /trading/positions", "POST /portfolio/state"
World = Callable[..., AbstractAsyncContextManager[Watched]]

SPREAD = Condition(of="spread", goes="above", level=Decimal(3), other="kucoin", **SPOT)
PERPETUAL_SPREAD = Condition(of="spread", goes="above", level=Decimal(3), other="bybit_perpetual", **PERPETUAL)
FUNDED = Condition(of="funding_rate", goes="above", level=Decimal("0.05"), **PERPETUAL)
LOSS = Condition(of="pnl", goes="below", level=Decimal(-5), side="LONG", **PERPETUAL)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return lambda *faults: watched(tmp_path, monkeypatch, faults)


def odd(change: Callable[[Json, Call], Json], *operations: str, switch: list[bool] | None = None) -> Bug:
    """These answers are changed, while the switch is on if there is one."""

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Json:
            answer = handler(call)
            return change(answer, call) if switch is None or switch else answer

        return handle

    return Bug("odd answers", dict.fromkeys(operations, wrap))


def dearer(connector: str, *operations: str, factor: str = "1.035") -> Bug:
    """That exchange's prices are higher, as far as these operations tell them."""

    def change(answer: Json, call: Call) -> Json:
        if call.body["connector_name"] != connector:
            return answer
        if "prices" in answer:
            return {**answer, "prices": {pair: price * Decimal(factor) for pair, price in answer["prices"].items()}}
        if "mark_price" in answer:
            return {**answer, "mark_price": answer["mark_price"] * Decimal(factor)}
        sides = ("bids", "asks")
        more = {side: [{**one, "price": one["price"] * Decimal(factor)} for one in answer[side]] for side in sides}
        return {**answer, **more}

    return odd(change, *operations)


def told(**values: Any) -> Callable[[Json, Call], Json]:
    return lambda answer, _: {**answer, **values}


async def pair_of(one: Watched, when: Condition) -> list[int]:
    """One that opens and one that reduces, by that condition."""
    open_position(one.api, "BUY", "0.2")
    return await one.add(Spec(when=when, then=buy("0.01")), Spec(when=when, then=close(), protects=LONG))


async def states(one: Watched, keys: list[int]) -> list[str]:
    return [await one.state(key) for key in keys]


async def doubted(one: Watched, keys: list[int], why: str) -> None:
    """Nothing was done, and a person is told why, a minute later."""
    await one.rounds(5)
    one.api.clock.advance(60_000)
    await one.rounds(5)
    assert await states(one, keys) == ["waiting"] * len(keys)
    assert why in (await one.trigger(keys[0])).memory.doubt
    assert any("can't be judged" in words and why in words for words in one.call.bridge.news)


class TestSpread:
    async def test_both_books_say_so(self, world: World) -> None:
        async with world(dearer("binance", PRICES, BOOK)) as one:
            keys = await pair_of(one, SPREAD)
            await one.rounds(2)
            assert await states(one, keys) == ["done", "done"]

    async def test_a_price_of_yesterday_on_one_side_is_denied_by_its_book(self, world: World) -> None:
        async with world(dearer("binance", PRICES)) as one:
            await doubted(one, await pair_of(one, SPREAD), "by another")

    async def test_marks_decide_for_what_reduces(self, world: World) -> None:
        """Of perpetuals, where a book is odd."""
        async with world(dearer("binance_perpetual", PRICES, FUNDING)) as one:
            keys = await pair_of(one, PERPETUAL_SPREAD)
            await one.rounds(2)
            assert await states(one, keys) == ["waiting", "done"]

    async def test_what_opens_isnt_sent_far_beyond_its_level(self, world: World) -> None:
        async with world(dearer("binance", PRICES, BOOK, factor="1.06")) as one:
            keys = await pair_of(one, SPREAD)
            await one.rounds(2)
            assert await states(one, keys) == ["waiting", "done"]
            assert "more than 2 points beyond the level" in (await one.trigger(keys[0])).memory.doubt


class TestFundingRate:
    async def test_one_of_now_is_believed(self, world: World) -> None:
        async with world(odd(told(funding_rate=Decimal("0.0006")), FUNDING)) as one:
            keys = await pair_of(one, FUNDED)
            await one.rounds(2)
            assert await states(one, keys) == ["done", "done"]

    @pytest.mark.parametrize(
        ("old", "why"),
        [
            ({"mark_price": Decimal(44_000)}, "The mark price told with it is 44000"),
            ({"next_funding_time": Decimal(1_795_300_000)}, "The next payment told with it is past."),
        ],
    )
    async def test_one_that_comes_with_old_figures_is_not(self, world: World, old: dict[str, Any], why: str) -> None:
        async with world(odd(told(funding_rate=Decimal("0.0006"), **old), FUNDING)) as one:
            await doubted(one, await pair_of(one, FUNDED), why)

    async def test_one_that_turns_is_believed(self, world: World) -> None:
        """Near 0 each reading is another, and by how much of it says nothing."""
        asked: list[Any] = []

        def change(answer: Json, _: Call) -> Json:
            asked.append(answer)
            return {**answer, "funding_rate": Decimal("-0.000001") * len(asked)}

        turned = FUNDED.model_copy(update={"goes": "below", "level": Decimal(0)})
        async with world(odd(change, FUNDING)) as one:
            keys = await pair_of(one, turned)
            await one.rounds(1)
            assert await states(one, keys) == ["done", "done"]

    async def test_one_bad_reading_is_asked_again(self, world: World) -> None:
        asked: list[Any] = []

        def change(answer: Json, _: Call) -> Json:
            asked.append(answer)
            return {**answer, "funding_rate": Decimal("0.009")} if len(asked) == 1 else answer

        async with world(odd(change, FUNDING)) as one:
            keys = await pair_of(one, FUNDED)
            await one.rounds(4)
            assert await states(one, keys) == ["waiting", "waiting"]


class TestPnl:
    async def test_book_and_exchange_say_so(self, world: World) -> None:
        async with world() as one:
            keys = await pair_of(one, LOSS)
            await one.rounds(1, price=48_000)
            assert await states(one, keys) == ["waiting", "waiting"]
            await one.rounds(1, price=47_400)
            assert await states(one, keys) == ["done", "done"]

    async def test_one_that_doesnt_change_is_denied_by_the_book(self, world: World) -> None:
        """The exchange's list as it was yesterday."""

        def change(answer: Json, _: Call) -> Json:
            return {**answer, "data": [{**row, "unrealized_pnl": Decimal(-1000)} for row in answer["data"]]}

        async with world(odd(change, POSITIONS)) as one:
            await doubted(one, await pair_of(one, LOSS), "by another")

    async def test_where_the_book_is_odd_the_mark_decides_for_what_reduces(self, world: World) -> None:
        async with world(dearer("binance_perpetual", BOOK)) as one:
            keys = await pair_of(one, LOSS)
            await one.rounds(2, price=47_300)
            assert await states(one, keys) == ["waiting", "done"]

    async def test_of_the_margin_sources_are_held_to_the_price(self, world: World) -> None:
        """At twenty times the margin a thousandth of the price is two points."""
        of_margin = LOSS.model_copy(update={"measure": "margin", "level": Decimal(-40)})
        async with world(dearer("binance_perpetual", BOOK, factor="1.002")) as one:
            one.api.paper.engine.set_leverage("master_account", "binance_perpetual", PAIR, 20)
            keys = await pair_of(one, of_margin)
            await one.rounds(1, price=48_900)
            assert await states(one, keys) == ["done", "done"]


class TestPortfolio:
    async def worth(self, one: Watched) -> Decimal:
        found = re.search(r'"equity":"?([0-9.]+)', await one.call.good("get_portfolio_balances"))
        assert found
        return Decimal(found[1])

    async def below(self, one: Watched, percent: int) -> list[int]:
        """So much less than it is worth."""
        open_position(one.api, "BUY", "0.2")
        level = await self.worth(one) * (100 - percent) / 100
        when = Condition(of="portfolio", goes="below", level=level)
        slip = Decimal(50)
        keys = await one.add(Spec(when=when, then=buy("0.01"), slip=slip), Spec(when=when, then=close(), protects=LONG))
        await one.rounds(2)
        assert await states(one, keys) == ["waiting", "waiting"]
        return keys

    async def test_balances_at_the_exchanges_prices_say_so(self, world: World) -> None:
        async with world() as one:
            keys = await self.below(one, 1)
            await one.rounds(2, price=30_000)
            assert await states(one, keys) == ["done", "done"]

    async def test_prices_that_froze_are_denied_by_the_exchanges(self, world: World) -> None:
        switch: list[bool] = []

        def change(answer: Json, _: Call) -> Json:
            return {
                account: {
                    connector: [{**row, "price": row["price"] / 2, "value": row["value"] / 2} for row in rows]
                    for connector, rows in found.items()
                }
                for account, found in answer.items()
            }

        async with world(odd(change, STATE, switch=switch)) as one:
            keys = await self.below(one, 10)
            switch.append(True)
            await doubted(one, keys, "by another")

    @pytest.mark.parametrize("how", ["missing", "empty"])
    async def test_a_part_of_it_isnt_the_whole(self, world: World, how: str) -> None:
        """Of an exchange the API has no balances since it was started."""
        switch: list[bool] = []

        def change(answer: Json, _: Call) -> Json:
            left = {name: rows for name, rows in answer["master_account"].items() if name != "binance"}
            return {**answer, "master_account": left if how == "missing" else {**left, "binance": []}}

        async with world(odd(change, STATE, switch=switch)) as one:
            keys = await self.below(one, 10)
            switch.append(True)
            await doubted(one, keys, "binance of master_account")

    async def test_an_exchange_that_doesnt_answer_has_old_balances(self, world: World) -> None:
        silent: list[Fault] = [down(PRICES, BOOK, connector="binance")]
        async with world(*silent) as one:
            open_position(one.api, "BUY", "0.2")
            when = Condition(of="portfolio", goes="above", level=Decimal(1))
            await doubted(one, await one.add(Spec(when=when, then=buy("0.01"))), "binance doesn't answer")
