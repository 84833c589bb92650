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
from hbmcp.pairs import base_of, quote_of
from hbmcp.text import named

# A price moves between reading and sending: what is this close is left to the exchange.
CLOSE = Decimal("0.99")
FEE = Decimal("0.001")  # what spot exchanges commonly take
MOST_LEVERAGE = Decimal(200)  # no exchange gives more

_STALE = "The exchange tells no price either: if it doesn't answer, that is its last known balance, so look again."


@frozen(kw_only=True)
class Taking:
    """What an order takes is worked out from this. `price` is its limit; `current` None where the exchange tells no
    price: then its balances may be old. `positions` are those of the account on the exchange, None where they can't be
    read."""

    perpetual: bool
    reducing: bool
    trading_pair: str
    side: str
    amount: Decimal
    price: Decimal | None
    current: Decimal | None
    positions: Sequence[Position] | None = ()

    @property
    def base(self) -> str:
        return base_of(self.trading_pair)

    @property
    def quote(self) -> str:
        return quote_of(self.trading_pair)

    @property
    def token(self) -> str:
        """What it is paid with."""
        return self.base if self.side == "SELL" and not self.perpetual else self.quote


def check_balance(balances: Sequence[Balance], taking: Taking) -> str:
    """A warning, or "" where there is none. `balances` are those of the account on the exchange.

    Spot: selling needs `amount` of the base, buying amount times price of the quote and, on most exchanges out of what
    is bought, the fee. Raises Refused where even the better of limit and current price, less 1 %, asks for more than
    is available. Perpetuals: refused is what the margin can't carry at the leverage that the pair's position shows, or
    at any; what an order against a position needs only the exchange can tell. Nothing is refused where the token isn't
    listed, because the API leaves some out.
    """
    base, quote, amount, sure = taking.base, taking.quote, taking.amount, taking.current is not None
    held = _held(balances, taking.token)
    if taking.reducing or not balances:
        return ""
    if held is None:
        return "" if taking.perpetual else f"The account's balances list no {named(taking.token)}."
    available = held[0]
    if taking.token == base:
        if amount > available:
            raise _short(amount, base, held, f"Selling {amount:f} {named(base)}", sure=sure)
        return ""
    cost, least = _costs(taking)
    if cost is None or least is None:
        return ""
    if taking.perpetual:
        return _check_margin(balances, taking, cost=cost, least=least, available=available)
    if least > available:
        raise _short(cost, quote, held, f"Buying {amount:f} {named(base)}", sure=sure)
    if cost + times(cost, FEE) > available:
        return f"The {available:f} {named(quote)} available hardly cover {money(cost):f} {named(quote)} and its fee."
    return ""


@frozen
class Taken:
    """The least that an order takes of a `token`, and what is `available` of it."""

    token: str
    least: Decimal
    available: Decimal


def least_taken(balances: Sequence[Balance], taking: Taking) -> Taken | None:
    """As far as that is sure; None where it takes nothing, or that isn't known."""
    held = _held(balances, taking.token)
    if taking.reducing or held is None:
        return None
    if taking.token == taking.base:
        return Taken(taking.base, taking.amount, held[0])
    least = _costs(taking)[1]
    if least is None:
        return None
    if not taking.perpetual:
        return Taken(taking.quote, least, held[0])
    shown, against = _at_the_pair(taking)
    others = _others(balances, taking.quote)
    if taking.positions is None or others is None or against:
        return None
    return Taken(taking.quote, ratio(least, MOST_LEVERAGE if shown is None else shown), held[0] + others)


def _check_margin(
    balances: Sequence[Balance], taking: Taking, *, cost: Decimal, least: Decimal, available: Decimal
) -> str:
    shown, against = _at_the_pair(taking)
    most = MOST_LEVERAGE if shown is None else shown
    if least <= times(available, most):
        return ""
    pair, quote = taking.trading_pair, taking.quote
    needed = f"leverage of {ratio(cost, available).quantize(Decimal(1), ROUND_CEILING):f}" if available else "margin"
    little = (
        f"{plain(available):f} {named(quote)} is available as margin, and an order worth {money(cost):f} "
        f"{named(quote)} takes"
    )
    others = _others(balances, quote)
    if taking.positions is None or against or others is None or least <= times(available + others, most):
        return f"{little} {needed}."
    has = f"no exchange gives more than {MOST_LEVERAGE}"
    if shown is not None:
        has = f"{named(pair)} runs at leverage {shown:f}"
    raising = "" if shown is None else ", or raise it with set_leverage, which brings liquidation closer"
    raise Refused(f"{little} {needed}: {has}.", "Nothing was sent.", f"Order less{raising}.")


def _at_the_pair(taking: Taking) -> tuple[Decimal | None, bool]:
    """The leverage that the pair's positions show, None where they show none; and whether it is against one."""
    here = [one for one in taking.positions or () if one.pair == taking.trading_pair]
    shown = max((one.leverage for one in here if one.leverage is not None), default=None)
    return shown, any((one.side == "LONG") == (taking.side == "SELL") for one in here)


def _others(balances: Sequence[Balance], quote: str) -> Decimal | None:
    """What the other tokens are worth, since some exchanges take them as margin too; None where that isn't known."""
    if "USD" not in quote:  # they are valued in dollars
        return None
    return sum((one.value or Decimal(0) for one in balances if one.token != quote), Decimal(0))


def _costs(taking: Taking) -> tuple[Decimal | None, Decimal | None]:
    """What the order is worth, and the least that it can be; None where no price is known."""
    amount, price, current = taking.amount, taking.price, taking.current
    known = [one for one in (price, current) if one is not None]
    if not known:
        return None, None
    cost = times(amount, known[0])
    if price is not None and (current is None or price <= current):
        return cost, cost
    return cost, times(amount, min(known), CLOSE)


def freed(balances: Sequence[Balance], order: Order) -> list[Balance]:
    """The balances once an order is gone: with what it holds at most."""
    base, quote = base_of(order.pair or ""), quote_of(order.pair or "")
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
