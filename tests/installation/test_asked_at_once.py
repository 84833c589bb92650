"""What is under way at once while exchanges take their time: each of them holds its answers until a test lets it go."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, cast

import pytest
from attrs import define, evolve, field

from hbmcp.errors import Refused, UnreadableAnswer
from hbmcp.identity import Identity
from hbmcp.installation.installation import Installation, meanwhile
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.store import SentOrder, Store, TriggerRow
from hbmcp.workflows.portfolio.get_account_balance import get_account_balance
from hbmcp.workflows.portfolio.get_portfolio_balances import get_portfolio_balances
from hbmcp.workflows.trading.get_positions import get_positions
from hbmcp.workflows.trading.place_order import place_order
from hummingbot_api.request import Request

pytestmark = pytest.mark.anyio

MASTER = "master_account"
ON_EXCHANGES = ("get_orderbook", "get_portfolio_state", "get_prices", "list_positions", "submit_order")
TURNS = 200  # of the event loop, more than any call takes until it waits for exchanges
ORDER: dict[str, Any] = {
    "account_name": MASTER,
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": Decimal("0.1"),
    "price": "100000",
    "wait": Decimal(0),
}


def token(name: str, units: str, price: str) -> dict[str, Any]:
    value = Decimal(units) * Decimal(price)
    return {"token": name, "units": Decimal(units), "price": Decimal(price), "value": value, "available_units": units}


STATE = {
    MASTER: {
        "binance": [token("BTC", "2", "100000"), token("USDT", "50000", "1")],
        "binance_perpetual": [token("USDT", "1000", "1")],
    }
}


def last_known(name: str) -> dict[str, Any]:
    held = {"connectors": {"binance": {"units": Decimal(2), "value": Decimal(200_000)}}}
    return {"distribution": [{"token": name, "accounts": {MASTER: held}}]}


@define
class SlowExchanges:
    """`held` are the requests that exchanges haven't answered; everything else is answered at once."""

    answers: dict[str, Any] = field(factory=dict)
    also_held: tuple[str, ...] = ()
    held: list[str] = field(factory=list)
    asked: list[str] = field(factory=list)
    _answering: asyncio.Event = field(factory=asyncio.Event)

    async def __call__(self, name: str, build: Callable[[], Request[Any]]) -> Any:
        build()
        self.asked.append(name)
        if name in (*ON_EXCHANGES, *self.also_held):
            self.held.append(name)
            await self._answering.wait()
        answer = self.answers.get(name) or {
            "list_accounts": [MASTER],
            "get_connected_exchanges": ["binance", "binance_perpetual"],
            "get_portfolio_state": STATE,
            "get_portfolio_distribution": last_known("BTC"),
            "get_prices": {"prices": {"BTC-USDT": Decimal(100_000), "ETH-USDT": Decimal(4000)}},
            "get_orderbook": {side: [{"price": Decimal(100_000), "amount": Decimal(1)}] for side in ("bids", "asks")},
            "list_positions": {"data": []},
            "get_trades": {"data": []},
            "search_orders": {"data": []},
            "get_trading_rules": {"BTC-USDT": {}},
            "submit_order": {"order_id": "x-1"},
        }.get(name)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def let_go(self) -> list[str]:
        """What exchanges had been asked, all at once, and answer now."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        were, self.held = sorted(self.held), []
        answering, self._answering = self._answering, asyncio.Event()
        answering.set()
        return were

    @property
    def installation(self) -> Installation:
        return Installation(self, cast(Store, QuickStore()), Identity("slow", on_paper=False))

    @property
    def granted(self) -> Installation:
        """One that sends, too."""

        async def send(planned: PlannedRequest) -> Any:
            return await self(planned.tool, lambda: planned.request)

        return evolve(self.installation, send=send)


class QuickStore:
    """It answers at once, and keeps nothing."""

    async def remember_order(self, _: SentOrder) -> int:
        return 1

    async def name_order(self, *_: Any) -> None: ...

    async def forget_order(self, _: int) -> None: ...

    async def sent_orders(self, **_: Any) -> list[SentOrder]:
        return []

    async def triggers(self, **_: Any) -> list[TriggerRow]:
        return []


@asynccontextmanager
async def begun(call: Coroutine[Any, Any, Any]) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(call)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_balances_positions_and_whether_they_are_of_now() -> None:
    exchanges = SlowExchanges()
    async with begun(get_portfolio_balances(exchanges.installation)) as call:
        # One price is the spot exchange's, with its book; the other tells whether the perpetual one answers.
        prices = ["get_prices", "get_prices"]
        assert await exchanges.let_go() == ["get_orderbook", "get_portfolio_state", *prices, "list_positions"]
        assert "251000" in str((await call).value["total_value"])
    assert exchanges.held == []


@pytest.mark.parametrize("before", [last_known("ETH"), UnreadableAnswer("Nobody knows.")], ids=["another", "unknown"])
async def test_what_was_worth_most_is_only_a_guess(before: Any) -> None:
    """Frozen prices show in that of the token that is worth most now, so that one is asked for afterwards."""
    frozen = {"prices": {"BTC-USDT": Decimal(110_000), "ETH-USDT": Decimal(4000)}}
    exchanges = SlowExchanges({"get_portfolio_distribution": before, "get_prices": frozen})
    async with begun(get_portfolio_balances(exchanges.installation)) as call:
        assert "get_portfolio_state" in await exchanges.let_go()
        assert await exchanges.let_go() == ["get_orderbook", "get_prices"]
        assert "costs 110000 on binance" in (await call).spec.note


async def test_positions_and_what_their_absence_is_worth() -> None:
    exchanges = SlowExchanges()
    async with begun(get_positions(exchanges.installation)) as call:
        assert await exchanges.let_go() == ["get_portfolio_state", "get_prices", "list_positions"]
        await call
    assert exchanges.held == []


async def test_positions_and_the_margin_that_their_liquidation_waits_for() -> None:
    """One round of the exchanges, and of an account with several of them one question for what it has there."""
    position = {"account_name": MASTER, "connector_name": "binance_perpetual", "trading_pair": "BTC-USDT"}
    figures = {"side": "BOTH", "amount": Decimal("0.1"), "entry_price": Decimal(100_000), "leverage": 10}
    exchanges = SlowExchanges(
        {
            "get_connected_exchanges": ["binance_perpetual", "bybit_perpetual"],
            "list_positions": {"data": [{**position, **figures, "unrealized_pnl": Decimal(0)}]},
        }
    )
    async with begun(get_positions(exchanges.installation)) as call:
        prices, lists = ["get_prices", "get_prices"], ["list_positions", "list_positions"]
        assert await exchanges.let_go() == ["get_portfolio_state", *prices, *lists]
        (row,) = (await call).value["positions"]
        assert row["liquidation_if_cross"] == 90_000
    assert exchanges.held == []


async def test_balances_of_all_accounts_do_not_wait_until_the_accounts_are_known() -> None:
    exchanges = SlowExchanges(also_held=("list_accounts",))
    async with begun(get_portfolio_balances(exchanges.installation)) as call:
        assert await exchanges.let_go() == ["get_portfolio_state", "list_accounts"]
        assert "get_portfolio_distribution" in exchanges.asked
        await exchanges.let_go()
        assert "251000" in str((await call).value["total_value"])
    assert exchanges.asked.count("get_portfolio_state") == 1


async def test_balances_of_one_account_wait_until_it_is_known() -> None:
    """The API would keep one that isn't there as an empty one."""
    exchanges = SlowExchanges({"list_accounts": ["another"]})
    with pytest.raises(Refused, match="There is no account master_account"):
        await get_account_balance(exchanges.installation, account_name=MASTER)
    assert set(exchanges.asked) == {"list_accounts", "get_connected_exchanges"}


