"""What happens in the market while nobody asks: the events between two times, one after the other.

An event is a time at which a resting order's limit or a position's liquidation price is touched, or funding is due. At
one time funding comes first, for the positions held until then, then fills, then liquidations. What an event changes is
looked at anew from that time on, so it makes no difference in how many steps the world is brought to a time.
"""

from decimal import Decimal

from hbmcp.paper.exchange.matching import fill_resting
from hbmcp.paper.exchange.orders import Ticket
from hbmcp.paper.exchange.perpetuals import liquidate, liquidation_level, pay_funding
from hbmcp.paper.exchange.positions import Key
from hbmcp.paper.exchange.records import Side
from hbmcp.paper.exchange.transaction import Transaction

Watch = tuple[str, str, Decimal, bool]  # exchange, pair, level, upward
_STRETCH = 7 * 24 * 3_600_000  # ms that are looked through at once: the market remembers so much of its path
Group = tuple[str, str, Side]


def advance(transaction: Transaction, since: int, until: int) -> None:
    """since < every event <= until; transaction.at is `until` afterwards."""
    while transaction.feed.next_tick(since) <= until and (transaction.resting or transaction.positions.items()):
        _advance(transaction, since, min(since + _STRETCH, until))
        since = min(since + _STRETCH, until)
    transaction.at = until


def _advance(transaction: Transaction, since: int, until: int) -> None:
    touches: dict[Watch, int | None] = {}
    due: dict[str, int] = {}
    cursor = since
    while cursor < until:

        def touched(watch: Watch, after: int = cursor) -> int | None:
            known = touches.get(watch, after)
            if known is not None and known <= after:
                exchange, pair, level, upward = watch
                known = touches[watch] = transaction.feed.first_touch(exchange, pair, after, until, level, upward)
            return known

        def funded(exchange: str, after: int = cursor) -> int:
            if due.get(exchange, after) <= after:
                due[exchange] = transaction.feed.next_funding(exchange, after)
            return due[exchange]

        groups = _groups(transaction)
        held = transaction.positions.items()
        fills = {group: touched(_watch(tickets)) for group, tickets in groups.items()}
        falls = {key: touched(watch) for key, watch in _levels(transaction).items()}
        fundings = {exchange: funded(exchange) for exchange in sorted({key[1] for key, _ in held})}

        times = [at for at in (*fills.values(), *falls.values(), *fundings.values()) if at is not None and at <= until]
        if not times:
            break
        transaction.at = cursor = min(times)
        for exchange, at in fundings.items():
            if at == cursor:
                pay_funding(transaction, exchange)
        for group, time in sorted(fills.items()):
            if time == cursor:
                fill_resting(transaction, groups[group], transaction.feed.price(group[0], group[1], cursor))
        for key, time in falls.items():
            if time == cursor:
                liquidate(transaction, key, transaction.feed.price(key[1], key[2], cursor))
        transaction.write()


def _groups(transaction: Transaction) -> dict[Group, list[Ticket]]:
    """Resting orders that share the flow of one side of a book."""
    groups: dict[Group, list[Ticket]] = {}
    for ticket in transaction.resting:
        if ticket.rests:
            groups.setdefault((ticket.exchange, ticket.pair, ticket.side), []).append(ticket)
    return groups


def _watch(tickets: list[Ticket]) -> Watch:
    """The price that is touched first: a buy order's from above, a sell order's from below."""
    best = min(tickets, key=lambda ticket: -ticket.sign * (ticket.price or 0))
    return best.exchange, best.pair, best.price or Decimal(0), best.side == "SELL"


def _levels(transaction: Transaction) -> dict[Key, Watch]:
    """Where positions are liquidated."""
    levels: dict[Key, Watch] = {}
    for key, holding in transaction.positions.items():
        level = liquidation_level(transaction.exchanges[key[1]], key, holding)
        if level is not None:
            levels[key] = (key[1], key[2], level, holding.amount < 0)
    return levels
