"""Orders and balances on a spot exchange: what is filled, locked, charged and refused."""

from decimal import Decimal

import pytest

from hbmcp.paper.errors import (
    AccountExists,
    BadName,
    BadValue,
    BelowMinimum,
    MasterAccount,
    NotConnected,
    PaperError,
    PriceRequired,
    UnknownAccount,
    UnknownExchange,
    UnknownOrder,
    UnknownPair,
)
from hbmcp.paper.exchange import order_rules
from hbmcp.paper.exchange.records import Balance, Order
from tests.paper.exchange.ledger_audit import audit
from tests.paper.exchange.scripted_exchange import TICK, D, ScriptedExchange, scripted
from tests.paper.scripted_market import BEGIN

ME, SPOT, PAIR = "master_account", "binance", "BTC-USDT"


def place(
    a: ScriptedExchange, side: str, amount: object, kind: str = "MARKET", price: object = None, pair: str = PAIR
) -> Order:
    at = None if price is None else D(str(price))
    order = a.engine.place(ME, SPOT, pair, side, D(str(amount)), kind, at)  # type: ignore[arg-type]
    audit(a.store.db)
    return order


def balance(a: ScriptedExchange, token: str) -> tuple[Decimal, Decimal]:
    held = a.engine.balances(ME, SPOT)[token]
    return held.total, held.available


def test_a_market_order_pays_for_its_size() -> None:
    a = scripted(1000)  # asks: 1 at 1001, 2 at 1002, 4 at 1003
    order = place(a, "BUY", 2)
    assert (order.status, order.filled, order.average_price) == ("FILLED", 2, D("1001.5"))
    assert [(fill.price, fill.amount) for fill in reversed(a.engine.fills(order_ids=[order.id]))] == [
        (1001, 1),
        (1002, 1),
    ]
    assert (order.fee, order.fee_currency) == (D("2.003"), "USDT")
    assert balance(a, "USDT") == (D(97997), D(97997))
    assert balance(a, "BTC") == (D("11.998"), D("11.998"))  # 0.1 % of what was received


def test_a_sale_is_charged_in_what_it_receives() -> None:
    a = scripted(1000)
    fill = a.engine.fills(order_ids=[place(a, "SELL", 1).id])[0]
    assert (fill.fee, fill.charged, fill.charged_token) == (D("0.999"), D("0.999"), "USDT")
    assert balance(a, "USDT")[0] == D("100998.001")
    assert balance(a, "BTC")[0] == 9


def test_what_the_book_does_not_hold_of_a_market_order_is_cancelled() -> None:
    a = scripted(1000)
    order = place(a, "BUY", "7.5")
    assert (order.status, order.filled, order.error) == ("CANCELLED", 7, order_rules.BOOK_SWEPT)


def test_nothing_in_the_book_is_sold_twice_until_the_market_moves_on() -> None:
    a = scripted(1000)
    assert place(a, "BUY", 1).average_price == 1001
    assert place(a, "BUY", 1).average_price == 1002
    assert place(a, "SELL", 1).average_price == 999
    a.clock.advance(TICK)
    assert place(a, "BUY", 1).average_price == 1001


def test_a_limit_order_rests_locks_and_fills_at_its_own_price() -> None:
    a = scripted(1000, 1000, 990, 1000)
    order = place(a, "BUY", "0.5", "LIMIT", 995)
    assert (order.status, order.exchange_id) == ("OPEN", "1000001")
    assert balance(a, "USDT") == (D(100_000), D("99502.5"))
    a.clock.advance(TICK)
    assert a.engine.order(order.id) == order
    a.clock.advance(5 * TICK)
    done = a.engine.order(order.id)
    assert (done.status, done.average_price, done.updated) == ("FILLED", 995, BEGIN + 2 * TICK)
    fill = a.engine.fills()[0]
    assert (fill.at, fill.price, fill.maker, fill.id) == (BEGIN + 2 * TICK, 995, True, f"{order.id}_1")
    assert balance(a, "USDT") == (D("99502.5"), D("99502.5"))
    audit(a.store.db)


def test_a_limit_order_within_the_book_takes_and_the_rest_rests() -> None:
    a = scripted(1000)
    order = place(a, "BUY", 5, "LIMIT", "1002.5")
    assert (order.status, order.filled) == ("PARTIALLY_FILLED", 3)
    total, available = balance(a, "USDT")
    assert total - available == 2 * D("1002.5")
    assert place(a, "SELL", "0.1", "LIMIT_MAKER", 1000).status == "OPEN"


def test_a_large_order_fills_as_the_market_offers() -> None:
    a = scripted(1000, 990)
    order = place(a, "BUY", 10, "LIMIT", 990)  # the best ask holds 1 at each tick
    for n in range(1, 11):
        a.clock.advance(TICK)
        now = a.engine.order(order.id)
        assert (now.filled, now.status) == (n, "FILLED" if n == 10 else "PARTIALLY_FILLED")
        audit(a.store.db)


