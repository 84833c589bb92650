"""What one account holds, exchange by exchange."""

from hbmcp.installation.connections import account_with
from hbmcp.installation.installation import Installation
from hbmcp.installation.portfolio.distribution import sum_holdings, token_rows
from hbmcp.installation.portfolio.notes import valuation_notes
from hbmcp.installation.portfolio.valuation import value_portfolio
from hbmcp.installation.portfolio.view import no_balances, place_rows
from hbmcp.results.answer import Answer
from hbmcp.text import named


async def get_account_balance(
    installation: Installation, *, account_name: str | None = None, connector_name: str | None = None
) -> Answer:
    """`total_value` in USDT, `unrealized_pnl` of open positions, and `equity`, which is both; then each token of each
    exchange, with `percent_of_total_value`, and the exchanges where there are several.

    `units` are `available` and `held` together; notes say what orders hold and what
    positions. Raises Refused for an account that isn't there, or isn't connected to that exchange.
    """
    account = await account_with(installation, [connector_name] if connector_name else [], account_name)
    found = await value_portfolio(installation, account, connector_name)
    if found.is_empty:
        return Answer(f"{named(account)}: {no_balances(found)}", valuation_notes(found))
    sums = sum_holdings(found.rows, lambda held: (held.connector, held.token))
    balances = token_rows(sums, ("connector_name", "token"), found.value)
    exchanges = place_rows(found, ("connector_name",), lambda place: place[1:])
    several = {"exchanges": exchanges} if len(exchanges) > 1 else {}
    return Answer({"account_name": account, **found.totals, "balances": balances, **several}, valuation_notes(found))
