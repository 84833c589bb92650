"""What a market order would cost, as it is shown, and what book, limits and balance say to it: pure."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from hbmcp.errors import CallError
from hbmcp.figures import in_percent, money, plain, ratio, times, worth
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.markets.taker_fees import TakerFee
from hbmcp.installation.markets.trade_cost import Estimate
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.text import named

FEE_ASSUMED = "The fee is assumed (usual for takers there): no fill shows the account's own."


def cost(market: Market, order: Estimate, fee: TakerFee) -> dict[str, Any]:
    """Its members; the sums are in the pair's quote currency."""
    return {
        "connector_name": market.connector,
        "trading_pair": market.pair,
        "side": order.side,
        "amount": plain(order.amount if order.in_book else order.walk.filled),
        "asked_amount": None if order.walk.filled == order.amount else plain(order.amount),
        "average_price": None if order.walk.average is None else money(order.walk.average),
        "worst_price": order.walk.worst,
        "mid_price": order.mid,
        "slippage_percent": None if order.slippage is None else in_percent(order.slippage, 4),
        "value": worth(order.walk.quote, market.quote),
        "fee_percent": fee.percent,
        "fee": money(order.fee),
        "cost_with_fee" if order.side == "BUY" else "proceeds_after_fee": worth(order.total, market.quote),
        "currency": market.quote,
        "book_holds_it": order.in_book,
    }


def limits(market: Market, order: Estimate, rule: Rule | None, wanted: Decimal | None) -> Iterator[str]:
    """What the book doesn't hold, and the exchange doesn't take. `wanted` is the amount that was asked for, if any."""
    if not order.in_book:
        levels = f"{money(order.walk.filled)} {named(market.base)}"
        yield f"The book, as the API sees it, holds {levels} on this side: all figures are of that much."
    if rule is None:
        yield "The exchange's minimum and steps couldn't be read."
        return
    if wanted is not None and order.amount != wanted:
        yield f"Amounts are multiples of {plain(rule.amount_step)} {named(market.base)}: {wanted} was rounded down."
    if order.amount < rule.min_amount:
        yield f"Too small, the exchange takes {plain(rule.min_amount)} {named(market.base)} or more."
    elif order.in_book and order.walk.quote < rule.min_notional:
        yield f"Too small, the exchange takes orders from {plain(rule.min_notional)} {named(market.quote)} on."


def balance_check(
    market: Market,
    order: Estimate,
    accounts: Sequence[str],
    balances: Sequence[Mapping[str, Decimal] | CallError],
    opens: Decimal,
) -> tuple[dict[str, Any], str]:
    """Whether the account holds the order: members to add, and a sentence or "".

    `accounts`: those that are connected. `balances`: if that is one, what it has available by token, or why that isn't
    known. So much of it `opens` a position, the rest closing one.
    """
    if not balances:
        who = (
            f"{' and '.join(map(named, accounts))} are connected"
            if accounts
            else "no account that could be read is connected"
        )
        return {}, f"No balance was checked: {who}; give account_name."
    available = balances[0]
    if isinstance(available, CallError):
        return {}, f"The balance couldn't be read: {available.happened}"
    if is_perpetual(market.connector):
        return {}, _margin(order, available.get(market.quote, Decimal(0)), market.quote, opens)
    token, needed = (market.quote, order.total) if order.side == "BUY" else (market.base, order.amount)
    free = available.get(token, Decimal(0))
    if order.side == "BUY" and not order.in_book and free >= needed:  # the rest, dearer, nobody has offered
        return {"available": free}, ""
    lacking = f"{named(accounts[0])} lacks {money(needed - free)} {named(token)}: {plain(free)} is available."
    return {"available": free, "balance_holds_it": free >= needed}, lacking if free < needed else ""


def _margin(order: Estimate, available: Decimal, quote: str, opens: Decimal) -> str:
    if order.amount and not opens:
        return ""
    if not available:
        return f"No {named(quote)} is available as margin."
    part = ratio(opens, order.amount) if order.amount else Decimal(1)
    leverage = ratio(times(order.walk.quote, part), available).quantize(Decimal("0.01"), ROUND_CEILING)
    needed = f"leverage of {leverage} or more" if leverage > 1 else "no leverage"
    what = "this" if part == 1 else "what it opens"
    return f"{plain(available)} {named(quote)} is available as margin: as a new position {what} takes {needed}."