def test_orders_share_what_is_offered_by_price_and_then_time() -> None:
    a = scripted(1000, 985)
    low = place(a, "BUY", 1, "LIMIT", 985)
    first = place(a, "BUY", "0.6", "LIMIT", 988)
    second = place(a, "BUY", "0.6", "LIMIT", 988)
    a.clock.advance(TICK)
    # asks: 1 at 986, 2 at 987, 4 at 988. All of it is within the limit of the two, nothing for the third but the best
    # level, which is gone
    assert [a.engine.order(one.id).filled for one in (first, second, low)] == [D("0.6"), D("0.6"), 0]
    a = scripted(1000, 988)
    low = place(a, "BUY", 1, "LIMIT", 988)
    high = place(a, "BUY", "0.6", "LIMIT", 989)
    last = place(a, "BUY", 1, "LIMIT", 988)
    a.clock.advance(TICK)
    assert [a.engine.order(one.id).filled for one in (high, low, last)] == [D("0.6"), D("0.4"), 0]


def test_what_takes_is_no_limit_maker_order() -> None:
    a = scripted(1000)
    for side, price, status in (("BUY", 1001, "FAILED"), ("BUY", "1000.99", "OPEN"), ("SELL", 999, "FAILED")):
        assert place(a, side, 1, "LIMIT_MAKER", price).status == status
    refused = a.engine.orders(statuses=["FAILED"])[-1]
    assert refused.error == (
        "Error executing request POST https://binance.paper.invalid/api/v3/order. HTTP status is 400. "
        'Error: {"code": -2010, "msg": "Order would immediately match and take."}'
    )
    assert (refused.pair, refused.side, refused.exchange_id, refused.filled) == (PAIR, "BUY", None, 0)


@pytest.mark.parametrize(
    ("side", "amount", "kind", "price"),
    [("BUY", 300, "LIMIT", 999), ("SELL", 11, "LIMIT", 1100), ("SELL", 11, "LIMIT", 1), ("BUY", 102, "LIMIT", 1001)],
)
def test_what_the_balance_does_not_hold_is_refused_whole(side: str, amount: int, kind: str, price: int) -> None:
    a = scripted(1000, amounts=(D(1), D(2), D(20)))
    order = place(a, side, amount, kind, price)
    assert order.status == "FAILED"
    assert "Account has insufficient balance for requested action." in (order.error or "")
    assert order.filled == 0
    assert not a.engine.fills()
    assert balance(a, "USDT") == (D(100_000), D(100_000))
    assert balance(a, "BTC") == (D(10), D(10))


def test_cancelling_releases_and_works_once() -> None:
    a = scripted(1000)
    order = place(a, "SELL", 4, "LIMIT", 1100)
    assert balance(a, "BTC") == (10, 6)
    a.clock.advance(5)
    cancelled = a.engine.cancel(ME, SPOT, order.id)
    assert (cancelled.status, cancelled.updated, cancelled.error) == ("CANCELLED", BEGIN + 5, None)
    assert balance(a, "BTC") == (10, 10)
    for account, exchange, number in (
        (ME, SPOT, order.id),
        (ME, SPOT, "paper1"),
        (ME, SPOT, "x"),
        (ME, SPOT, "paper-1"),
    ):
        with pytest.raises(UnknownOrder):
            a.engine.cancel(account, exchange, number)
    other = place(a, "SELL", 1, "LIMIT", 1100)
    with pytest.raises(UnknownOrder):
        a.engine.cancel(ME, "binance_perpetual", other.id)


@pytest.mark.parametrize(
    ("side", "amount", "kind", "price", "pair", "error", "text"),
    [
        ("BUY", "1e-7", "MARKET", None, PAIR, BelowMinimum, "Order amount 0.00000 is below minimum order size 0.00001"),
        (
            "BUY",
            "0.00001",
            "MARKET",
            None,
            PAIR,
            BelowMinimum,
            "Order notional value 0.01000 is below minimum notional size 5",
        ),
        ("BUY", 1, "LIMIT", None, PAIR, PriceRequired, "Price is required for LIMIT and LIMIT_MAKER orders"),
        (
            "BUY",
            1,
            "MARKET",
            None,
            "NOPE-USDT",
            UnknownPair,
            r"'NOPE-USDT' not supported on binance. Available pairs: \['BTC",
        ),
        ("BUY", -1, "MARKET", None, PAIR, BadValue, "amount"),
        ("BUY", "NaN", "MARKET", None, PAIR, BadValue, "amount"),
        ("BUY", "1e40", "MARKET", None, PAIR, BadValue, "amount"),
        ("BUY", 1, "LIMIT", 0, PAIR, BadValue, "price"),
        ("BUY", 1, "LIMIT", "0.001", PAIR, BadValue, "price"),
        ("BUY", 1, "LIMIT", "Infinity", PAIR, BadValue, "price"),
        ("HOLD", 1, "MARKET", None, PAIR, BadValue, "side"),
        ("BUY", 1, "STOP", None, PAIR, BadValue, "type"),
    ],
)
def test_what_is_no_order_is_not_stored(
    side: str, amount: object, kind: str, price: object, pair: str, error: type[PaperError], text: str
) -> None:
    a = scripted(1000)
    with pytest.raises(error, match=text):
        place(a, side, amount, kind, price, pair)
    assert a.engine.orders() == []


