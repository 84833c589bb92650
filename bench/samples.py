"""Made-up answers in the shapes of the API's own, the same in every run."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

_START = datetime(2026, 11, 22, 8, 43, 28, 205768, UTC)
_PAIRS = (("BTC-USDT", 100856.96), ("ETH-USDT", 3938.77))
_ACCOUNTS = ("master_account", "second_account", "desk_two")
_STATUSES = ("FILLED", "CANCELLED", "FILLED", "OPEN")
_TYPES = ("LIMIT", "MARKET", "LIMIT", "LIMIT_MAKER")
_REFUSED = {
    "trading_pair": "UNKNOWN",
    "amount": 0.0,
    "price": None,
    "status": "FAILED",
    "error_message": 'HTTP status is 400. Error: {"code": -2010, "msg": "Account has insufficient balance."}',
}


def orders(count: int) -> dict[str, Any]:
    """The answer of `POST /trading/orders/search`: `count` orders, newest first, of two pairs and three accounts, spot
    and perpetual, filled, open, cancelled and (one in 21) refused."""
    rows, created = [], _START
    for number in range(count):
        created -= timedelta(seconds=1234 + 97 * number, microseconds=317_003 * (number + 1) % 1_000_000)
        rows.append(_order(number, created) | (_REFUSED if number % 21 == 20 else {}))
    return {
        "data": rows,
        "pagination": {"limit": count, "has_more": False, "next_cursor": None, "total_count": count},
    }


def _order(number: int, created: datetime) -> dict[str, Any]:
    pair, middle = _PAIRS[number * 7 % 5 % 2]
    spot = number % 3 != 1
    side = "BUY" if number * 3 % 5 % 2 else "SELL"
    status = _STATUSES[number % 4]
    amount, price = round(0.01 + number * 0.00731, 5), round(middle * (0.97 + number * 0.0013), 2)
    filled = amount if status == "FILLED" else 0.0
    prefix = f"x-{'MG43PCSN' if spot else 'nbQe1H39'}{side[0]}{pair[0]}CUT"
    return {
        "order_id": f"{prefix}{int(created.timestamp() * 1e6):x}6bb",
        "account_name": _ACCOUNTS[number * 5 % 7 % 3],
        "connector_name": "binance" if spot else "binance_perpetual",
        "trading_pair": pair,
        "trade_type": side,
        "order_type": _TYPES[number % 4],
        "amount": amount,
        "price": None if number % 8 == 1 else price,
        "status": status,
        "filled_amount": filled,
        "average_fill_price": price if filled else None,
        "fee_paid": round(filled * price * 0.001, 7) if filled else None,
        "fee_currency": "USDT" if filled else None,
        "created_at": created.isoformat(),
        "updated_at": (created + timedelta(microseconds=number * 71_993 % 2_500_000)).isoformat(),
        "exchange_order_id": str((1000005 if spot else 8000000007) + number),
        "error_message": None,
    }


def order_book(levels: int) -> dict[str, Any]:
    """The answer of `POST /market-data/order-book`: `levels` bids and as many asks around 100,850."""
    dice = random.Random(levels)

    def side(direction: int) -> list[dict[str, float]]:
        steps = [sum(dice.choice([1.01, 2.02, 10.09]) for _ in range(1 + level)) for level in range(levels)]
        prices = sorted({round(100850.0 + direction * (1 + step), 2) for step in steps}, reverse=direction < 0)
        while len(prices) < levels:
            prices.append(round(prices[-1] + direction * 10.09, 2))
        return [{"price": price, "amount": round(dice.uniform(0.01, 0.6), 5)} for price in prices]

    return {
        "trading_pair": "BTC-USDT",
        "bids": side(-1),
        "asks": side(1),
        "timestamp": _START.timestamp(),
    }


def compact(answer: Any) -> str:
    """As the API sends it."""
    return json.dumps(answer, separators=(",", ":"))
