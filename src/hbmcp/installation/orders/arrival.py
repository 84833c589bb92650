"""What a purchase on a spot exchange brought: its fee may have been taken out of it."""

from decimal import ROUND_DOWN, Decimal

from hbmcp.figures import plain, ratio, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.markets.taker_fees import assumed_fee
from hbmcp.installation.orders.order import Order
from hbmcp.pairs import base_of, quote_of
from hbmcp.text import named

DIGITS = Decimal("1e-8")  # of coins that were worked out


def least_arrived(order: Order) -> Decimal:
    """Base units that it brought at least: a fee recorded in quote may have been taken in base, and one that isn't
    recorded yet is the exchange's usual one."""
    net, fee = _net(order), _fee_by_worth(order)
    if not order.fees:
        fee = times(net, assumed_fee(order.connector).rate)
    return plain((net - fee).quantize(DIGITS, ROUND_DOWN)) if fee else net


def arrival_note(order: Order) -> str:
    """The same in words, as far as it is known; "" for any other order."""
    if not order.filled or order.side != "BUY" or is_perpetual(order.connector) or not order.pair:
        return ""
    base = base_of(order.pair)
    arrived = f"{_net(order):f} {named(base)} arrived"
    if _fee_by_worth(order):
        less = f"{least_arrived(order):f} {named(base)} arrived if the exchange took its fee out of that"
        beside = f"{_net(order):f} if in {named(quote_of(order.pair))}"
        return f"{less}, {beside}: get_account_balance shows which."
    if not order.fees:
        return f"{arrived}, less a fee that isn't recorded yet and may be taken out of it."
    if base in order.fees:
        return f"{arrived}; its fee is taken out."
    return f"{arrived}; its fee was paid in {' and '.join(map(named, order.fees))}."


def _net(order: Order) -> Decimal:
    """Less what is recorded as taken out of it."""
    return plain(order.filled - order.fees.get(base_of(order.pair or ""), Decimal(0)))


def _fee_by_worth(order: Order) -> Decimal:
    """In base units, of a fee that is recorded in quote, whichever was taken."""
    quote = quote_of(order.pair or "")
    if order.fees.keys() != {quote} or not order.average_price:
        return Decimal(0)
    return max(ratio(order.fees[quote], order.average_price), Decimal(0))
