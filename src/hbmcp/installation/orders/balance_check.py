"""Whether a balance holds what an order would take from it."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from attrs import evolve, frozen

from hbmcp.errors import Refused
from hbmcp.figures import money, plain, ratio, times
from hbmcp.installation.balances import Balance
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.orders.order import Order
from hbmcp.installation.positions.position import Position
from hbmcp.text import named

# A price moves between reading and sending: what is this close is left to the exchange.
CLOSE = Decimal("0.99")
FEE = Decimal("0.001")  # what spot exchanges commonly take
MOST_LEVERAGE = Decimal(200)  # no exchange gives more

_STALE = "The exchange tells no price either: if it doesn't answer, that is its last known balance, so look again."


def check_balance(
    balances: Sequence[Balance],
    *,
    perpetual: bool,
    reducing: bool,
    trading_pair: str,
    side: str,
    amount: Decimal,
    price: Decimal | None,
    current: Decimal | None,
    positions: Sequence[Position] | None = (),
) -> str:
    """A warning, or "" where there is none. `balances` and `positions`, None where they can't be read, are those of
    the account on the exchange, `price` the limit.
    `current` is None where the exchange tells no price: then its balances may be old.

    Spot: selling needs `amount` of the base, buying amount times price of the quote and, on most exchanges out of what
    is bought, the fee. Raises Refused where even the better of limit and current price, less 1 %, asks for more than
    is available. Perpetuals: refused is what the margin can't carry at the leverage that the pair's position shows, or
    at any; what an order against a position needs only the exchange can tell. Nothing is refused where the token isn't
    listed, because the API leaves some out.
    """
    base, _, quote = trading_pair.partition("-")
    paid = base if side == "SELL" and not perpetual else quote
    held = _held(balances, paid)
    if reducing or not balances:
        return ""
    if held is None:
        return "" if perpetual else f"The account's balances list no {named(paid)}."
    available = held[0]
    if paid == base:
        if amount > available:
            raise _short(amount, base, held, f"Selling {amount:f} {named(base)}", sure=current is not None)
        return ""
    cost, least = _costs(amount, price, current)
    if cost is None or least is None:
        return ""
    if perpetual:
        return _check_margin(balances, positions, trading_pair, side, cost=cost, least=least, available=available)
    if least > available:
        raise _short(cost, quote, held, f"Buying {amount:f} {named(base)}", sure=current is not None)
    if cost + times(cost, FEE) > available:
        return f"The {available:f} {named(quote)} available hardly cover {money(cost):f} {named(quote)} and its fee."
    return ""


@frozen
class Taken:
    """The least that an order takes of a `token`, and what is `available` of it."""

    token: str
    least: Decimal
    available: Decimal


def least_taken(
    balances: Sequence[Balance],
    *,
    perpetual: bool,
    reducing: bool,
    trading_pair: str,
    side: str,
    amount: Decimal,
    price: Decimal | None,
    current: Decimal | None,
    positions: Sequence[Position] | None = (),
) -> Taken | None:
    """As far as that is sure; None where it takes nothing, or that isn't known. Arguments as of `check_balance`."""
    base, _, quote = trading_pair.partition("-")
    token = base if side == "SELL" and not perpetual else quote
    held = _held(balances, token)
    if reducing or held is None:
        return None
    if token == base:
        return Taken(base, amount, held[0])
    least = _costs(amount, price, current)[1]
    if least is None:
        return None
    if perpetual:
        here = [one for one in positions or () if one.pair == trading_pair]
        others = _others(balances, quote)
        if positions is None or others is None or any((one.side == "LONG") == (side == "SELL") for one in here):
            return None
        most = max((one.leverage for one in here if one.leverage is not None), default=MOST_LEVERAGE)
        return Taken(quote, ratio(least, most), held[0] + others)
    return Taken(quote, least, held[0])


def _check_margin(
    balances: Sequence[Balance],
    positions: Sequence[Position] | None,
    pair: str,
    side: str,
    *,
    cost: Decimal,
    least: Decimal,
    available: Decimal,
) -> str:
    here = [one for one in positions or () if one.pair == pair]
    shown = max((one.leverage for one in here if one.leverage is not None), default=None)
    most = MOST_LEVERAGE if shown is None else shown
    if least <= times(available, most):
        return ""
    quote = pair.partition("-")[2]
    needed = f"leverage of {ratio(cost, available).quantize(Decimal(1), ROUND_CEILING):f}" if available else "margin"
    little = (
        f"{plain(available):f} {named(quote)} is available as margin, and an order worth {money(cost):f} "
        f"{named(quote)} takes"
    )
    against = any((one.side == "LONG") == (side == "SELL") for one in here)
    others = _others(balances, quote)
    if positions is None or against or others is None or least <= times(available + others, most):
        return f"{little} {needed}."
    has = f"no exchange gives more than {MOST_LEVERAGE}"
    if shown is not None:
        has = f"{named(pair)} runs at leverage {shown:f}"
    raising = "" if shown is None else ", or raise it with set_leverage, which brings liquidation closer"
    raise Refused(f"{little} {needed}: {has}.", "Nothing was sent.", f"Order less{raising}.")


def _others(balances: Sequence[Balance], quote: str) -> Decimal | None:
    """What the other tokens are worth, since some exchanges take them as margin too; None where that isn't known."""
    if "USD" not in quote:  # they are valued in dollars
        return None
    return sum((one.value or Decimal(0) for one in balances if one.token != quote), Decimal(0))


def _costs(amount: Decimal, price: Decimal | None, current: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """What the order is worth, and the least that it can be; None where no price is known."""
    known = [one for one in (price, current) if one is not None]
    if not known:
        return None, None
    cost = times(amount, known[0])
    if price is not None and (current is None or price <= current):
        return cost, cost
    return cost, times(amount, min(known), CLOSE)


def freed(balances: Sequence[Balance], order: Order) -> list[Balance]:
    """The balances once an order is gone: with what it holds at most."""
    base, _, quote = (order.pair or "").partition("-")
    rest = (order.amount or Decimal(0)) - order.filled
    sells = order.side == "SELL" and not is_perpetual(order.connector)
    token, held = (base, rest) if sells else (quote, times(rest, order.price or Decimal(0)))
    return [
        evolve(one, available=min(one.units, one.available + held))
        if one.token == token and one.available is not None
        else one
        for one in balances
    ]


def available_of(balances: Sequence[Balance], token: str) -> Decimal | None:
    """None for a token that isn't listed."""
    held = _held(balances, token)
    return None if held is None else held[0]


def _held(balances: Sequence[Balance], token: str) -> tuple[Decimal, Decimal] | None:
    """Available and in all; None for a token that isn't listed."""
    for one in balances:
        if one.token == token:
            return (one.units if one.available is None else one.available), one.units
    return None


def _short(needed: Decimal, token: str, held: tuple[Decimal, Decimal], what: str, *, sure: bool) -> Refused:
    available, total = held
    more = f" ({plain(total - available):f} more are held by open orders)" if total > available else ""
    return Refused(
        f"{what} takes {plain(money(needed)):f} {named(token)}, and {plain(available):f} is available{more}.",
        "Nothing was sent.",
        f"Order less{', or free some first' if more else ''}.{'' if sure else f' {_STALE}'}",
    )
