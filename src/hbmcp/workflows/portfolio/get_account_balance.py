"""What one account holds, exchange by exchange."""

from hbmcp.installation.installation import Installation
from hbmcp.installation.portfolio.distribution import sum_holdings, token_rows
from hbmcp.installation.portfolio.notes import valuation_notes
from hbmcp.installation.portfolio.valuation import value_portfolio
from hbmcp.installation.portfolio.view import no_balances, place_rows
from hbmcp.results.answer import Answer
from hbmcp.text import named

PLACE = ("account_name", "connector_name")


async def get_account_balance(
    installation: Installation, *, account_name: str | None = None, connector_name: str | None = None
) -> Answer:
    """`total_value` in USDT, `unrealized_pnl` of open positions, and `equity`, which is both; then each token of each
    exchange, with `percent_of_total_value`, and the exchanges where there are several. Of the account that is named, or
    of all, told apart where several have something.

    `units` are `available` and `held` together; notes say what orders hold and what
    positions. Raises Refused for an account that isn't there, or isn't connected to that exchange.
    """
    found = await value_portfolio(installation, account_name, connector_name)
    accounts = {account for account, _ in (*found.connected.pairs, *found.places)}
    only = account_name if account_name is not None else next(iter(accounts)) if len(accounts) == 1 else None
    if found.is_empty:
        named_first = "" if only is None else f"{named(only)}: "
        return Answer(f"{named_first}{no_balances(found)}", valuation_notes(found))
    skipped = 0 if only is None else 1  # of the names of a place, those that are said once above
    sums = sum_holdings(found.rows, lambda held: (*held.place[skipped:], held.token))
    balances = token_rows(sums, (*PLACE[skipped:], "token"), found.value)
    places = place_rows(found, PLACE[skipped:], lambda place: place[skipped:])
    whose = {} if only is None else {"account_name": only}
    several = {"exchanges" if only else "exchange_accounts": places} if len(places) > 1 else {}
    return Answer({**whose, **found.totals, "balances": balances, **several}, valuation_notes(found))
