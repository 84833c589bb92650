"""How orders are filled.

A market order, and a limit order whose price reaches the other side of the book, takes from the book as it stands,
level by level. What the book doesn't hold of a market order is cancelled; of a limit order it rests.

A resting order is filled at its own price at each tick of the market's time at which the price is at its limit or
beyond: as much as the best level of the other side holds then, and all that is offered within its limit. Own orders on
the same side share that: better price first, then older first.
"""

from collections.abc import Iterable
from decimal import Decimal

from attrs import evolve

from hbmcp.paper.exchange import order_rules, orders
from hbmcp.paper.exchange.orders import Ticket, Trade
from hbmcp.paper.exchange.transaction import Transaction
from hbmcp.paper.money import ZERO


def execute(transaction: Transaction, ticket: Ticket) -> Ticket:
    """What the exchange does with a new order; stores it. An exchange fills or rests all that the balance must pay for,
    or refuses the whole order; only one that reduces a position goes as far as its margin pays."""
    exchange = transaction.exchanges[ticket.exchange]
    reducible = transaction.reducible(ticket) if exchange.perpetual else ZERO
    closes = ticket.action == "CLOSE"
    if closes and not reducible:
        return _refuse(transaction, ticket, order_rules.nothing_to_reduce(exchange))
    crosses = ticket.price is None or _crosses(transaction, ticket)
    if crosses and ticket.type == "LIMIT_MAKER":
        return _refuse(transaction, ticket, order_rules.would_take(exchange))
    if exchange.perpetual and not closes:
        ticket.opens = max(ZERO, ticket.amount - reducible)

    asked = evolve(ticket)
    mark = transaction.mark()
    trades, paid = _take(transaction, ticket) if crosses else ([], True)
    if paid and ticket.remaining and ticket.price is not None and not (closes and not transaction.reducible(ticket)):
        paid = transaction.relock(ticket)
    elif ticket.remaining and (paid or trades):
        ticket.status = "CANCELLED"
        ticket.error = (
            order_rules.ALL_REDUCED if closes and not transaction.reducible(ticket) else order_rules.BOOK_SWEPT
        )
    if not paid and not (closes and trades):
        transaction.restore(mark)
        return _refuse(transaction, asked, order_rules.insufficient(exchange))
    orders.insert(transaction.db, ticket)
    if ticket.rests:
        transaction.rest(ticket)
    _store(transaction, ticket, trades, [(trade.price, trade.amount) for trade in trades])
    return ticket


def fill_resting(transaction: Transaction, tickets: Iterable[Ticket], price: Decimal) -> None:
    """Of one exchange, pair and side, at a time when the market's price is `price`."""
    for ticket in sorted(tickets, key=precedence):
        if not ticket.rests or ticket.price is None or (price - ticket.price) * ticket.sign > 0:
            continue
        exchange = transaction.exchanges[ticket.exchange]
        amount = ticket.remaining
        if ticket.action == "CLOSE":
            amount = min(amount, transaction.reducible(ticket))
            if not amount:
                transaction.end(ticket, "CANCELLED")
                continue
        best = transaction.feed.best(ticket.exchange, ticket.pair, transaction.at, ticket.side)
        offered = transaction.feed.offered(
            transaction.db, ticket.exchange, ticket.pair, transaction.at, ticket.side, amount
        )
        taken = _walk([level for level in offered if level[0] == best or _within(ticket, level[0])], amount)
        if not taken:
            continue
        trade = transaction.settle(ticket, sum((part for _, part in taken), ZERO), ticket.price, maker=True)
        if trade is None:
            transaction.end(ticket, "CANCELLED", order_rules.insufficient(exchange))
            continue
        orders.update(transaction.db, ticket)
        _store(transaction, ticket, [trade], taken)


def precedence(ticket: Ticket) -> tuple[Decimal, int]:
    """Price-time order among resting orders of one side."""
    return -ticket.sign * (ticket.price or ZERO), ticket.number


def cancel_reducers(transaction: Transaction, ticket: Ticket) -> None:
    """Once a position is gone or has turned, an exchange cancels the orders that were to reduce it."""
    if not orders.any_reduces(transaction.db, ticket.account, ticket.exchange, ticket.pair):
        return
    for other in transaction.resting:
        if (
            other.rests
            and other.action == "CLOSE"
            and (other.account, other.exchange, other.pair) == (ticket.account, ticket.exchange, ticket.pair)
            and not transaction.reducible(other)
        ):
            transaction.end(other, "CANCELLED")


def _refuse(transaction: Transaction, ticket: Ticket, error: str) -> Ticket:
    ticket.status, ticket.error = "FAILED", error
    orders.insert(transaction.db, ticket)
    return ticket


def _take(transaction: Transaction, ticket: Ticket) -> tuple[list[Trade], bool]:
    """The trades, and whether the balance paid for all that the book offered."""
    wanted = ticket.remaining
    if ticket.action == "CLOSE":
        wanted = min(wanted, transaction.reducible(ticket))
    offered = transaction.feed.offered(
        transaction.db, ticket.exchange, ticket.pair, transaction.at, ticket.side, wanted
    )
    trades: list[Trade] = []
    for price, amount in _walk([level for level in offered if _within(ticket, level[0])], wanted):
        trade = transaction.settle(ticket, amount, price, maker=False)
        if trade is None:
            return trades, False
        trades.append(trade)
    return trades, True


def _store(transaction: Transaction, ticket: Ticket, trades: list[Trade], taken: list[tuple[Decimal, Decimal]]) -> None:
    if not trades:
        return
    orders.insert_trades(transaction.db, ticket, trades, transaction.at)
    transaction.feed.take(transaction.db, ticket.exchange, ticket.pair, transaction.at, ticket.side, taken)
    if transaction.exchanges[ticket.exchange].perpetual:
        cancel_reducers(transaction, ticket)


def _crosses(transaction: Transaction, ticket: Ticket) -> bool:
    best = transaction.feed.best(ticket.exchange, ticket.pair, transaction.at, ticket.side)
    return best is not None and _within(ticket, best)


def _within(ticket: Ticket, price: Decimal) -> bool:
    return ticket.price is None or (price - ticket.price) * ticket.sign <= 0


def _walk(levels: list[tuple[Decimal, Decimal]], amount: Decimal) -> list[tuple[Decimal, Decimal]]:
    taken = []
    for price, offered in levels:
        part = min(offered, amount)
        if part <= 0:
            break
        taken.append((price, part))
        amount -= part
    return taken
