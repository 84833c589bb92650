"""Whether what is opened is as large as it was meant: a hundred dollars and a hundred coins look alike.

Beyond a share of the account's equity on the exchange, 25 % on spot and all of it on perpetuals, an order or an
executor is sent only with its figure said once more: `max_value`, in quote, which must be at least what it is worth. A
refusal asks for that figure and gives none to copy.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from attrs import frozen

from hbmcp.errors import Refused
from hbmcp.figures import percent, plain, ratio, times, worth
from hbmcp.installation.balances import Balance
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.markets.trading_pairs import is_stable, only_sounds_stable
from hbmcp.installation.orders.against import Against
from hbmcp.installation.positions.position import Position
from hbmcp.pairs import base_of, quote_of
from hbmcp.store import SentOrder
from hbmcp.text import named

SPOT_SHARE = Decimal("0.25")
PERPETUAL_SHARE = Decimal(1)


@frozen
class Asked:
    """What is asked for, in words: "BUY 1 BTC is worth about"; where; a sentence on how its size was said, in base
    units, or worked out; and whether it is to trade at any price, so that nothing that was said bounds it."""

    words: str
    connector: str
    pair: str
    sized: str = ""
    any_price: bool = False


@frozen
class Size:
    """What an order or a whole executor is worth, in quote; the account's `equity` on that exchange in quote, and what
    is `open` there with it, None where they aren't known; the `leverage` that an open position of the pair shows."""

    notional: Decimal
    quote: str
    equity: Decimal | None
    open: Decimal | None
    leverage: Decimal | None = None

    @property
    def worth(self) -> Decimal:
        """The notional as it is told, by which max_value is said."""
        return worth(self.notional, self.quote)

    @property
    def shown(self) -> dict[str, Decimal | None]:
        """As it stands in an answer; the last two are of perpetuals, what is open with the order, and
        the leverage that the pair's position shows."""
        if not self.equity:
            return {"notional": self.worth}
        shown = {
            "notional": self.worth,
            "notional_of_exchange_equity_percent": percent(self.notional, self.equity),
        }
        if self.open is not None:
            shown["with_open_positions_percent"] = percent(self.open, self.equity)
        return shown if self.leverage is None else {**shown, "position_leverage": self.leverage}


def order_size(
    order: SentOrder,
    prices: Sequence[Decimal | None],
    balances: Sequence[Balance],
    held: Sequence[Position] | None,
    meets: Against | None = None,
) -> Size | None:
    """At its own price, or the dearest of these; None where none is known. What it closes of the position that it
    `meets` isn't open any more. As `size_of`."""
    known = [order.price] if order.price is not None else [one for one in prices if one is not None]
    if not known:
        return None
    price = max(known)
    gone = Decimal(0) if meets is None else times(meets.closes, price + (meets.unit or 0))
    return size_of(times(order.amount, price), order.pair, balances, held, gone)


def size_of(
    notional: Decimal,
    pair: str,
    balances: Sequence[Balance],
    held: Sequence[Position] | None,
    gone: Decimal = Decimal(0),
) -> Size:
    """`balances` are of the account on the exchange, with values in USDT, `held` its positions there, None on spot;
    `gone` is what is neither opened by it nor open any more.

    Losses of positions are taken off the balances: some have them in already, and then equity is said too low. What
    only sounds like the dollar counts nothing.
    """
    rate = usdt_rate(balances, quote_of(pair))
    if not balances or rate is None:
        return Size(notional, quote_of(pair), None, None)
    valued = sum((one.value or Decimal(0) for one in balances if not only_sounds_stable(one.token)), Decimal(0))
    losses = sum((min(one.unrealized or Decimal(0), Decimal(0)) for one in held or ()), Decimal(0))
    equity = max(ratio(valued, rate) + losses, Decimal(0))
    there = None if held is None else sum((one.notional or one.cost or Decimal(0) for one in held), notional - gone)
    leverage = next((one.leverage for one in held or () if one.pair == pair and one.leverage is not None), None)
    return Size(notional, quote_of(pair), equity, there, leverage)


def refuse_large_order(
    order: SentOrder, size: Size | None, max_value: Decimal | None, *, reduces: bool, sized: str = ""
) -> None:
    """As `refuse_too_large`. What only reduces a position needs no figure, and is held to one that is given. `sized` is
    how its amount was worked out, where none was said."""
    base, quote = base_of(order.pair), quote_of(order.pair)
    if reduces and max_value is None:
        return
    refuse_too_large(
        Asked(
            f"{order.side} {plain(order.amount):f} {named(base)} is worth about",
            order.connector,
            order.pair,
            sized or f"amount is in {named(base)}, not in {named(quote)}.",
            order.type == "MARKET",
        ),
        size,
        max_value,
    )


def refuse_too_large(asked: Asked, size: Size | None, max_value: Decimal | None) -> None:
    """Raises Refused for what is worth more than `max_value`, and without one for what is large, or trades at any price
    on an account that can't be read. `size` is None where no price is known."""
    quote = quote_of(asked.pair)
    if size is None:
        if max_value is not None:
            raise Refused(
                f"No price of {named(asked.pair)} can be read, so what this is worth can't be held to max_value.",
                "Nothing was sent.",
                "Look with get_ticker, or give a price of its own.",
            )
        return
    told = f"{asked.words} {size.worth:f} {named(quote)}"
    if max_value is not None:
        if max_value < size.worth:
            raise Refused(
                f"{told}, more than max_value, {plain(max_value):f}.",
                "Nothing was sent.",
                f"{asked.sized} Make it smaller, or have the larger figure confirmed.".lstrip(),
            )
        return
    perpetual = is_perpetual(asked.connector)
    if size.equity is None:
        if not asked.any_price:
            return
        of = f"how much of the account on {named(asked.connector)} that is can't be read"
    elif not (of := large_share(asked.connector, quote, size)):
        return
    leverage = ""
    if perpetual and size.equity:
        needed = ratio(size.notional, size.equity).quantize(Decimal(1), ROUND_CEILING)
        leverage = f" It takes leverage of {needed:f} or more."
    raise Refused(
        f"{told}, {of}: that may be a slip.",
        "Nothing was sent.",
        f"{asked.sized}{leverage} If so much is meant, ask the user, and repeat it with max_value, the most that it "
        f"may be worth in {named(quote)}.".lstrip(),
    )


def large_share(connector: str, quote: str, size: Size) -> str:
    """The share of the account's equity for which max_value is asked; "" where it isn't."""
    most = PERPETUAL_SHARE if is_perpetual(connector) else SPOT_SHARE
    if size.equity is None or size.notional <= times(size.equity, most):
        return ""
    share = f"{percent(size.notional, size.equity):f}%" if size.equity else "more than all"
    return f"{share} of the account's equity on {named(connector)}, {worth(size.equity, quote):f} {named(quote)}"


def usdt_rate(balances: Sequence[Balance], quote: str) -> Decimal | None:
    """What the quote currency is worth in USDT, in which the API values balances."""
    if is_stable(quote):
        return Decimal(1)
    found = next((one.price for one in balances if one.token == quote), None)
    return found if found and found > 0 else None
