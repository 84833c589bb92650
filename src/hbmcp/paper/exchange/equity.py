"""What an exchange reports as balances where those are its equity: unrealized P&L is in them.

Margin is isolated: a position's P&L stays in the position, as its margin does, so that what is available is the same
with and without it.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal

from hbmcp.paper.exchange.records import Balance, Snapshot
from hbmcp.paper.market.feed import Feed
from hbmcp.paper.market.listings import Exchange
from hbmcp.paper.money import ZERO


def with_profit(
    db: sqlite3.Connection, feed: Feed, account: str, exchange: Exchange, snapshots: Sequence[Snapshot]
) -> list[Snapshot]:
    """These wallets, oldest first, with what was open at the time of each, at its mark price; never below 0.

    By the fills until then the unrealized P&L of a pair is its amount x mark less what was paid for it, less what was
    realized of it.
    """
    rows = db.execute(
        "SELECT at, pair, side, amount, price, realized FROM fills WHERE account = ? AND exchange = ? ORDER BY number",
        (account, exchange.name),
    ).fetchall()
    amounts: dict[str, Decimal] = {}
    costs: dict[str, Decimal] = {}
    seen, answer = 0, []
    for one in snapshots:
        while seen < len(rows) and rows[seen][0] <= one.at:
            _, pair, side, *figures = rows[seen]
            amount, price, realized = map(Decimal, figures)
            signed = amount if side == "BUY" else -amount
            amounts[pair] = amounts.get(pair, ZERO) + signed
            costs[pair] = costs.get(pair, ZERO) + signed * price + realized
            seen += 1
        profits: dict[str, Decimal] = {}
        for pair, amount in amounts.items():
            if amount or costs[pair]:
                token = exchange.pairs[pair].quote
                profit = amount * feed.mark(exchange.name, pair, one.at) - costs[pair]
                profits[token] = profits.get(token, ZERO) + profit
        answer.append(Snapshot(one.at, _added(one.balances, profits)))
    return answer


def _added(wallet: Mapping[str, Balance], profits: Mapping[str, Decimal]) -> dict[str, Balance]:
    found = dict(wallet)
    for token, profit in profits.items():
        held = wallet.get(token, Balance(ZERO, ZERO))
        total = max(held.total + profit, ZERO)
        found[token] = Balance(total, min(held.available, total))
    return found
