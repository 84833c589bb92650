"""How open positions are shown: as rows, with their totals, and what it means where none is listed."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from hbmcp.figures import money, percent, worth
from hbmcp.installation.positions.open_positions import OpenPositions
from hbmcp.installation.positions.position import PLACES, Position
from hbmcp.text import named

WORKED_OUT = (
    "margin (initial) and liquidation_if_isolated (where it is lost whole) are worked out from entry and leverage, "
    "liquidation_if_cross from what the account has there in that currency with the P&L shown, if only this price "
    "moves; 0: no price liquidates it. The API tells neither them nor the margin mode. The exchange liquidates "
    "somewhat earlier, by its maintenance margin."
)


def position_row(position: Position, if_cross: Decimal | None = None) -> dict[str, Any]:
    """A position as a row, with the price at which it is liquidated if its margin is the account's."""
    return {
        "account_name": position.account,
        "connector_name": position.connector,
        "trading_pair": position.pair,
        "side": position.side,
        "amount": position.amount,
        "entry_price": position.entry,
        "mark_price": _money(position.mark),
        "notional": _worth(position.notional, position.quote),
        "unrealized_pnl": _worth(position.unrealized, position.quote),
        "pnl_percent_of_entry": position.percent_of("entry"),
        "pnl_percent_of_margin": position.percent_of("margin"),
        "leverage": position.leverage,
        "margin": _worth(position.margin, position.quote),
        "liquidation_if_isolated": _money(position.liquidation_if_isolated),
        "liquidation_if_cross": _money(if_cross),
    }


def leverage_effect(before: Iterable[Position], leverage: int) -> str:
    """What another leverage does to open positions, of which each tells its own: their margin and liquidation price
    with either; "" where nothing changes."""
    told = []
    for old in before:
        new = old.levered(leverage)
        if old.leverage != new.leverage and old.entry is not None:
            told.append(
                f"{old.side} {old.amount:f}: margin {_said(_worth(old.margin, old.quote))} -> "
                f"{_said(_worth(new.margin, old.quote))} {named(old.quote)}, "
                f"liquidation if isolated {_said(_money(old.liquidation_if_isolated))} -> "
                f"{_said(_money(new.liquidation_if_isolated))}"
            )
    if not told:
        return ""
    return (
        f"{'; '.join(told)} (worked out from entry and leverage, without maintenance margin, so it comes earlier). The "
        "API doesn't tell the margin mode: with cross margin the whole account decides, and leverage changes no "
        "liquidation price."
    )


def position_totals(rows: Iterable[Position]) -> list[dict[str, Any]]:
    """One row for each quote currency; a total is None where a part of it isn't known."""
    by_quote: dict[str, list[Position]] = {}
    for one in rows:
        by_quote.setdefault(one.quote, []).append(one)
    return [_total(quote, several) for quote, several in by_quote.items()]


def no_positions(found: OpenPositions, trading_pair: str | None) -> str:
    """What an empty list means: none, or nobody knows."""
    unread = {(one.account, one.connector) for one in found.unread}
    clear = [
        f"{named(connector)} ({named(account)})"
        for account, connector in found.asked
        if (account, connector) not in unread
    ]
    what = f"open positions{f' of {named(trading_pair)}' if trading_pair else ''}"
    if clear:
        return f"No {what} on {', '.join(clear)}."
    if found.unread:
        return f"Whether there are {what} isn't known."
    return "There can't be positions: no perpetual exchange is connected."


def _total(quote: str, rows: Iterable[Position]) -> dict[str, Any]:
    pnl, cost = _sum(rows, lambda one: one.unrealized), _sum(rows, lambda one: one.cost)
    margin = _sum(rows, lambda one: one.margin)
    return {
        "quote": quote,
        "notional": _worth(_sum(rows, lambda one: one.notional), quote),
        "unrealized_pnl": _worth(pnl, quote),
        "pnl_percent_of_entry": None if pnl is None or cost is None else percent(pnl, cost, PLACES),
        "pnl_percent_of_margin": None if pnl is None or margin is None else percent(pnl, margin, PLACES),
    }


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


def _worth(value: Decimal | None, quote: str) -> Decimal | None:
    return None if value is None else worth(value, quote)


def _said(value: Decimal | None) -> str:
    return "?" if value is None else f"{value:f}"
