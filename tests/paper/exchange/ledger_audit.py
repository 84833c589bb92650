"""What must hold in every store of the paper exchange: no money appears, and none is lost."""

import sqlite3
from collections import defaultdict
from decimal import Decimal, localcontext

from hbmcp.paper.exchange.balances import Key
from hbmcp.paper.money import EXACT


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
        totals[account, exchange, token] += Decimal(amount)
    cash: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    held: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    by_order: dict[int, list[tuple[Decimal, Decimal, Decimal]]] = defaultdict(list)
    fills = "SELECT order_number, account, exchange, pair, side, amount, price, fee, charged, charged_token, realized"
    for number, account, exchange, pair, side, *money in db.execute(f"{fills} FROM fills"):
        token = money.pop(4)
        amount, price, fee, charged, realized = map(Decimal, money)
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
        totals[account, exchange, token] += Decimal(payment)
    for account, exchange, pair, amount, cost, margin in db.execute(
        "SELECT account, exchange, pair, amount, cost, margin FROM positions"
    ):
        assert Decimal(amount) != 0
        assert Decimal(margin) >= 0
        cash[account, exchange, pair] += Decimal(cost)
        held[account, exchange, pair] -= Decimal(amount)
        locks[account, exchange, pair.split("-")[1]] += Decimal(margin)
    assert not any(cash.values()), cash
    assert not any(held.values()), held
    for number, account, exchange, pair, side, status, *money in db.execute(
        "SELECT number, account, exchange, pair, side, status, amount, filled, value, fee, locked FROM orders"
    ):
        amount, filled, value, fee, locked = map(Decimal, money)
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
        assert Decimal(total) == totals.pop(tuple(key)), key  # type: ignore[call-overload]
        assert Decimal(locked) == locks.pop(tuple(key), Decimal(0)), key  # type: ignore[call-overload]
        assert 0 <= Decimal(locked) <= Decimal(total)
    assert not any(totals.values())
    assert not any(locks.values())
