"""What an answer costs, against the JSON that the API sent."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rs_bpe.bpe import openai

from hbmcp.results import ResultSpec, render
from tests.results.reader import agree, pruned, read


def orders() -> dict[str, Any]:
    """50 orders as the API's search shows them: two pairs, three accounts, spot and perpetual, a few refused."""
    at, made = datetime(2026, 11, 22, 8, 43, 28, 205768, tzinfo=UTC), []
    for n in range(50):
        at -= timedelta(seconds=1234 + 97 * n, microseconds=317_003 * (n + 1) % 1_000_000)
        pair, price = (("BTC-USDT", 100856.96), ("ETH-USDT", 3938.77))[n * 7 % 5 % 2]
        spot, side, status = (
            n % 3 != 1,
            "BUY" if n * 3 % 5 % 2 else "SELL",
            ("FILLED", "CANCELLED", "FILLED", "OPEN")[n % 4],
        )
        amount, cost = round(0.01 + n * 0.00731, 5), round(price * (0.97 + n * 0.0013), 2)
        filled = amount if status == "FILLED" else 0.0
        order = {
            "order_id": f"x-{'MG43PCSN' if spot else 'nbQe1H39'}{side[0]}{pair[0]}CUT{int(at.timestamp() * 1e6):x}6bb",
            "account_name": ("master_account", "second_account", "desk_two")[n * 5 % 7 % 3],
            "connector_name": "binance" if spot else "binance_perpetual",
            "trading_pair": pair,
            "trade_type": side,
            "order_type": ("LIMIT", "MARKET", "LIMIT", "LIMIT_MAKER")[n % 4],
            "amount": amount,
            "price": None if n % 8 == 1 else cost,
            "status": status,
            "filled_amount": filled,
            "average_fill_price": cost if filled else None,
            "fee_paid": round(filled * cost * 0.001, 7) if filled else None,
            "fee_currency": "USDT" if filled else None,
            "created_at": at.isoformat(),
            "updated_at": (at + timedelta(microseconds=n * 71_993 % 2_500_000)).isoformat(),
            "exchange_order_id": str((1000005 if spot else 8000000007) + n),
            "error_message": None,
        }
        if n in (20, 41):
            reason = 'HTTP status is 400. Error: {"code": -2010, "msg": "Account has insufficient balance."}'
            order |= {
                "trading_pair": "UNKNOWN",
                "amount": 0.0,
                "price": None,
                "status": "FAILED",
                "error_message": reason,
            }
        made.append(order)
    return {"data": made, "pagination": {"limit": 50, "has_more": False, "next_cursor": None, "total_count": 50}}


def book() -> dict[str, Any]:
    sides = {
        name: [
            {"price": round(start + way * 10.09 * n, 2), "amount": round(0.05 + n * 4_517 % 55_000 / 1e5 + 1e-5, 5)}
            for n in range(50)
        ]
        for name, start, way in (("bids", 100854.94, -1), ("asks", 100858.98, 1))
    }
    return {"trading_pair": "BTC-USDT", **sides, "timestamp": 1795337003.4458144}


@pytest.mark.parametrize(("answer", "most"), [(orders(), 0.45), (book(), 0.6)], ids=["orders", "book"])
def test_tokens(answer: Any, most: float) -> None:
    sent = json.dumps(answer, separators=(",", ":"))
    exact = json.loads(sent, parse_float=Decimal)
    text = render(exact, ResultSpec())
    tokens = openai.o200k_base()
    assert len(tokens.encode(text)) <= most * len(tokens.encode(sent))
    got = read(text)
    for name, value in exact.items():
        if isinstance(value, list):
            assert agree([pruned(row) for row in value], got[name])
