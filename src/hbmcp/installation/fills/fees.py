"""What fills cost in fees, by exchange account and currency."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from hbmcp.figures import cents, money, percent, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.fills.fills import Fill
from hbmcp.pairs import base_of, quote_of
from hbmcp.text import named

WORTH = (
    "A spot purchase's fee is recorded as its worth in {currency}: the exchange mostly takes it out of what was bought."
)
PLACES = 4  # of a fee in percent: 0.0450 is one


def fee_rows(fills: Iterable[Fill]) -> list[dict[str, Any]]:
    """A row for each account, exchange, quote currency and currency of the fee. `value` is what was traded, in quote;
    `fees` are in `fee_currency`, below 0 where rebates were more; `fee_percent` is their share of the value, None where
    they were paid in a third currency."""
    groups: dict[tuple[str, str, str, str], list[Fill]] = {}
    for fill in fills:
        currency = (fill.fee_currency or "unknown") if fill.fee else ""
        groups.setdefault((fill.account, fill.connector, _quote(fill), currency), []).append(fill)
    return [_row(*key, group) for key, group in sorted(groups.items())]


def worth_note(fills: Iterable[Fill]) -> str:
    """That a fee recorded in quote may have been taken in base, which no record tells; "" where none can have been."""
    bought = [
        fill
        for fill in fills
        if fill.side == "BUY" and fill.fee > 0 and fill.fee_currency == _quote(fill)
        if not is_perpetual(fill.connector)
    ]
    return WORTH.format(currency=" or ".join(sorted({named(_quote(fill)) for fill in bought}))) if bought else ""


def fee_totals(fills: Iterable[Fill]) -> Mapping[str, Decimal]:
    """By currency of the fee."""
    totals: dict[str, Decimal] = {}
    for fill in fills:
        if fill.fee:
            currency = fill.fee_currency or "unknown"
            totals[currency] = totals.get(currency, Decimal(0)) + fill.fee
    return {currency: money(total) for currency, total in totals.items()}


def _row(account: str, connector: str, quote: str, currency: str, fills: list[Fill]) -> dict[str, Any]:
    value = sum((times(one.amount, one.price) for one in fills), Decimal(0))
    parts = [_in_quote(one) for one in fills]
    known = [one for one in parts if one is not None]
    return {
        "account_name": account,
        "connector_name": connector,
        "quote": quote,
        "fills": len(fills),
        "value": cents(value),
        "fees": money(sum((one.fee for one in fills), Decimal(0))),
        "fee_currency": currency or None,
        "fee_percent": percent(sum(known, Decimal(0)), value, PLACES) if len(known) == len(parts) else None,
    }


def _in_quote(fill: Fill) -> Decimal | None:
    base = base_of(fill.pair)
    if not fill.fee or fill.fee_currency == _quote(fill):
        return fill.fee
    return times(fill.fee, fill.price) if fill.fee_currency == base else None


def _quote(fill: Fill) -> str:
    return quote_of(fill.pair)
