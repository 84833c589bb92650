"""Funding rates of many pairs on many exchanges, what their differences earn, and how they went."""

from typing import Any

from hbmcp.errors import ApiFailed
from hbmcp.installation.funding.arbitrage_view import Opportunities, arbitrage
from hbmcp.installation.funding.markets_meant import markets_meant
from hbmcp.installation.funding.own_funding import own_funding
from hbmcp.installation.funding.rates import funding_rates
from hbmcp.installation.funding.stored_rates import NOTHING_EARLIER, reach_note, store_rates, stored_rates
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp.times import to_milliseconds

ELSEWHERE = 'trading_pairs, or ["all"], has the other exchanges\' rates and what differences would earn.'


async def get_funding_rates(
    installation: Installation,
    *,
    trading_pairs: list[str] | None = None,
    connector_names: list[str] | None = None,
    since: str | None = None,
    hold_days: int = 30,
) -> Answer:
    """Four tables; every figure in percent is one of the position's value.

    rates: `rate_percent` of one interval, `annual_percent` = rate x 24 / interval_hours x 365 (not compounded), whether
    longs pay shorts or shorts longs, and when next.

    opportunities: long on one exchange, short of the same size on another, the three best. `spread_day_percent` is
    the short's rate less the long's, of a day; `fees_percent` those of market orders into and out of
    both legs; `net_..._percent` what is left after them when held `hold_days`, of a day and of 365 days;
    `break_even_days` = fees / spread a day; `break_even_size` the value of one leg, in its quote currency, beyond which
    slippage into and out of both legs (against mid, on the books as they are) eats all that is left after
    `hold_days`; with >= where the books, as the API gives them, end before.

    positions (without pairs): what funding brings each open position in a day at the rate of now, in its quote
    currency, below 0 what it costs.

    history (with `since`): of the readings kept from then on, annual rates: first, average (by time), lowest,
    highest, and the change from the first until now.

    Without pairs those of the open positions, or where nothing is open, and for ["all"], ten that all exchanges have;
    without exchanges all that are connected, but of positions only their own, and no opportunities. Raises Refused
    where that is none, CallError where no rate can be read; otherwise what failed is named under what didn't.
    """
    start = to_milliseconds(since)
    meant = await markets_meant(installation, trading_pairs, connector_names)
    earlier = await stored_rates(installation, meant.markets, start)
    found = await funding_rates(installation, meant.markets, earlier.proven_hours)
    problems = (*meant.problems, *found.problems)
    if not found.rates:
        raise ApiFailed("No funding rate was found.", " ".join(problems), "get_trading_rules lists the pairs.")
    not_stored = await store_rates(installation, found.rates.values())
    elsewhere = Opportunities((), (ELSEWHERE,))
    differences = elsewhere if meant.positions_alone else await arbitrage(installation, found.rates, hold_days)
    history = [] if start is None else earlier.history(found.rates, start)
    tables: dict[str, Any] = {"rates": [one.row for one in found.rates.values()]}
    own = own_funding(meant.positions, found.rates)
    if own.rows:
        tables["positions"] = list(own.rows)
    if differences.rows:
        tables["opportunities"] = list(differences.rows)
    if history:
        tables["history"] = history
    reach = "" if start is None else reach_note(history, start) if history else NOTHING_EARLIER
    notes = (*problems, own.note, found.assumed_intervals, *differences.notes, earlier.failed or reach, not_stored)
    return Answer(tables, notes)
