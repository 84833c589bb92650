"""Funding rates as the API tells them now, and what was kept of earlier ones."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import ApiFailed, CallError
from hbmcp.figures import plain
from hbmcp.installation.answer_fields import Fields, number, optional
from hbmcp.installation.funding.figures import Course, Interval, Reading, course, interval, payer, shown, yearly
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.store import FundingReading, StoreError
from hbmcp.times import now
from hbmcp_tools import market_data
from hummingbot_api.request import Json

_PROOF = 7 * 86_400_000  # milliseconds for which a proven interval is believed


@frozen
class Funding:
    """The rate of a market's running interval, a fraction; `next_time` as the API gives it, in epoch seconds."""

    market: Market
    rate: Decimal
    interval: Interval
    next_time: Decimal | None

    @property
    def yearly(self) -> Decimal:
        """As a fraction of 365 days."""
        return yearly(self.rate, self.interval.hours)

    @property
    def row(self) -> dict[str, Any]:
        """As it is shown."""
        return {
            "connector_name": self.market.connector,
            "trading_pair": self.market.pair,
            "rate_percent": plain(self.rate * 100),
            "interval_hours": self.interval.hours,
            "annual_percent": shown(self.yearly, 2),
            "payer": payer(self.rate),
            "next_funding_time": self.next_time,
        }


@frozen
class Kept:
    """Earlier readings by market, oldest first; `failed` says why the store has none to give, or took none."""

    readings: Mapping[Market, Sequence[FundingReading]]
    failed: str | None = None

    def proven(self, market: Market) -> int | None:
        """The hours between payments that a reading of the last days proved."""
        found = (one.interval_hours for one in reversed(self.readings.get(market, ())) if one.time > now() - _PROOF)
        hours = next(filter(None, found), None)
        return None if hours is None else int(hours)

    def course(self, latest: Funding, since: int) -> Course:
        """How the rate went from then until now."""
        readings = [
            Reading(one.time, yearly(one.rate, one.interval_hours or latest.interval.hours))
            for one in self.readings.get(latest.market, ())
            if one.time >= since
        ]
        return course([*readings, Reading(now(), latest.yearly)])


async def kept(installation: Installation, markets: Sequence[Market], since: int | None) -> Kept:
    """What the store has of these markets, from `since` on and for a week at least. Raises nothing."""
    start = now() - _PROOF if since is None else min(since, now() - _PROOF)
    try:
        found = await installation.store.funding_readings(
            connectors={market.connector for market in markets}, pairs={market.pair for market in markets}, since=start
        )
    except StoreError as error:
        return Kept({}, f"Earlier rates couldn't be read. {error}")
    readings: dict[Market, list[FundingReading]] = {}
    for one in found:
        readings.setdefault(Market(one.connector, one.pair), []).append(one)
    return Kept(readings)


async def funding(
    installation: Installation, markets: Sequence[Market], earlier: Kept
) -> dict[Market, Funding | CallError]:
    """The rates of these markets, or why there is none. The workflow uses get_funding_info. Raises nothing."""
    answers = await together(
        installation.read(_told, market_data.get_funding_info, connector_name=one.connector, trading_pair=one.pair)
        for one in markets
    )
    return {
        market: answer if isinstance(answer, CallError) else _funding(market, *answer, earlier.proven(market))
        for market, answer in zip(markets, answers, strict=True)
    }


async def keep(installation: Installation, found: Iterable[Funding]) -> str | None:
    """Keep what was read; the reason if the store doesn't take it. An interval is kept only where it is proven."""
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
    return None


def _told(info: Json) -> tuple[Decimal | None, Decimal | None]:
    """Rate, and when it is paid next."""
    fields = Fields(info)
    return fields.needed("funding_rate", optional(number)), fields.known("next_funding_time", number) or None


def _funding(
    market: Market, rate: Decimal | None, next_time: Decimal | None, proven: int | None
) -> Funding | CallError:
    if rate is None:
        return ApiFailed("The exchange tells no funding rate.")
    moment = None if next_time is None else int(next_time * 1000)
    return Funding(market, rate, interval(market.connector, moment, now(), proven), next_time)
