"""What one account holds, exchange by exchange."""

from decimal import Decimal

from hbmcp.installation.installation import Installation
from hbmcp.installation.portfolio.distribution import summed, token_rows, value_row
from hbmcp.installation.portfolio.notes import caveats
from hbmcp.installation.portfolio.valuation import survey
from hbmcp.results.answer import Answer


async def get_account_balance(
    installation: Installation, *, account_name: str, connector_name: str | None = None
) -> Answer:
    """`total_value` in USDT, `unrealized_pnl` of open positions, and `equity`, which is both; then each token of each
    exchange, with `share_percent` of total_value, and the exchanges where there are several.

    `units` are `available` and `held` together; orders and margin hold. Raises Refused for an account that isn't
    there, or isn't connected to that exchange.
    """
    found = await survey(installation, account_name, connector_name)
    if not found.rows and not found.unrealized.by_place:
        none = "No balances." if found.connected.pairs else "No exchange is connected: add_credential connects one."
        return Answer(f"{account_name}: {none}", caveats(found))
    exchanges = [
        value_row(one, ("connector_name",), found.value)
        | found.profit([(account_name, one.names[0])], one.value or Decimal(0))
        for one in summed(found.rows, lambda held: (held.connector,))
    ]
    sums = summed(found.rows, lambda held: (held.connector, held.token))
    tokens = token_rows(sums, ("connector_name", "token"), found.value)
    several = {"exchanges": exchanges} if len(exchanges) > 1 else {}
    return Answer({"account_name": account_name, **found.totals, "balances": tokens, **several}, caveats(found))