def test_amount_and_price_are_put_on_lot_and_tick() -> None:
    order = place(scripted(1000), "BUY", "0.123456789", "LIMIT", "900.12999")
    assert (order.amount, order.price) == (D("0.12345"), D("900.12"))


def test_searches_are_newest_first_and_filtered() -> None:
    a = scripted(1000)
    ids = []
    for n in range(4):
        ids.append(place(a, "BUY" if n % 2 else "SELL", 1, "LIMIT", 500 if n % 2 else 1500).id)
        a.clock.advance(10)
    search = a.engine.orders
    assert [order.id for order in search()] == ids[::-1]
    assert [order.id for order in search(start=BEGIN + 10, end=BEGIN + 20)] == [ids[2], ids[1]]
    assert [order.id for order in search(limit=1)] == [ids[3]]
    assert (
        search(accounts=[])
        == search(pairs=["ETH-USDT"])
        == search(exchanges=["kucoin"])
        == search(statuses=["FILLED"])
        == []
    )
    assert len(search(accounts=[ME], exchanges=[SPOT], pairs=[PAIR, "ETH-USDT"], statuses=["OPEN"])) == 4
    place(a, "BUY", 1)
    assert len(a.engine.fills(sides=["BUY"], start=BEGIN + 40)) == 1
    assert a.engine.fills(sides=["SELL"]) == a.engine.fills(order_ids=[ids[0], "nonsense"]) == []


def test_accounts_and_their_exchanges() -> None:
    a = scripted(1000)
    engine = a.engine
    assert engine.accounts() == [ME, "second_account"]
    assert engine.connectors(ME) == ["binance", "binance_perpetual"]
    assert engine.connectors("second_account") == []
    engine.add_account("third-one")
    for name, error in (("third-one", AccountExists), ("a/b", BadName), ("", BadName), ("x\n", BadName)):
        with pytest.raises(error):
            engine.add_account(name)
    with pytest.raises(NotConnected):
        engine.balances("third-one", "binance")
    with pytest.raises(UnknownExchange):
        engine.connect("third-one", "nope")
    with pytest.raises(UnknownAccount):
        engine.connectors("nobody")
    engine.connect("third-one", "binance")
    engine.deposit("third-one", "binance", "USDT", D("0.5"))
    assert engine.balances("third-one", "binance")["USDT"] == Balance(D("100000.5"), D("100000.5"))
    engine.delete_account("third-one")
    with pytest.raises(UnknownAccount):
        engine.delete_account("third-one")
    with pytest.raises(MasterAccount):
        engine.delete_account(ME)
    engine.add_account("third-one")
    engine.connect("third-one", "binance")  # nothing is given twice
    assert engine.balances("third-one", "binance")["USDT"].total == D("100000.5")
    audit(a.store.db)


def test_orders_live_on_without_credentials() -> None:
    a = scripted(1000, 990)
    order = place(a, "BUY", 1, "LIMIT", 995)
    a.engine.disconnect(ME, SPOT)
    a.clock.advance(TICK)
    assert a.engine.order(order.id).status == "FILLED"
    with pytest.raises(NotConnected):
        place(a, "BUY", 1)


def test_history_shows_balances_as_they_were() -> None:
    a = scripted(1000, 1000, 990)
    order = place(a, "BUY", 1, "LIMIT", 995)
    a.clock.advance(4 * TICK)
    seen = a.engine.history(ME, SPOT, BEGIN - 2 * TICK, BEGIN + 100 * TICK, TICK)
    assert [snapshot.at for snapshot in seen] == [BEGIN + n * TICK for n in range(5)]
    assert [snapshot.balances["USDT"].total for snapshot in seen] == [100_000] * 2 + [99_005] * 3
    assert [snapshot.balances["USDT"].available for snapshot in seen] == [99_005] * 5
    assert seen[-1].balances == a.engine.balances(ME, SPOT)
    assert a.engine.order(order.id).status == "FILLED"
    with pytest.raises(BadValue):
        a.engine.history(ME, SPOT, BEGIN, BEGIN, 0)