async def test_accounts_at_one_exchange_share_the_price_that_tells_whether_it_answers() -> None:
    exchanges = SlowExchanges({"list_accounts": [MASTER, "second_account"]})
    async with begun(get_positions(exchanges.installation)) as call:
        states = ["get_portfolio_state", "get_portfolio_state"]
        assert await exchanges.let_go() == [*states, "get_prices", "list_positions", "list_positions"]
        assert exchanges.asked.count("get_trades") == 2  # which an empty list is held against
        asked = len(exchanges.asked)
        await call
        assert len(exchanges.asked) == asked
    assert exchanges.held == []


async def test_an_order_takes_its_checks_at_once_and_then_itself() -> None:
    exchanges = SlowExchanges()
    async with begun(place_order(exchanges.installation, **ORDER)) as call:
        assert await exchanges.let_go() == ["get_orderbook", "get_portfolio_state", "get_prices"]
        plan = await call
        assert "search_orders" in exchanges.asked  # what was there before
        assert "submit_order" not in exchanges.asked
    async with begun(plan.commit(exchanges.granted)) as call:
        assert await exchanges.let_go() == ["submit_order"]
        assert (await call).value["order_id"] == "x-1"


async def test_nothing_is_sent_before_the_last_check_has_answered() -> None:
    """Too little is there: the price and the rules were known long before."""
    poor = {MASTER: {"binance": [token("USDT", "5", "1")]}}
    exchanges = SlowExchanges({"get_portfolio_state": poor})
    async with begun(place_order(exchanges.installation, **ORDER)) as call:
        assert await exchanges.let_go() == ["get_orderbook", "get_portfolio_state", "get_prices"]
        plan = await call
    assert isinstance(plan.unfit, Refused)
    assert "5 is available" in str(plan.unfit)
    assert "submit_order" not in exchanges.asked


async def test_no_balances_are_asked_of_an_account_that_is_not_there() -> None:
    """The API would keep it as an empty one. What else was asked is given up, and isn't waited for."""
    exchanges = SlowExchanges({"list_accounts": ["another"]})
    async with begun(place_order(exchanges.installation, **ORDER)) as call:
        with pytest.raises(Refused, match="There is no account master_account"):
            await call
    assert "get_portfolio_state" not in exchanges.asked
    assert "submit_order" not in exchanges.asked


async def test_an_answer_that_is_not_needed_is_given_up() -> None:
    ended = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async with meanwhile(endless()):
        await asyncio.sleep(0)
    assert ended


async def test_an_answer_that_is_needed_is_raised_where_it_is_awaited() -> None:
    async def failing() -> None:
        raise Refused("No.")

    async with meanwhile(failing()):
        await asyncio.sleep(0)
    with pytest.raises(Refused, match="No"):
        async with meanwhile(failing()) as answer:
            await answer
