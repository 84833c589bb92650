"""Several orders as a caller writes them: a list of what place_order takes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hbmcp.arguments.exchange_spelling import fit_exchanges
from hbmcp.arguments.pair_spelling import PAIR, fit_pairs
from hbmcp.did_you_mean import nearest
from hbmcp.errors import BadArguments
from hbmcp.figures import number
from hbmcp.installation.connections import account_at
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.preparation import OrderRequest
from hbmcp.installation.orders.sizing import AskedSize
from hbmcp.text import named

MOST = 20

NEEDED = ("account_name", "connector_name", "trading_pair", "side")
FIGURES = ("amount", "quote_amount", "share")
CHOICES = {
    "side": ("BUY", "SELL"),
    "order_type": ("LIMIT", "MARKET", "LIMIT_MAKER"),
    "position_action": ("OPEN", "CLOSE"),
}
FIELDS = (*NEEDED, *FIGURES, "order_type", "price", "position_action")
ALONE = ("risk", "stop_loss", "take_profit")  # a stop begins with the fill of one order


async def with_accounts(installation: Installation, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each with the only account that is connected to its exchange, where none is named. As account_at."""
    only: dict[str, str] = {}
    found = []
    for row in rows:
        connector = row.get("connector_name")
        if row.get("account_name") or not isinstance(connector, str) or not connector:
            found.append(row)
            continue
        if connector not in only:
            only[connector] = await account_at(installation, connector)
        found.append({**row, "account_name": only[connector]})
    return found


def asked_orders(rows: Sequence[Mapping[str, Any]]) -> list[OrderRequest]:
    """Raises BadArguments, which names each that is wrong."""
    if len(rows) > MOST:
        raise BadArguments(
            f"{len(rows)} orders are given; at most {MOST} can be placed at once.",
            "Nothing was sent.",
            "Place them in several calls.",
        )
    problems: dict[str, str] = {}
    found = [order for place, row in enumerate(rows) if (order := _order(f"orders[{place}]", row, problems))]
    if problems:
        lines = "\n".join(f"- {place}: {what}" for place, what in problems.items())
        raise BadArguments(f"Not all of these orders can be placed:\n{lines}\n", "Nothing was sent.", "Correct them.")
    return found


def _order(place: str, row: Mapping[str, Any], problems: dict[str, str]) -> OrderRequest | None:
    wrong: dict[str, str] = {}
    given = {name: value for name, value in row.items() if value not in (None, "")}
    for name in given.keys() - set(FIELDS):
        if name in ALONE:
            wrong[name] = "is taken by place_order only"
            continue
        near = nearest(name, FIELDS, most=1)
        wrong[name] = f"isn't taken here{f'; did you mean {near[0]}?' if near else ''}"
    fit_exchanges(given)
    fit_pairs(given, wrong, bases=[PAIR])
    wrong |= {name: "is missing" for name in NEEDED if name not in given}
    for name in given.keys() & set(FIELDS):
        wrong |= _misfit(name, given)
    if wrong:
        problems |= {f"{place}.{named(name)}": what for name, what in sorted(wrong.items())}
        return None
    try:
        amount, quote_amount, share = (number(given.get(name)) for name in FIGURES)
        size = AskedSize(amount, quote_amount, share)
    except BadArguments as error:
        problems[place] = error.happened
        return None
    return OrderRequest(
        given["account_name"],
        given["connector_name"],
        given["trading_pair"],
        given["side"],
        size,
        given.get("order_type", "LIMIT"),
        _text(given, "price"),
        given.get("position_action"),
    )


def _misfit(name: str, given: dict[str, Any]) -> dict[str, str]:
    """What is wrong with one of an order's values; a choice is put into capitals."""
    value = given[name]
    if name in FIGURES:
        figure = number(value)
        if figure is None or figure <= 0 or (name == "share" and figure > 100):
            return {name: f"{named(str(value))} isn't a number above 0{' up to 100' if name == 'share' else ''}"}
    elif name == "price":
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            return {name: "isn't a text"}
    elif not isinstance(value, str):
        return {name: "isn't a text"}
    elif name in CHOICES:
        given[name] = value.strip().upper()
        if given[name] not in CHOICES[name]:
            return {name: f"{named(value)} isn't {' or '.join(CHOICES[name])}"}
    return {}


def _text(given: Mapping[str, Any], name: str) -> str | None:
    return str(given[name]) if name in given else None
