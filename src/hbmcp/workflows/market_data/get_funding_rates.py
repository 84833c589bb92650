"""Funding rates of many pairs on many exchanges, what their differences earn, and how they went."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from hbmcp.errors import ApiFailed, BadArguments, CallError, Refused
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.funding.arbitrage_view import chances
from hbmcp.installation.funding.figures import Course, shown
from hbmcp.installation.funding.readings import Funding, Kept, funding, keep, kept
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.default_exchanges import Exchanges, connected
from hbmcp.installation.markets.trading_pairs import Market, markets
from hbmcp.installation.positions.open_positions import open_positions
from hbmcp.results.answer import Answer
from hbmcp.times import to_milliseconds


@frozen
class Asked:
    """The pairs that are meant, and what must be said of how they were found."""

    pairs: tuple[str, ...]
    problems: tuple[str, ...] = ()


async def get_funding_rates(
    installation: Installation,
    *,
    trading_pairs: list[str] | None = None,
    connector_names: list[str] | None = None,
    since: str | None = None,
    hold_days: int = 30,
) -> Answer:
    """Three tables; every figure in percent is one of the position's value.

    rates: `rate_percent` of one interval, `annual_percent` = rate x 24 / interval_hours x 365 (not compounded), whether
    longs pay shorts or shorts longs, and when next.

    opportunities: long on one exchange, short of the same size on another, the best first. `spread_..._percent` is
    the short's rate less the long's, of a day and of 365 days; `fees_percent` those of market orders into and out of
    both legs; `net_..._percent` what is left after them when held `hold_days`, of a day and of 365 days;
    `break_even_days` = fees / spread a day; `break_even_size` the value of one leg, in its quote currency, beyond which
    slippage into and out of both legs (against mid, on the books as they are) eats all that is left after
    `hold_days`; with >= where the books, as the API gives them, end before.

    history (with `since`): of the readings kept from then on, annual rates: first, average (by time), lowest,
    highest, and the change from the first until now.

    Without pairs those of the open positions, without exchanges all that are connected. Raises Refused where that is
    none, CallError where no rate can be read; otherwise what failed is named under what didn't.
    """
    start = to_milliseconds(since)
    exchanges = await _exchanges(installation, connector_names)
    asked = Asked(tuple(trading_pairs)) if trading_pairs else await _held(installation)
    found = await markets(installation, exchanges.names, asked.pairs)
    earlier = await kept(installation, found.all, start)
    answers = await funding(installation, found.all, earlier)
    rates = {market: one for market, one in answers.items() if isinstance(one, Funding)}
    problems = [
        *exchanges.problems,
        *asked.problems,
        *found.problems,
        *(
            f"{market.pair} on {market.connector}: {one.happened}"
            for market, one in answers.items()
            if isinstance(one, CallError)
        ),
    ]
    if not rates:
        raise ApiFailed("No funding rate was found.", " ".join(problems), "get_trading_rules lists the pairs.")
    not_kept = await keep(installation, rates.values())
    differences = await chances(installation, rates, hold_days)
    courses = {} if start is None else _courses(rates, earlier, start)
    tables: dict[str, Any] = {"rates": [one.row for one in rates.values()]}
    if differences.rows:
        tables["opportunities"] = list(differences.rows)
    if courses:
        tables["history"] = [_history(market, went) for market, went in courses.items()]
    notes = (
        *problems,
        _assumed(rates),
        *differences.notes,
        earlier.failed or _unkept(start, courses),
        not_kept or "",
    )
    return Answer(tables, notes)


async def _exchanges(installation: Installation, names: Sequence[str] | None) -> Exchanges:
    if spot := [name for name in names or () if not is_perpetual(name)]:
        raise BadArguments(
            f"connector_names: no perpetual exchange, so without funding: {', '.join(spot)}.",
            "Nothing was sent.",
            "Perpetual exchanges are named as binance_perpetual is.",
        )
    if names:
        return Exchanges(tuple(names))
    found = await connected(installation, perpetual=True)
    if not found.names:
        raise Refused(
            " ".join(("No perpetual exchange is connected.", *found.problems)),
            "Nothing was done.",
            "Name connector_names, e.g. hyperliquid_perpetual: rates are public.",
        )
    return found


async def _held(installation: Installation) -> Asked:
    found = await open_positions(installation)
    if not found.rows:
        raise Refused(
            " ".join(("No open position was found whose pair could be meant.", *found.notes)),
            "Nothing was done.",
            "Name trading_pairs, e.g. BTC-USDT.",
        )
    return Asked(tuple(row.pair for row in found.rows), found.notes)


def _courses(rates: Mapping[Market, Funding], earlier: Kept, start: int) -> dict[Market, Course]:
    """Of the markets that were read before."""
    courses = {market: earlier.course(one, start) for market, one in rates.items()}
    return {market: went for market, went in courses.items() if went.readings > 1}


def _history(market: Market, went: Course) -> dict[str, Any]:
    return {
        "connector_name": market.connector,
        "trading_pair": market.pair,
        "first_time": went.since,
        "readings": went.readings,
        "first_annual_percent": shown(went.first, 2),
        "average_annual_percent": shown(went.average, 2),
        "lowest_annual_percent": shown(went.lowest, 2),
        "highest_annual_percent": shown(went.highest, 2),
        "change_annual_percent": shown(went.last - went.first, 2),
    }


def _assumed(rates: Mapping[Market, Funding]) -> str:
    unknown = [market for market, one in rates.items() if not one.interval.known]
    known = {market.connector for market in rates if market not in unknown}
    names = [one.connector if one.connector not in known else f"{one.connector} {one.pair}" for one in unknown]
    return f"interval_hours assumed: {', '.join(dict.fromkeys(names))}." if names else ""


def _unkept(start: int | None, courses: Mapping[Market, Course]) -> str:
    return "" if start is None or courses else "No earlier rates to compare: each call keeps what it reads from now on."
