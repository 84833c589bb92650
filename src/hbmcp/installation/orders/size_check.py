"""Whether a market order is as large as it was meant: a hundred dollars and a hundred coins look alike.

Beyond a share of the account's equity on the exchange, 25 % on spot and all of it on perpetuals, the order is sent only
with its figure said once more: `max_value`, in quote, which must be at least what it is worth.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from attrs import frozen

from hbmcp.errors import Refused
from hbmcp.figures import money, percent, plain, ratio, times
from hbmcp.installation.balances import Balance
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.positions.position import Position
from hbmcp.store import SentOrder
from hbmcp.text import named

SPOT_SHARE = Decimal("0.25")
PERPETUAL_SHARE = Decimal(1)


@frozen
class OrderSize:
    """What an order is worth, in quote; the account's `equity` on that exchange in quote, and what is `open` there
    already, both None where they aren't known; the `leverage` that an open position of the pair shows."""

    notional: Decimal
    equity: Decimal | None
    open: Decimal | None
    leverage: Decimal | None = None

    @property
    def shown(self) -> dict[str, Decimal | None]:
        """As it stands in an answer; the last two are of perpetuals, the order with what was open, and
        the leverage that the pair's position shows."""
        if not self.equity:
            return {"notional": money(self.notional)}
        shown = {
            "notional": money(self.notional),
            "notional_of_equity_percent": percent(self.notional, self.equity),
        }
        if self.open is not None:
            shown["with_open_positions_percent"] = percent(self.notional + self.open, self.equity)
        return shown if self.leverage is None else {**shown, "position_leverage": self.leverage}


def order_size(
    order: SentOrder,
    prices: Sequence[Decimal | None],
    balances: Sequence[Balance],
    held: Sequence[Position] | None,
) -> OrderSize | None:
    """At its own price, or the dearest of these; None where none is known. `balances` are of the account on the
    exchange, with values in USDT, `held` its positions there, None on spot.

    Losses of positions are taken off the balances: some have them in already, and then equity is said too low.
    """
    known = [order.price] if order.price is not None else [one for one in prices if one is not None]
    if not known:
        return None
    notional = times(order.amount, max(known))
    rate = _rate(balances, order.pair.partition("-")[2])
    if not balances or rate is None:
        return OrderSize(notional, None, None)
    worth = sum((one.value or Decimal(0) for one in balances), Decimal(0))
    losses = sum((min(one.unrealized or Decimal(0), Decimal(0)) for one in held or ()), Decimal(0))
    equity = max(ratio(worth, rate) + losses, Decimal(0))
    used = None if held is None else sum((one.notional or one.cost or Decimal(0) for one in held), Decimal(0))
    leverage = next((one.leverage for one in held or () if one.pair == order.pair and one.leverage is not None), None)
    return OrderSize(notional, equity, used, leverage)


def refuse_too_large(order: SentOrder, size: OrderSize | None, max_value: Decimal | None) -> None:
    """Raises Refused for an order worth more than `max_value`, and for a large market order without one. What only
    reduces a position needs none."""
    base, _, quote = order.pair.partition("-")
    if size is None:
        if max_value is not None:
            raise Refused(
                f"No price of {named(order.pair)} can be read, so what the order is worth can't be held to max_value.",
                "Nothing was sent.",
                "Look with get_ticker, or place a LIMIT order.",
            )
        return
    worth = f"{order.side} {plain(order.amount):f} {named(base)} is worth about {money(size.notional):f} {named(quote)}"
    if max_value is not None:
        if max_value < size.notional:
            raise Refused(
                f"{worth}, more than max_value, {plain(max_value):f}.",
                "Nothing was sent.",
                f"amount is in {named(base)}: order less, or have the larger figure confirmed.",
            )
        return
    if order.type != "MARKET" or order.action == "CLOSE":
        return
    if size.equity is None:
        of = f"how much of the account on {named(order.connector)} that is can't be read"
    elif size.notional > times(size.equity, PERPETUAL_SHARE if is_perpetual(order.connector) else SPOT_SHARE):
        times_equity = f"{percent(size.notional, size.equity):f}%" if size.equity else "more than all"
        of = (
            f"{times_equity} of the account's equity on {named(order.connector)}, {money(size.equity):f} {named(quote)}"
        )
    else:
        return
    leverage = ""
    if is_perpetual(order.connector) and size.equity:
        needed = ratio(size.notional, size.equity).quantize(Decimal(1), ROUND_CEILING)
        leverage = f" It takes leverage of {needed:f} or more."
    raise Refused(
        f"{worth}, {of}: that may be a slip.",
        "Nothing was sent.",
        f"amount is in {named(base)}, not in {named(quote)}.{leverage} If so much is meant, ask the user, and repeat "
        f"it with max_value={_least_round(size.notional):f}, the most that it may be worth in {named(quote)}.",
    )


def _least_round(notional: Decimal) -> Decimal:
    """A little more, as prices move, in three digits."""
    more = times(notional, Decimal("1.01"))
    step = Decimal(1).scaleb(more.adjusted() - 2)
    return plain((more / step).to_integral_value(rounding="ROUND_CEILING") * step)


def _rate(balances: Sequence[Balance], quote: str) -> Decimal | None:
    """What the quote currency is worth in USDT, in which the API values balances."""
    if "USD" in quote:  # as the API counts them
        return Decimal(1)
    found = next((one.price for one in balances if one.token == quote), None)
    return found if found and found > 0 else None
