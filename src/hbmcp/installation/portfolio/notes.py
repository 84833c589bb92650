"""What the figures of a valuation lack, and why they may be old: nothing is left out without a word."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from hbmcp.figures import money, plain, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.portfolio.distribution import total
from hbmcp.installation.portfolio.holdings import CURRENCY, Place, is_dollar
from hbmcp.installation.portfolio.valuation import Valuation
from hbmcp.installation.positions.open_positions import OpenPositions
from hbmcp.text import named

ROUNDING = Decimal("0.001")  # of what is held: so little more than positions explain isn't an order


def valuation_notes(found: Valuation) -> tuple[str, ...]:
    """Sentences to stand under the figures."""
    return (*_missing(found), *_unpriced(found), *_old(found), *_positions(found))


def _missing(found: Valuation) -> Iterator[str]:
    for account, error in found.connected.unread.items():
        yield f"The exchanges of {named(account)} couldn't be read, so some may be missing: {error.happened}"
    if missing := [one for one in found.connected.pairs if one not in found.balances.places]:
        yield f"Connected, but without figures: {_told(missing)}. The API is still starting or can't connect there."
    filled = {one.place for one in found.rows}
    if empty := [one for one in found.balances.places if one not in filled]:
        yield f"No balances: {_told(empty)}. Nothing is there, or nothing could be read since the API started."
    if not found.connected.unread and (others := sorted(filled.difference(found.connected.pairs))):
        yield f"Up to five minutes old: {_told(others)} (wallets of Gateway, or exchanges just disconnected)."


def _unpriced(found: Valuation) -> Iterator[str]:
    if unpriced := [one for one in found.rows if one.price is None]:
        tokens = (f"{plain(one.units):f} {named(one.token)} ({_told([one.place])})" for one in unpriced)
        yield f"Without a price, so in no value or share: {', '.join(tokens)}."
    if dollars := sorted({one.token for one in found.rows if is_dollar(one.token)} - {CURRENCY}):
        yield f"Counted as 1 {CURRENCY}, whatever its price: {', '.join(map(named, dollars))}."


def _old(found: Valuation) -> Iterator[str]:
    silent = [(one.silence.happened, named(one.connector)) for one in found.checks if one.silence is not None]
    for why, connectors in _by_reason(silent):
        yield f"No answer now, so figures may be old: {connectors}. {why}"
    for one in found.checks:
        if one.drifted is not None:
            token, ours, theirs = one.drifted
            yield (
                f"{named(token)} is valued at {plain(ours):f}, but costs {plain(theirs):f} on {named(one.connector)}: "
                "the rate oracle's prices may have frozen, as they can when the API restarts, or a refused order "
                "switches its source; set_rate_oracle sets it back."
            )


def _positions(found: Valuation) -> Iterator[str]:
    unread = [
        (one.why, f"{named(one.connector) if one.connector else 'all'} of {named(one.account)}")
        for one in found.positions.unread
    ]
    for why, places in _by_reason(unread):
        yield f"Positions not read, so equity may lack their P&L and balances may be old: {places}: {why}"
    yield from found.positions.remarks
    if uncounted := [
        f"{named(one.pair)} ({_told([(one.account, one.connector)])})" for one in found.unrealized.uncounted
    ]:
        yield f"Unrealized P&L that equity lacks, as it has no {CURRENCY} figure: {', '.join(uncounted)}."
    if within := sorted({connector for _, connector in found.unrealized.within}):
        yield f"Values at {', '.join(map(named, within))} include unrealized P&L, so equity doesn't add it."
    yield from _holders(found, found.positions)


def _holders(found: Valuation, positions: OpenPositions) -> Iterator[str]:
    """What is held by orders, and what by positions."""
    if any(one.held and one.held > 0 and not is_perpetual(one.connector) for one in found.rows):
        yield "What is held on spot exchanges is held by orders."
    unread = {(one.account, one.connector) for one in positions.unread}
    for one in found.rows:
        if one.place not in positions.asked or one.place in unread or not one.held or one.held <= 0:
            continue
        here = [each for each in positions.rows if (each.account, each.connector) == one.place]
        held = f"{plain(one.held):f} {named(one.token)} are held on {_told([one.place])}"
        if not here:
            yield f"{held}, where no position is listed: by orders, or by positions that the exchange didn't tell."
            continue
        margins = [each.margin for each in here if each.quote == one.token]
        if None in margins:
            yield f"{held}, by positions and any orders."
            continue
        margin = money(total(each for each in margins if each is not None))
        rest = money(one.held - margin)
        parts = f": {margin:f} by positions (entry value / leverage), {rest:f} by orders or open P&L"
        yield f"{held}{parts if rest > times(one.held, ROUNDING) else ', by positions'}."


def _told(places: Iterable[Place]) -> str:
    return ", ".join(f"{named(connector)} of {named(account)}" for account, connector in places)


def _by_reason(told: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each reason once, with all that it is the reason of."""
    grouped: dict[str, list[str]] = {}
    for why, what in told:
        grouped.setdefault(why, []).append(what)
    for why, several in grouped.items():
        yield why, ", ".join(several)
