"""Whether a balance holds what an order would take from it."""

from collections.abc import Sequence
from decimal import Decimal

from hbmcp.errors import Refused
from hbmcp.figures import money, plain, times
from hbmcp.installation.balances import Balance
from hbmcp.text import named

# A price moves between reading and sending: what is this close is left to the exchange.
CLOSE = Decimal("0.99")
FEE = Decimal("0.001")  # what spot exchanges commonly take
MOST_LEVERAGE = 200  # no exchange gives more

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
) -> str:
    """A warning, or "" where there is none. `balances` are those of the account on the exchange, `price` the limit.
    `current` is None where the exchange tells no price: then its balances may be old.

    Spot: selling needs `amount` of the base, buying amount times price of the quote and, on most exchanges out of what
    is bought, the fee. Raises Refused where even the better of limit and current price, less 1 %, asks for more than
    is available. Perpetuals: what margin an order needs only the exchange can tell, so nothing is refused; nor where
    the token isn't listed, because the API leaves some out.
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
        if least > available * MOST_LEVERAGE:
            little = f"{available:f} {named(quote)} available seem too little margin"
            return f"{little} for an order worth {money(cost):f} {named(quote)}."
        return ""
    if least > available:
        raise _short(cost, quote, held, f"Buying {amount:f} {named(base)}", sure=current is not None)
    if cost + times(cost, FEE) > available:
        return f"The {available:f} {named(quote)} available hardly cover {money(cost):f} {named(quote)} and its fee."
    return ""


def _costs(amount: Decimal, price: Decimal | None, current: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """What the order is worth, and the least that it can be; None where no price is known."""
    known = [one for one in (price, current) if one is not None]
    if not known:
        return None, None
    cost = times(amount, known[0])
    if price is not None and (current is None or price <= current):
        return cost, cost
    return cost, times(amount, min(known), CLOSE)


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
