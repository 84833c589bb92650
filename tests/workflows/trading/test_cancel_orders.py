"""cancel_orders on the paper exchange: what matches and nothing else; one that fails doesn't stop the others."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import BUGS, Bug, Cut, Fault
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.scripted_faults import before, empty
from tests.paper.spot_account import ACTIVE, CANCEL, SEARCH, near, orders, rest, until_filled
from tests.workflows.answers import head, value

pytestmark = pytest.mark.anyio

ACCOUNT = {"account_name": "master_account"}
MARKET = {**ACCOUNT, "connector_name": "binance", "trading_pair": "BTC-USDT"}


def left(api: PaperApi) -> set[str]:
    return {one.id for one in orders(api) if one.status == "OPEN"}


def refusing(order: str) -> Bug:
    """The cancellation of this one is refused, and of no other."""

    def wrap(handler: Handler) -> Handler:
        def handled(call: Call) -> Json:
            if call.path["client_order_id"] == order:
                raise Refusal(404, f"Order '{order}' not found in active orders")
            return handler(call)

        return handled

    return Bug("one that can't be cancelled", {CANCEL: wrap})


def several(api: PaperApi) -> dict[str, str]:
    """An order of each kind, an hour after the first."""
    found = {"old": rest(api)}
    api.clock.advance(HOUR)
    return {
        **found,
        "eth": rest(api, pair="ETH-USDT", price="1000"),
        "sell": rest(api, side="SELL", price="900000"),
        "elsewhere": rest(api, connector="kucoin"),
        "theirs": rest(api, account="second_account"),
    }


@pytest.mark.parametrize("faults", [(), BUGS])
@pytest.mark.parametrize(
    ("filters", "gone"),
    [
        ({"account_name": "second_account"}, {"theirs"}),
        ({"connector_name": "kucoin"}, {"elsewhere"}),
        ({"trading_pair": "ETH-USDT"}, {"eth"}),
        ({"side": "SELL"}, {"sell"}),
        ({"older_than": 30}, {"old"}),
        ({"side": "BUY", "connector_name": "binance", "trading_pair": "BTC-USDT"}, {"old", "theirs"}),
        ({"all": True}, {"old", "eth", "sell", "elsewhere", "theirs"}),
    ],
)
async def test_what_matches_is_cancelled_and_nothing_else(
    talk: Any, api: PaperApi, faults: tuple[Fault, ...], filters: dict[str, Any], gone: set[str]
) -> None:
    ids = several(api)
    async with talk(*faults) as call:
        shown = await call.good("cancel_orders", **filters, preview=True)
        assert CANCEL not in call.asked
        text = await call.good("cancel_orders", **filters)
        assert call.asked.count(CANCEL) == len(gone)
    assert left(api) == {one for name, one in ids.items() if name not in gone}
    assert {row["order_id"] for row in value(text)["orders"]} == {ids[name] for name in gone}
    assert all(ids[name] in shown for name in gone)
    assert head(text)["cancelled"] == len(gone)


@pytest.mark.parametrize("given", [{}, {"all": False}, {"preview": True}])
async def test_no_filter_is_refused(talk: Any, api: PaperApi, given: dict[str, Any]) -> None:
    rest(api)
    async with talk() as call:
        text = await call.bad("cancel_orders", **given)
        assert call.asked == []
    assert "No filter is given" in text
    assert "all=true" in text


async def test_an_empty_filter_is_refused(talk: Any, api: PaperApi) -> None:
    rest(api)
    async with talk() as call:
        assert "trading_pair: is empty" in await call.bad("cancel_orders", trading_pair="", side="BUY")
        assert call.asked == []


async def test_an_account_that_isn_t_there_is_named(talk: Any, api: PaperApi) -> None:
    rest(api)
    async with talk() as call:
        assert "There is no account" in await call.bad("cancel_orders", account_name="nobody")


async def test_one_that_fails_doesn_t_stop_the_others(talk: Any, api: PaperApi) -> None:
    first, stuck, last = rest(api), rest(api, price="1001"), rest(api, price="1002")
    async with talk(refusing(stuck)) as call:
        text = await call.good("cancel_orders", **MARKET)
        assert call.asked.count(CANCEL) == 3
    assert left(api) == {stuck}
    rows = {row["order_id"]: row for row in value(text)["orders"]}
    assert rows[first]["result"] == rows[last]["result"] == "cancelled"
    assert rows[stuck]["result"] == "not_cancelled"
    assert "not found in active orders" in rows[stuck]["reason"]
    assert (head(text)["cancelled"], head(text)["not_cancelled"]) == (2, 1)


async def test_what_fills_meanwhile_is_told(talk: Any, api: PaperApi) -> None:
    kept, filled = rest(api), near(api)
    async with talk(before(CANCEL, lambda: until_filled(api, filled))) as call:
        text = await call.good("cancel_orders", **MARKET)
    rows = {row["order_id"]: row for row in value(text)["orders"]}
    assert (rows[filled]["result"], Decimal(rows[filled]["filled_amount"])) == ("filled_before", Decimal("0.01"))
    assert rows[kept]["result"] == "cancelled"


@pytest.mark.parametrize("acted", [True, False])
async def test_without_an_answer_it_looks(talk: Any, api: PaperApi, acted: bool) -> None:
    order = rest(api)
    async with talk(Cut(CANCEL, acted=acted)) as call:
        text = await call.good("cancel_orders", **MARKET)
        assert call.asked.count(CANCEL) == 1
    (row,) = value(text)["orders"]
    assert row["result"] == ("cancelled" if acted else "unknown")
    assert left(api) == (set() if acted else {order})


async def test_of_an_order_that_only_a_connector_has_the_age_isn_t_sure(talk: Any, api: PaperApi) -> None:
    """The API's times of those can be five minutes early."""
    order = rest(api)
    api.clock.advance(HOUR // 15)
    async with talk(empty(SEARCH)) as call:
        assert "No open order matches" in await call.good("cancel_orders", older_than=3)
        assert ACTIVE in call.asked
        api.clock.advance(HOUR)
        assert order in await call.good("cancel_orders", older_than=3)


async def test_where_nothing_matches_nothing_is_sent(talk: Any, api: PaperApi) -> None:
    order = rest(api)
    async with talk() as call:
        assert "No open order matches, nothing was sent." in await call.good("cancel_orders", side="SELL")
    assert left(api) == {order}


async def test_the_orders_of_an_executor_are_told_as_its_own(talk: Any, api: PaperApi) -> None:
    """It places them anew: who cancels them alone has to hear of it."""
    own = rest(api)
    levels = {"side": "BUY", "amounts_quote": [100, 100], "prices": ["-3%", "-5%"]}
    config = {"connector_name": "binance", "trading_pair": "BTC-USDT", **levels}
    async with talk() as call:
        made = head(await call.good("create_executor", executor_type="dca_executor", config=config, **ACCOUNT))
        api.clock.advance(5_000)
        assert (await call.good("cancel_orders", preview=True, **MARKET)).count(made["executor_id"]) == 2
        text = await call.good("cancel_orders", **MARKET)
    told = head(text)
    assert (told["cancelled"], told["executors_running"]) == (3, 1)
    assert text.count(made["executor_id"]) == 2
    assert own in text
    assert "which may order anew until stop_executor ends it" in text
