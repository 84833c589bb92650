"""Earlier funding rates: the API has none, so each that is read is stored, and tells later how the rate went."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.figures import in_percent
from hbmcp.installation.funding.annual_rates import RateSummary, Reading, summarize, yearly
from hbmcp.installation.funding.rates import FundingRate
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.store import FundingReading, StoreError
from hbmcp.times import DAY, duration, now

NOTHING_EARLIER = "No earlier rates to compare: each call keeps what it reads from now on."
_MOSTLY = 0.9  # of a period, so much is as good as all
_PROOF = 7 * DAY  # milliseconds for which a proven interval is believed


@frozen
class StoredRates:
    """Earlier readings by market, oldest first; `failed` says why the store has none to give."""

    readings: Mapping[Market, Sequence[FundingReading]]
    failed: str | None = None

    def proven_hours(self, market: Market) -> int | None:
        """The hours between payments that a reading of the last days proved."""
        found = (one.interval_hours for one in reversed(self.readings.get(market, ())) if one.time > now() - _PROOF)
        hours = next(filter(None, found), None)
        return None if hours is None else int(hours)

    def history(self, latest: Mapping[Market, FundingRate], since: int) -> list[dict[str, Any]]:
        """How rates went from `since` (epoch milliseconds) until now: a row for each market that was read before."""
        summaries = {market: self._summary(one, since) for market, one in latest.items()}
        return [_row(market, went) for market, went in summaries.items() if went.readings > 1]

    def _summary(self, latest: FundingRate, since: int) -> RateSummary:
        readings = [
            Reading(one.time, yearly(one.rate, one.interval_hours or latest.interval.hours))
            for one in self.readings.get(latest.market, ())
            if one.time >= since
        ]
        return summarize([*readings, Reading(now(), latest.yearly)])


async def stored_rates(installation: Installation, markets: Sequence[Market], since: int | None) -> StoredRates:
    """What the store has of these markets, from `since` on and for a week at least. Raises nothing."""
    start = now() - _PROOF if since is None else min(since, now() - _PROOF)
    try:
        found = await installation.store.funding_readings(
            connectors={market.connector for market in markets}, pairs={market.pair for market in markets}, since=start
        )
    except StoreError as error:
        return StoredRates({}, f"Earlier rates couldn't be read. {error}")
    readings: dict[Market, list[FundingReading]] = {}
    for one in found:
        readings.setdefault(Market(one.connector, one.pair), []).append(one)
    return StoredRates(readings)


async def store_rates(installation: Installation, found: Iterable[FundingRate]) -> str:
    """Store what was read; the reason if the store doesn't take it. An interval is stored only where it is proven."""
    readings = [
        FundingReading(
            connector=one.market.connector,
            pair=one.market.pair,
            rate=one.rate,
            interval_hours=Decimal(one.interval.hours) if one.interval.known else None,
            time=now(),
        )
        for one in found
    ]
    try:
        await installation.store.keep_funding(readings)
    except StoreError as error:
        return f"These rates couldn't be kept for later. {error}"
    return ""


def reach_note(history: Sequence[Mapping[str, Any]], since: int) -> str:
    """That the readings begin later than `since` (epoch milliseconds); "" where they begin about then."""
    moment = now()
    covered, asked = moment - min((row["first_time"] for row in history), default=moment), moment - since
    if not history or covered > asked * _MOSTLY:
        return ""
    return (
        f"history covers {duration(covered)} of the {duration(asked)}: rates are kept only when get_funding_rates "
        "reads them."
    )


def _row(market: Market, went: RateSummary) -> dict[str, Any]:
    return {
        "connector_name": market.connector,
        "trading_pair": market.pair,
        "first_time": went.since,
        "readings": went.readings,
        "first_annual_percent": in_percent(went.first, 2),
        "average_annual_percent": in_percent(went.average, 2),
        "lowest_annual_percent": in_percent(went.lowest, 2),
        "highest_annual_percent": in_percent(went.highest, 2),
        "change_annual_percent": in_percent(went.last - went.first, 2),
    }
