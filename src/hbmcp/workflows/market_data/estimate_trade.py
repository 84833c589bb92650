"""What a market order would cost, and whether book and balance hold it."""

import asyncio
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal

from hbmcp.errors import BadArguments, CallError, Refused
from hbmcp.figures import money, plain, ratio
from hbmcp.installation.balances import balances
from hbmcp.installation.connections import connections, is_perpetual
from hbmcp.installation.funding.figures import shown
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.order_book import Side, book
from hbmcp.installation.markets.taker_fees import taker_fees
from hbmcp.installation.markets.trade_cost import Estimate, estimate
from hbmcp.installation.markets.trading_rules import Rule, rule
from hbmcp.results.answer import Answer


async def estimate_trade(
    installation: Installation,
    *,
    connector_name: str,
    trading_pair: str,
    side: Side,
    amount: Decimal | None = None,
    quote_amount: Decimal | None = None,
    account_name: str | None = None,
) -> Answer:
    """`average_price` and `worst_price` are those of a walk through the book, `slippage_percent` how much worse than
    mid the average is; `value`, `fee` and `total` (paid with the fee, or got after it) are in the pair's quote
    currency. `in_book` and, on spot, `in_balance` say whether they hold it.

    Raises BadArguments unless either amount or quote_amount is given, Refused for an account, exchange or pair that
    isn't there, and CallError where the book can't be read.
    """
    if (amount is None) == (quote_amount is None):
        raise BadArguments("Give either amount (base units) or quote_amount.", "Nothing was sent.")
    connected = await _accounts(installation, account_name, connector_name)
    account_name = connected[0] if len(connected) == 1 else None
    rules, found, fees, balance = await asyncio.gather(
        _rule(installation, connector_name, trading_pair),
        book(installation, connector_name, trading_pair),
        taker_fees(installation, [connector_name], account_name),
        _balance(installation, account_name, connector_name),
    )
    fee = fees[connector_name]
    order = estimate(found, rules or Rule(), side, amount, quote_amount, fee.rate)
    base, _, quote = trading_pair.partition("-")
    value = {
        "account_name": account_name,
        "connector_name": connector_name,
        "trading_pair": trading_pair,
        "side": side,
        "amount": plain(order.amount),
        "average_price": None if order.walk.average is None else money(order.walk.average),
        "worst_price": order.walk.worst,
        "mid_price": order.mid,
        "slippage_percent": None if order.slippage is None else shown(order.slippage, 4),
        "value": money(order.walk.quote),
        "fee_percent": fee.percent,
        "fee": money(order.fee),
        "cost_with_fee" if side == "BUY" else "proceeds_after_fee": money(order.total),
        "currency": quote,
        "book_holds_it": order.in_book,
    }
    notes = list(_limits(order, rules, amount, base, quote))
    if fee.assumed:
        notes.append("The fee is assumed (usual for takers there): no fill shows the account's own.")
    if account_name is None:
        who = f"{' and '.join(connected)} are connected" if connected else "no account that could be read is connected"
        notes.append(f"No balance was checked: {who}; give account_name.")
    elif isinstance(balance, CallError):
        notes.append(f"The balance couldn't be read: {balance.happened}")
    elif balance is not None and is_perpetual(connector_name):
        notes.append(_margin(order, balance, quote))
    elif balance is not None and order.in_book:
        token, needed = (quote, order.total) if side == "BUY" else (base, order.amount)
        available = balance.get(token, Decimal(0))
        value |= {"available": available, "balance_holds_it": available >= needed}
        if available < needed:
            notes.append(f"{account_name} lacks {money(needed - available)} {token}: {plain(available)} is available.")
    return Answer({name: one for name, one in value.items() if one is not None}, tuple(notes))


async def _rule(installation: Installation, connector_name: str, trading_pair: str) -> Rule | None:
    """None where they can't be read. Raises Refused for a pair that isn't there."""
    try:
        return await rule(installation, connector_name, trading_pair)
    except Refused:
        raise
    except CallError:
        return None


async def _accounts(installation: Installation, account_name: str | None, connector_name: str) -> list[str]:
    """The account that is named, or those that are connected. Raises Refused for a named one that isn't."""
    try:
        found = await connections(installation, account_name, connector_name)
    except CallError:
        if account_name is not None:
            raise
        return []
    return list(found.by_account)


async def _balance(
    installation: Installation, account_name: str | None, connector_name: str
) -> Mapping[str, Decimal] | CallError | None:
    """Token -> what is available; None where no account is meant."""
    if account_name is None:
        return None
    try:
        found = await balances(installation, account_name, connector_name)
    except CallError as error:
        return error
    return {one.token: one.available or Decimal(0) for one in found}


def _limits(order: Estimate, rules: Rule | None, wanted: Decimal | None, base: str, quote: str) -> Iterator[str]:
    if not order.in_book:
        levels = f"{money(order.walk.filled)} {base}"
        yield f"The book, as the API sees it, holds {levels} on this side: price and value are of that much."
    if rules is None:
        yield "The exchange's minimum and steps couldn't be read."
        return
    if wanted is not None and order.amount != wanted:
        yield f"Amounts are multiples of {plain(rules.amount_step)} {base}: {wanted} was rounded down."
    if order.amount < rules.min_amount:
        yield f"Too small, the exchange takes {plain(rules.min_amount)} {base} or more."
    elif order.in_book and order.walk.quote < rules.min_notional:
        yield f"Too small, the exchange takes orders from {plain(rules.min_notional)} {quote} on."


def _margin(order: Estimate, balance: Mapping[str, Decimal], quote: str) -> str:
    available = balance.get(quote, Decimal(0))
    if not available:
        return f"No {quote} is available as margin."
    leverage = ratio(order.walk.quote, available).quantize(Decimal("0.01"), ROUND_CEILING)
    needed = f"leverage of {leverage} or more" if leverage > 1 else "no leverage"
    return f"{plain(available)} {quote} is available as margin: as a new position this takes {needed}."
