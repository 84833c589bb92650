"""What the whole portfolio is worth, and how that is distributed."""

from typing import Any

from hbmcp.installation.installation import Installation
from hbmcp.installation.portfolio.distribution import split_dust, sum_holdings, token_rows
from hbmcp.installation.portfolio.notes import valuation_notes
from hbmcp.installation.portfolio.valuation import value_portfolio
from hbmcp.installation.portfolio.view import dust_note, no_balances, place_rows
from hbmcp.results.answer import Answer

PLACE = ("account_name", "connector_name")


async def get_portfolio_balances(installation: Installation, *, group_by: str | None = None) -> Answer:
    """`total_value` in USDT, `unrealized_pnl` of open positions, and `equity`, which is both; then tables, the most
    valuable rows first, with `percent_of_total_value`.

    `group_by`: token, exchange, account, or none for one row for each token at each exchange account. Without it,
    tokens and exchange accounts. `units` are `available` and `held` together; notes say what orders hold and what
    positions.
    """
    found = await value_portfolio(installation)
    if found.is_empty:
        return Answer(no_balances(found), valuation_notes(found))
    tables: dict[str, Any]
    note = ""
    match group_by:
        case "exchange":
            tables = {"exchanges": place_rows(found, PLACE[1:], lambda place: place[1:])}
        case "account":
            tables = {"accounts": place_rows(found, PLACE[:1], lambda place: place[:1])}
        case "none":
            sums = sum_holdings(found.rows, lambda one: (*one.place, one.token))
            tables = {"balances": token_rows(sums, (*PLACE, "token"), found.value)}
        case _:
            shown, dust = split_dust(sum_holdings(found.rows, lambda one: (one.token,)))
            tables, note = {"tokens": token_rows(shown, ("token",), found.value)}, dust_note(dust)
            if group_by != "token" and (exchanges := place_rows(found, PLACE, lambda place: place)):
                tables["exchanges"] = exchanges
    return Answer({**found.totals, **tables}, (*valuation_notes(found), note))
