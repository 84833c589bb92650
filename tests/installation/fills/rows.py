"""Rows of fills, orders and funding payments as the API has them, at times of our own."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

D = Decimal
ME, PERP, PAIR = "main", "binance_perpetual", "BTC-USDT"
NOW = 1_795_337_000_000
MINUTE = 60_000
Row = dict[str, Any]
MARKET = {"account_name": ME, "connector_name": PERP, "trading_pair": PAIR}
TOGETHER = 7


def iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat()


def trade(number: int, side: str, amount: str, price: int, time: int, **changes: Any) -> Row:
    return {
        "trade_id": f"{number}_1",
        "order_id": f"{side}{number}",
        **MARKET,
        "trade_type": side,
        "amount": D(amount),
        "price": D(price),
        "fee_paid": D(1),
        "fee_currency": "USDT",
        "timestamp": iso(time),
        **changes,
    }


def order(number: int, side: str, created: int, updated: int, status: str = "FILLED") -> Row:
    return {
        "order_id": f"{side}{number}",
        **MARKET,
        "status": status,
        "created_at": iso(created),
        "updated_at": iso(updated),
    }


def page(rows: Iterable[Row], limit: int = 1000) -> Row:
    return {"data": list(rows)[:limit], "pagination": {}}


def paid(time: int, amount: int, rate: str = "0.0001", **changes: Any) -> Row:
    figures = {"funding_payment": amount, "funding_rate": D(rate), "fee_currency": "USDT", "timestamp": iso(time)}
    return {**MARKET, **figures, **changes}


def moment(number: int) -> int:
    """The true time of a fill."""
    return NOW + number * 10_000


def buys_and_sells(count: int) -> tuple[list[Row], list[Row]]:
    """Trades and their orders, buys and sells by turns, newest first. Always seven trades have one recorded time."""
    sides = ["SELL" if number % 2 else "BUY" for number in range(count)]
    trades = [
        trade(number, side, "1", 101 if number % 2 else 100, moment(number // TOGETHER * TOGETHER))
        for number, side in enumerate(sides)
    ]
    orders = [order(number, side, moment(number), moment(number)) for number, side in enumerate(sides)]
    return sorted(trades, key=lambda row: (row["timestamp"], row["trade_id"]), reverse=True), orders[::-1]


def newest(rows: list[Row], time: str) -> Callable[[Any], Row]:
    """As the API answers: the newest rows of the period, up to the limit."""

    def answer(request: Any) -> Row:
        end = iso(request.json.get("end_time") or NOW * 2)
        return page((row for row in rows if row[time] <= end), request.json["limit"])

    return answer
