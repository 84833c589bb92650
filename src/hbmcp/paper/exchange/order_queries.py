"""The questions asked of stored orders, fills and funding payments. Answers are newest first.

A filter that is None lets everything through, an empty one nothing; start <= time <= end, in milliseconds.
"""

import sqlite3
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from hbmcp.paper.exchange.orders import FILL_COLUMNS, PREFIX, SELECT, number_of, order_id, ticket_of
from hbmcp.paper.exchange.records import Fill, FundingPayment, Order, Side, Status

Names = Collection[str] | None


def search(
    db: sqlite3.Connection,
    accounts: Names,
    exchanges: Names,
    pairs: Names,
    statuses: Collection[Status] | None,
    start: int | None,
    end: int | None,
    limit: int | None,
) -> list[Order]:
    where = {"account": accounts, "exchange": exchanges, "pair": pairs, "status": statuses}
    rows = _search(db, SELECT, where, "created", start, end, limit)
    return [ticket_of(row).record() for row in rows]


def search_fills(
    db: sqlite3.Connection,
    accounts: Names,
    exchanges: Names,
    pairs: Names,
    order_ids: Names,
    sides: Collection[Side] | None,
    start: int | None,
    end: int | None,
    limit: int | None,
) -> list[Fill]:
    where: dict[str, Collection[Any] | None] = {
        "account": accounts,
        "exchange": exchanges,
        "pair": pairs,
        "side": sides,
    }
    if order_ids is not None:
        where["order_number"] = [number_of(text) for text in order_ids]
    rows = _search(db, f"SELECT number, {FILL_COLUMNS} FROM fills", where, "at", start, end, limit)
    return [_fill(row) for row in rows]


def search_funding(
    db: sqlite3.Connection,
    accounts: Names,
    exchanges: Names,
    pairs: Names,
    start: int | None,
    end: int | None,
    limit: int | None,
) -> list[FundingPayment]:
    columns = "number, account, exchange, pair, side, amount, mark, rate, payment, currency, at"
    where = {"account": accounts, "exchange": exchanges, "pair": pairs}
    rows = _search(db, f"SELECT {columns} FROM funding", where, "at", start, end, limit)
    return [_payment(row) for row in rows]


def _search(
    db: sqlite3.Connection,
    select: str,
    where: dict[str, Any],
    time: str,
    start: int | None,
    end: int | None,
    limit: int | None,
) -> list[tuple[Any, ...]]:
    """Newest first. Names of columns are ours, values are bound."""
    parts, values = ["TRUE"], []
    for column, allowed in where.items():
        if allowed is not None:
            parts.append(f"{column} IN ({', '.join('?' * len(allowed))})")
            values.extend(allowed)
    for comparison, bound in ((">=", start), ("<=", end)):
        if bound is not None:
            parts.append(f"{time} {comparison} ?")
            values.append(bound)
    values.append(-1 if limit is None else limit)
    return db.execute(f"{select} WHERE {' AND '.join(parts)} ORDER BY number DESC LIMIT ?", values).fetchall()


def _fill(row: tuple[Any, ...]) -> Fill:
    number, order, account, exchange, pair, side, kind, action, amount, price, fee, fee_currency = row[:12]
    charged, charged_token, maker, realized, liquidation, at = row[12:]
    return Fill(
        id=f"{order_id(order)}_{number}",
        order_id=order_id(order),
        account=account,
        exchange=exchange,
        pair=pair,
        side=side,
        type=kind,
        action=action,
        amount=Decimal(amount),
        price=Decimal(price),
        fee=Decimal(fee),
        fee_currency=fee_currency,
        charged=Decimal(charged),
        charged_token=charged_token,
        maker=bool(maker),
        realized=Decimal(realized),
        liquidation=bool(liquidation),
        at=at,
    )


def _payment(row: tuple[Any, ...]) -> FundingPayment:
    number, account, exchange, pair, side, amount, mark, rate, payment, currency, at = row
    return FundingPayment(
        id=f"{PREFIX}-funding-{number}",
        account=account,
        exchange=exchange,
        pair=pair,
        side=side,
        amount=Decimal(amount),
        mark=Decimal(mark),
        rate=Decimal(rate),
        payment=Decimal(payment),
        currency=currency,
        at=at,
    )
