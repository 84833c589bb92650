"""What the recorded fills of a place say of its units."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import define, frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.fills.fills import Fill, Fills
from hbmcp.installation.performance.snapshot_series import ZERO
from hbmcp.installation.performance.trade_matching import KnownTrades, Trade, Units
from hbmcp.text import named

LOT = Decimal("1e-9")  # what two figures of the same position may differ by: they were binary fractions once


@frozen
class Funding:
    """A payment of funding, negative where it was paid, in units of `token` at `time` in epoch milliseconds."""

    time: int
    token: str
    units: Decimal


def known_spot_trades(found: Fills) -> KnownTrades:
    """Each fill changes base and quote. Before the first of them there may be others, where they aren't complete."""
    return KnownTrades(tuple(map(_spot, found.rows)), _since(found))


def known_perpetual_trades(
    found: Fills, positions: Mapping[str, Decimal], funding: Iterable[Funding] = ()
) -> KnownTrades:
    """Each fill that closes changes the quote token by its realized P&L, at average cost.

    That is known if nothing was open before the first fill, which shows in `positions`: they are what is open now, by
    pair, shorts negative, and must be what the fills come to. `found` are the fills up to now.
    """
    books: dict[str, _Book] = {}
    trades = []
    both: list[Fill | Funding] = [*found.rows, *funding]
    for one in sorted(both, key=lambda one: one.time):
        if isinstance(one, Funding):
            trades.append(Trade(one.time, {one.token: one.units}, open=_notional(books)))
            continue
        book = books.setdefault(one.pair, _Book())
        realized = book.add(one.amount if one.side == "BUY" else -one.amount, one.price)
        trades.append(Trade(one.time, {_tokens(one.pair)[1]: realized}, _told(one), open=_notional(books)))
    for pair in sorted({*books, *positions}):
        rebuilt, listed = books.get(pair, _Book()).amount, positions.get(pair, ZERO)
        if abs(rebuilt - listed) > LOT:
            return KnownTrades(why=f"its {named(pair)} position isn't what the recorded fills come to")
    return KnownTrades(tuple(trades), 0)


def _notional(books: Mapping[str, "_Book"]) -> Units:
    """What is open, at the price of its opening, by quote token."""
    notional: dict[str, Decimal] = {}
    for pair, one in books.items():
        if abs(one.amount) > LOT:
            token = _tokens(pair)[1]
            notional[token] = notional.get(token, ZERO) + times(abs(one.amount), one.entry)
    return notional


def _spot(fill: Fill) -> Trade:
    base, quote = _tokens(fill.pair)
    sign = 1 if fill.side == "BUY" else -1
    moved = {base: sign * fill.amount, quote: -sign * times(fill.amount, fill.price)}
    return Trade(fill.time, moved, _told(fill), _taken(fill, base, quote))


def _told(fill: Fill) -> Units:
    return {fill.fee_currency: fill.fee} if fill.fee_currency else {}


def _taken(fill: Fill, base: str, quote: str) -> Units:
    """The fee in what was received."""
    if fill.side == "BUY" and fill.fee_currency == quote and fill.price:
        return {base: ratio(fill.fee, fill.price)}
    if fill.side != "BUY" and fill.fee_currency == base:
        return {quote: times(fill.fee, fill.price)}
    return _told(fill)


def _tokens(pair: str) -> tuple[str, str]:
    base, _, quote = pair.rpartition("-")
    return base, quote


def _since(found: Fills) -> int:
    """Before it there may be fills that aren't known."""
    return 0 if found.complete or not found.rows else found.rows[0].time


@define
class _Book:
    """A position, negative if short, and the average price of its opening."""

    amount: Decimal = ZERO
    entry: Decimal = ZERO

    def add(self, amount: Decimal, price: Decimal) -> Decimal:
        """A fill; the realized P&L of what it closes. What is more than that opens the other way."""
        closing = min(abs(amount), abs(self.amount)) if amount * self.amount < 0 else ZERO
        sign = 1 if self.amount > 0 else -1
        realized = times(closing * sign, price - self.entry)
        opening = amount + closing * sign
        self.amount -= closing * sign
        if opening:
            whole = self.amount + opening
            self.entry = ratio(times(self.amount, self.entry) + times(opening, price), whole)
            self.amount = whole
        return realized
