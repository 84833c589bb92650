"""What the whole portfolio is worth, and how that is distributed."""

from collections.abc import Callable
from decimal import Decimal

from hbmcp.figures import cents
from hbmcp.installation.installation import Installation
from hbmcp.installation.portfolio.distribution import DUST, Row, Sum, summed, swept, token_rows, value_row, worth
from hbmcp.installation.portfolio.holdings import CURRENCY, Place
from hbmcp.installation.portfolio.notes import caveats
from hbmcp.installation.portfolio.valuation import Survey, survey
from hbmcp.results.answer import Answer

PLACE = ("account_name", "connector_name")
Keys = Callable[[Place], tuple[str, ...]]


async def get_portfolio_balances(installation: Installation, *, group_by: str | None = None) -> Answer:
    """`total_value` in USDT, `unrealized_pnl` of open positions, and `equity`, which is both; then tables, the most
    valuable rows first, with `share_percent` of total_value.

    `group_by`: token, exchange, account, or none for one row for each token at each exchange account. Without it,
    tokens and exchange accounts. `units` are `available` and `held` together; orders and margin hold.
    """
    found = await survey(installation)
    if not found.rows and not found.unrealized.by_place:
        none = "No balances." if found.connected.pairs else "No exchange is connected: add_credential connects one."
        return Answer(none, caveats(found))
    match group_by:
        case "exchange":
            return _answer(found, "exchanges", _places(found, PLACE[1:], lambda place: place[1:]))
        case "account":
            return _answer(found, "accounts", _places(found, PLACE[:1], lambda place: place[:1]))
        case "none":
            sums = summed(found.rows, lambda one: (*one.place, one.token))
            return _answer(found, "balances", token_rows(sums, (*PLACE, "token"), found.value))
    shown, dust = swept(summed(found.rows, lambda one: (one.token,)))
    tokens = token_rows(shown, ("token",), found.value)
    exchanges = [] if group_by == "token" else _places(found, PLACE, lambda place: place)
    return _answer(found, "tokens", tokens, exchanges=exchanges, note=_swept(dust))


def _answer(found: Survey, name: str, rows: list[Row], exchanges: list[Row] | None = None, note: str = "") -> Answer:
    return Answer(
        {**found.totals, name: rows, **({"exchanges": exchanges} if exchanges else {})}, (*caveats(found), note)
    )


def _places(found: Survey, columns: tuple[str, ...], key: Keys) -> list[Row]:
    """The value of exchange accounts by what `key` makes of them, with the P&L of the positions there."""
    rows = []
    for one in summed(found.rows, lambda held: key(held.place)):
        places = [place for place in found.places if key(place) == one.names]
        rows.append(value_row(one, columns, found.value) | found.profit(places, one.value or Decimal(0)))
    return rows


def _swept(dust: list[Sum]) -> str:
    """What was left out as worth next to nothing."""
    if not dust:
        return ""
    value = cents(worth(part for one in dust for part in one.parts))
    names = ", ".join(one.names[0] for one in dust)
    return f"Not listed, each under {DUST} {CURRENCY} and {value:f} together: {names}. group_by=none lists them."
