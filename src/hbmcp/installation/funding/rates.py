"""Funding rates of markets as the API tells them now."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import ApiFailed, CallError
from hbmcp.figures import in_percent, plain
from hbmcp.installation.answer_fields import Fields, number, optional
from hbmcp.installation.funding.annual_rates import Interval, interval, payer, yearly
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.text import named
from hbmcp.times import now
from hbmcp_tools import market_data
from hummingbot_api.request import Json


@frozen
class FundingRate:
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
            "annual_percent": in_percent(self.yearly, 2),
            "payer": payer(self.rate),
            "next_funding_time": self.next_time,
        }


@frozen
class FundingRates:
    """By market; `unread` says why a market has none."""

    rates: Mapping[Market, FundingRate]
    unread: Mapping[Market, CallError]

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each market without a rate."""
        return tuple(
            f"{named(market.pair)} on {named(market.connector)}: {error.happened}"
            for market, error in self.unread.items()
        )

    @property
    def assumed_intervals(self) -> str:
        """Which intervals nothing proves; "" where all are known."""
        unknown = [market for market, one in self.rates.items() if not one.interval.known]
        known = {market.connector for market in self.rates if market not in unknown}
        names = [
            named(one.connector) if one.connector not in known else f"{named(one.connector)} {named(one.pair)}"
            for one in unknown
        ]
        return f"interval_hours assumed: {', '.join(dict.fromkeys(names))}." if names else ""


async def funding_rates(
    installation: Installation, markets: Sequence[Market], proven_hours: Callable[[Market], int | None]
) -> FundingRates:
    """Of these markets; `proven_hours` are those between payments, where earlier readings proved them. The caller uses
    get_funding_info. Raises nothing."""
    answers = await together(
        installation.read(_told, market_data.get_funding_info, connector_name=one.connector, trading_pair=one.pair)
        for one in markets
    )
    found = {
        market: answer if isinstance(answer, CallError) else _rate(market, *answer, proven_hours(market))
        for market, answer in zip(markets, answers, strict=True)
    }
    return FundingRates(
        {market: one for market, one in found.items() if isinstance(one, FundingRate)},
        {market: one for market, one in found.items() if isinstance(one, CallError)},
    )


def _told(info: Json) -> tuple[Decimal | None, Decimal | None]:
    """Rate, and when it is paid next."""
    fields = Fields(info)
    return fields.needed("funding_rate", optional(number)), fields.known("next_funding_time", number) or None


def _rate(
    market: Market, rate: Decimal | None, next_time: Decimal | None, proven: int | None
) -> FundingRate | CallError:
    if rate is None:
        return ApiFailed("The exchange tells no funding rate.")
    moment = None if next_time is None else int(next_time * 1000)
    return FundingRate(market, rate, interval(market.connector, moment, now(), proven), next_time)
