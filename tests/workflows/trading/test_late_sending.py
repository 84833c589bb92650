"""Something comes between the checks and the sending: a machine that sleeps, a store that stalls. A test moves the
clock."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.bridge import acting
from hbmcp.installation.closing import plan
from hbmcp.installation.orders import sending
from hbmcp.paper.exchange.records import Side
from hbmcp.policy import counting, gate, grant
from hbmcp.store import SentOrder, Store
from hbmcp.times import ticking
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import POSITIONS, open_position, sizes
from tests.paper.spot_account import BUY, PLACE, PRICES, orders
from tests.workflows.executors.executor_account import POSITION

pytestmark = pytest.mark.anyio

CREATE = "POST /executors/"
POLICY = (counting, gate, grant)
HOUR = 3600.0
MARKET = {**BUY, "amount": 0.01, "order_type": "MARKET"}


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long each order is written down, in seconds; after these it takes no time."""
    moment, sleeps = ticking(), list[float]()
    remember = Store.remember_order

    async def slow(store: Store, order: SentOrder) -> int:
        nonlocal moment
        moment += sleeps.pop(0) if sleeps else 0
        return await remember(store, order)

    for place in (acting, plan, sending, *POLICY):
        monkeypatch.setattr(place, "ticking", lambda: moment)
    monkeypatch.setattr(Store, "remember_order", slow)
    return sleeps


async def test_an_order_is_prepared_again(talk: Any, api: PaperApi, asleep: list[float]) -> None:
    asleep += [HOUR, HOUR]
    async with talk() as call:
        await call.good("place_order", **MARKET)
        assert (call.asked.count(PRICES), call.asked.count(PLACE)) == (3, 1)
        assert len(await call.bridge.store.sent_orders()) == 1
    assert len(orders(api)) == 1


async def test_an_order_that_is_late_each_time_is_not_sent(talk: Any, api: PaperApi, asleep: list[float]) -> None:
    asleep += [HOUR] * 3
    async with talk() as call:
        text = await call.bad("place_order", **MARKET)
        assert await call.bridge.store.sent_orders() == []
    assert text.startswith("Between the checks and the sending too much time passed, 3 times")
    assert "Nothing was sent." in text
    assert orders(api) == []


async def test_closing_reads_the_position_again_and_is_not_refused(
    talk: Any, api: PaperApi, asleep: list[float]
) -> None:
    open_position(api, "BUY", "0.1")
    async with talk() as call:
        await call.good("close_position", trading_pair="BTC-USDT", fraction=0.5)
        at_once = call.asked[: call.asked.index(PLACE)].count(POSITIONS)
        call.asked.clear()
        asleep += [HOUR] * 9
        await call.good("close_position", trading_pair="BTC-USDT")
        assert call.asked.count(PLACE) == 1
        assert call.asked[: call.asked.index(PLACE)].count(POSITIONS) == at_once + 1
    assert sizes(api) == {}


@pytest.mark.parametrize(
    ("meanwhile", "sent"), [(("SELL", "0.06"), "0.04"), (("BUY", "0.05"), "0.1"), (("SELL", "0.1"), None)]
)
async def test_closing_late_sends_no_more_than_is_left_and_than_was_planned(
    talk: Any,
    api: PaperApi,
    asleep: list[float],
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: tuple[Side, str],
    sent: str | None,
) -> None:
    """Somebody else trades while hbmcp is asleep."""
    open_position(api, "BUY", "0.1")
    remember = Store.remember_order

    async def overtaken(store: Store, order: SentOrder) -> int:
        if asleep:
            open_position(api, *meanwhile)
        return await remember(store, order)

    monkeypatch.setattr(Store, "remember_order", overtaken)
    asleep.append(HOUR)
    async with talk() as call:
        outcome = await call("close_position", trading_pair="BTC-USDT")
        assert call.asked.count(PLACE) == (sent is not None)
        remembered = await call.bridge.store.sent_orders()
    assert [one.amount for one in remembered] == ([Decimal(sent)] if sent else [])
    assert outcome.is_error == (sent is None)
    if sent is None:
        assert "isn't listed any more. Nothing was sent." in outcome.text


async def test_an_executor_is_prepared_again(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    moment, looks = ticking(), 0

    async def slow(*_: Any) -> None:
        nonlocal moment, looks
        moment, looks = moment + HOUR, looks + 1
        if looks == 2:
            moment -= HOUR

    for place in (acting, *POLICY):
        monkeypatch.setattr(place, "ticking", lambda: moment)
    monkeypatch.setattr("hbmcp.workflows.executors.create_executor.known_executor_ids", slow)
    ask = {"account_name": "master_account", "executor_type": "position_executor", "config": POSITION}
    async with talk() as call:
        await call.good("create_executor", **ask)
        assert (looks, call.asked.count(CREATE)) == (2, 1)
        call.asked.clear()
        text = await call.bad("create_executor", **ask, again=True)
        assert "Nothing was sent." in text
        assert CREATE not in call.asked
