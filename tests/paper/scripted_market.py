# ruff: noqa: ARG002 - what a market is asked, this one needn't know
"""A market that does what a test says, and what must hold in every store."""

import sqlite3
from collections import defaultdict
from decimal import Decimal, localcontext

from attrs import field, frozen

from hbmcp.paper.exchange.balances import Key
from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.market.clock import ManualClock
from hbmcp.paper.market.feed import Feed
from hbmcp.paper.money import EXACT

TICK = 1000  # ms between prices
BEGIN = 1_800_000_000_000 // 28_800_000 * 28_800_000  # a time of funding
EIGHT_HOURS = 28_800_000

D = Decimal
AMOUNTS = (D(1), D(2), D(4))
RATE = D("0.0001")


@frozen
class Level:
    price: Decimal
    amount: Decimal


@frozen
class Book:
    bids: list[Level]
    asks: list[Level]


@frozen
class Scripted:
    """One price for every pair: prices[n] from BEGIN + n * grid on, the last one for ever after.

    The book has three levels on each side, 1, 2 and 3 away from the price, of these amounts.
    """

    prices: list[Decimal] = field(converter=lambda prices: [D(price) for price in prices])
    amounts: tuple[Decimal, ...] = AMOUNTS
    rate: Decimal = RATE
    grid: int = TICK
    seed: int = 7

    def price(self, exchange: str, pair: str, at: int) -> Decimal:
        return self.prices[min(max(0, (at - BEGIN) // self.grid), len(self.prices) - 1)]

    def first_touch(self, exchange: str, pair: str, start: int, end: int, level: Decimal, upward: bool) -> int | None:
        for at in range(start, end, self.grid):
            price = self.price(exchange, pair, at)
            if price >= level if upward else price <= level:
                return at
            if at - BEGIN > self.grid * len(self.prices):
                return None
        return None

    def mark(self, exchange: str, pair: str, at: int) -> Decimal:
        return self.price(exchange, pair, at)

    def funding_rate(self, exchange: str, pair: str, at: int) -> Decimal:
        return self.rate * (1 + (at - BEGIN) // EIGHT_HOURS)  # each interval's is larger

    def next_funding(self, exchange: str, at: int) -> int:
        return (at // EIGHT_HOURS + 1) * EIGHT_HOURS

    def book(self, exchange: str, pair: str, at: int, depth: int) -> Book:
        mid = self.price(exchange, pair, at)
        away = list(enumerate(self.amounts[:depth], 1))
        return Book([Level(mid - n, amount) for n, amount in away], [Level(mid + n, amount) for n, amount in away])


@frozen
class World:
    """An engine on a scripted market, with one account that has 100,000 USDT and 10 BTC on binance, and 100,000 USDT on
    binance_perpetual."""

    market: Scripted
    store: Store
    clock: ManualClock
    engine: Engine


START = {
    ("master_account", "binance"): {"USDT": D(100_000), "BTC": D(10)},
    ("master_account", "binance_perpetual"): {"USDT": D(100_000)},
}


def world(*prices: Decimal | int, path: object = ":memory:", **script: object) -> World:
    market = Scripted([*prices] or [1000], **script)  # type: ignore[arg-type]
    return reopened(market, ManualClock(BEGIN), path)


def reopened(market: Scripted, clock: ManualClock, path: object) -> World:
    store = Store.open(str(path))
    return World(market, store, clock, Engine(Feed(market, market.book, 3, market.grid), store, clock, START))


def audit(db: sqlite3.Connection) -> None:
    """Money is conserved, exactly. In each token of each account at each exchange:

        total = deposits
              + what fills of spot orders brought - what they cost - fees charged in this token
              + realized profit - fees + funding of perpetual ones
        locked = locked by resting orders + margin of positions;  0 <= locked <= total

    On a perpetual pair, what was received for sales less what was paid for purchases is the realized profit less the
    cost of what is open. An order has filled what its fills say, and never more than its amount.
    """
    with localcontext(EXACT):
        _audit(db)


def _audit(db: sqlite3.Connection) -> None:
    totals: dict[Key, Decimal] = defaultdict(Decimal)
    locks: dict[Key, Decimal] = defaultdict(Decimal)
    for account, exchange, token, amount in db.execute("SELECT account, exchange, token, amount FROM deposits"):
        totals[account, exchange, token] += D(amount)
    cash: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    held: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    by_order: dict[int, list[tuple[Decimal, Decimal, Decimal]]] = defaultdict(list)
    fills = "SELECT order_number, account, exchange, pair, side, amount, price, fee, charged, charged_token, realized"
    for number, account, exchange, pair, side, *money in db.execute(f"{fills} FROM fills"):
        token = money.pop(4)
        amount, price, fee, charged, realized = map(D, money)
        base, quote = pair.split("-")
        sign = 1 if side == "BUY" else -1
        assert amount > 0
        assert price > 0
        assert fee >= 0
        by_order[number].append((amount, price, fee))
        totals[account, exchange, token] -= charged
        if "perpetual" in exchange:
            totals[account, exchange, quote] += realized
            cash[account, exchange, pair] -= sign * amount * price + realized
            held[account, exchange, pair] += sign * amount
        else:
            totals[account, exchange, base] += sign * amount
            totals[account, exchange, quote] -= sign * amount * price
    for account, exchange, token, payment in db.execute("SELECT account, exchange, currency, payment FROM funding"):
        totals[account, exchange, token] += D(payment)
    for account, exchange, pair, amount, cost, margin in db.execute(
        "SELECT account, exchange, pair, amount, cost, margin FROM positions"
    ):
        assert D(amount) != 0
        assert D(margin) >= 0
        cash[account, exchange, pair] += D(cost)
        held[account, exchange, pair] -= D(amount)
        locks[account, exchange, pair.split("-")[1]] += D(margin)
    assert not any(cash.values()), cash
    assert not any(held.values()), held
    for number, account, exchange, pair, side, status, *money in db.execute(
        "SELECT number, account, exchange, pair, side, status, amount, filled, value, fee, locked FROM orders"
    ):
        amount, filled, value, fee, locked = map(D, money)
        parts = by_order.pop(number, [])
        assert filled == sum(part for part, _, _ in parts) <= amount
        assert value == sum(part * price for part, price, _ in parts)
        assert fee == sum(part for _, _, part in parts)
        assert (status == "FILLED") == (filled == amount)
        assert status in ("OPEN", "PARTIALLY_FILLED") or not locked
        base, quote = pair.split("-")
        locks[account, exchange, base if side == "SELL" and "perpetual" not in exchange else quote] += locked
    assert not by_order
    for *key, total, locked in db.execute("SELECT account, exchange, token, total, locked FROM balances"):
        assert D(total) == totals.pop(tuple(key)), key  # type: ignore[call-overload]
        assert D(locked) == locks.pop(tuple(key), D(0)), key  # type: ignore[call-overload]
        assert 0 <= D(locked) <= D(total)
    assert not any(totals.values())
    assert not any(locks.values())


def contents(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every table, row by row."""
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in names}
