"""Positions that ended executors have left behind, added up per account, exchange, pair and controller."""

from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from typing import Any, NamedTuple

from hbmcp.paper.executors.record import ZERO, Record, Total
from hbmcp.paper.market.clock import iso
from hbmcp.paper.market.market import Market


class Key(NamedTuple):
    account: str
    exchange: str
    pair: str
    controller: str


def held(records: Iterable[Record]) -> dict[Key, list[Record]]:
    """The executors of each position that is held, in the order given."""
    positions: dict[Key, list[Record]] = {}
    for record in records:
        if record.held:
            key = Key(record.account, record.exchange, record.pair, record.controller)
            positions.setdefault(key, []).append(record)
    return positions


def describe(key: Key, records: list[Record], market: Market, now: int) -> dict[str, Any]:
    """One position as the API answers it, in base and quote units. Unrealized at the middle price."""
    legs = [leg for record in records for leg in record.legs]
    bought, sold = (
        reduce(Total.plus, (leg.total for leg in legs if leg.side == side), Total()) for side in ("BUY", "SELL")
    )
    net = bought.base - sold.base
    matched = min(bought.base, sold.base)
    realized = matched * ((sold.average or ZERO) - (bought.average or ZERO)) if matched else ZERO
    entry = (bought if net > 0 else sold).average or ZERO
    unrealized = (market.price(key.exchange, key.pair, now) - entry) * net
    return {
        "trading_pair": key.pair,
        "connector_name": key.exchange,
        "account_name": key.account,
        "controller_id": key.controller,
        "buy_amount_base": bought.base,
        "buy_amount_quote": bought.quote,
        "sell_amount_base": sold.base,
        "sell_amount_quote": sold.quote,
        "net_amount_base": net,
        "buy_breakeven_price": bought.average,
        "sell_breakeven_price": sold.average,
        "matched_amount_base": matched,
        "unmatched_amount_base": abs(net),
        "position_side": _direction(net),
        "realized_pnl_quote": realized,
        "cum_fees_quote": bought.fee + sold.fee,
        "unrealized_pnl_quote": unrealized,
        "executor_count": len(records),
        "executor_ids": [record.id for record in records],
        "last_updated": iso(max(record.closed or 0 for record in records)).removesuffix("+00:00"),
    }


def _direction(net: Decimal) -> str | None:
    return "LONG" if net > 0 else "SHORT" if net < 0 else None
