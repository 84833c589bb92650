"""Made-up answers in the shapes of the API's own, the same in every run."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

_START = datetime(2026, 11, 1, 9, 30, 0, 123456, UTC)
_PAIRS = {"BTC-USDT": 100850.0, "ETH-USDT": 3890.0, "SOL-USDT": 231.5}


def orders(count: int) -> dict[str, Any]:
    """The answer of `POST /trading/orders/search`: `count` orders, newest first, of every status."""
    dice = random.Random(count)
    rows = [_order(dice, number) for number in range(count, 0, -1)]
    return {
        "data": rows,
        "pagination": {"limit": count, "has_more": True, "next_cursor": "0:", "total_count": 2 * count},
    }


def _order(dice: random.Random, number: int) -> dict[str, Any]:
    pair, middle = dice.choice(list(_PAIRS.items()))
    status = dice.choice(["FILLED", "FILLED", "FILLED", "CANCELLED", "OPEN", "PARTIALLY_FILLED"])
    kind = dice.choice(["LIMIT", "LIMIT", "LIMIT_MAKER", "MARKET"]) if status == "FILLED" else "LIMIT"
    side = dice.choice(["BUY", "SELL"])
    amount = round(dice.uniform(0.001, 2), 5)
    price = round(middle * dice.uniform(0.97, 1.03), 2)
    filled = {"FILLED": amount, "PARTIALLY_FILLED": round(amount / 3, 5)}.get(status, 0.0)
    created = _START + timedelta(seconds=number * 1717, microseconds=dice.randrange(10**6))
    updated = created + timedelta(seconds=dice.uniform(0, 900)) if status != "OPEN" else created
    return {
        "order_id": f"x-MG43PCSN{side[0]}{pair[0]}{pair[2]}UT{round(created.timestamp() * 1e6):x}a6bb",
        "account_name": "master_account",
        "connector_name": "binance",
        "trading_pair": pair,
        "trade_type": side,
        "order_type": kind,
        "amount": amount,
        "price": price,
        "status": status,
        "filled_amount": filled,
        "average_fill_price": price if filled else None,
        "fee_paid": round(filled * price * 0.001, 8) if filled else None,
        "fee_currency": "USDT" if filled else None,
        "created_at": created.isoformat(),
        "updated_at": updated.isoformat(),
        "exchange_order_id": str(1000000 + number),
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
        "timestamp": (_START + timedelta(days=1)).timestamp(),
    }


def compact(answer: Any) -> str:
    """As the API sends it."""
    return json.dumps(answer, separators=(",", ":"))
