"""Open perpetual positions with the arithmetic done."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from hbmcp.errors import Refused
from hbmcp.figures import money, percent
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.positions.open_positions import Positions, positions
from hbmcp.installation.positions.position import Position
from hbmcp.results.answer import Answer


async def get_positions(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
) -> Answer:
    """One row a position, and for two or more their totals, one for each quote currency.

    notional = amount * mark_price; unrealized_pnl is the exchange's own figure, without fees and funding;
    pnl_percent_of_entry = 100 * unrealized_pnl / (amount * entry_price), pnl_percent_of_margin that times the leverage.
    Money is in the pair's quote currency. Raises Refused where there can't be positions.
    """
    refuse_spot(connector_name)
    found = await positions(installation, account_name, connector_name, trading_pair)
    if not found.rows:
        return Answer(_none(found, trading_pair), found.notes)
    rows = [shown(one) for one in found.rows]
    sums = {"totals": list(totals(found.rows))} if len(rows) > 1 else {}
    return Answer({"positions": rows, **sums}, found.notes)


def refuse_spot(connector_name: str | None) -> None:
    """Raises Refused for an exchange that has no positions."""
    if connector_name is not None and not is_perpetual(connector_name):
        raise Refused(
            f"{connector_name} is no perpetual exchange, and only those have positions.",
            "Nothing was done.",
            "get_account_balance shows them; place_order with side SELL sells.",
        )


def shown(position: Position) -> dict[str, Any]:
    """A position as a row."""
    return {
        "account_name": position.account,
        "connector_name": position.connector,
        "trading_pair": position.pair,
        "side": position.side,
        "amount": position.amount,
        "entry_price": position.entry,
        "mark_price": _money(position.mark),
        "notional": _money(position.notional),
        "unrealized_pnl": position.unrealized,
        "pnl_percent_of_entry": position.percent_of("entry"),
        "pnl_percent_of_margin": position.percent_of("margin"),
        "leverage": position.leverage,
    }


def totals(rows: Iterable[Position]) -> Iterable[dict[str, Any]]:
    """One row for each quote currency."""
    by_quote: dict[str, list[Position]] = {}
    for one in rows:
        by_quote.setdefault(one.quote, []).append(one)
    for quote, several in by_quote.items():
        pnl, cost = _sum(several, lambda one: one.unrealized), _sum(several, lambda one: one.cost)
        margin = _sum(several, lambda one: one.margin)
        yield {
            "quote": quote,
            "notional": _money(_sum(several, lambda one: one.notional)),
            "unrealized_pnl": _money(pnl),
            "pnl_percent_of_entry": None if pnl is None or cost is None else percent(pnl, cost),
            "pnl_percent_of_margin": None if pnl is None or margin is None else percent(pnl, margin),
        }


def _none(found: Positions, trading_pair: str | None) -> str:
    """What an empty list means: none, or nobody knows."""
    unread = {(one.account, one.connector) for one in found.unread}
    clear = [f"{connector} ({account})" for account, connector in found.asked if (account, connector) not in unread]
    what = f"open positions{f' of {trading_pair}' if trading_pair else ''}"
    if clear:
        return f"No {what} on {', '.join(clear)}."
    if found.unread:
        return f"Whether there are {what} isn't known."
    return "There can't be positions: no perpetual exchange is connected."


def _sum(rows: Iterable[Position], figure: Callable[[Position], Decimal | None]) -> Decimal | None:
    """The sum, None where one of them isn't known."""
    total = Decimal(0)
    for one in map(figure, rows):
        if one is None:
            return None
        total += one
    return total


def _money(value: Decimal | None) -> Decimal | None:
    return None if value is None else money(value)
