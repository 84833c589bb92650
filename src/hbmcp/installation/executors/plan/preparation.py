"""A configuration made ready to be started: read, checked, and the orders that it comes to."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import BadArguments, CallError, Refused
from hbmcp.installation.connections import account_with
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.defaults import saved_defaults
from hbmcp.installation.executors.config.price_offsets import has_offsets, with_prices
from hbmcp.installation.executors.config.validation import check, refuse
from hbmcp.installation.executors.plan.crossing import crossing_note
from hbmcp.installation.executors.plan.early_termination import termination_causes, unsellable
from hbmcp.installation.executors.plan.grid_suggestion import Suggestion, suggestion
from hbmcp.installation.executors.plan.open_position import effect_on_position
from hbmcp.installation.executors.plan.own_fields import with_own_fields
from hbmcp.installation.executors.plan.plan import MarketPrices, Plan
from hbmcp.installation.executors.plan.planned_orders import plan
from hbmcp.installation.executors.plan.venue import (
    Venue,
    exchanges_in,
    market_prices,
    mid_price,
    seen_doubt,
    venue_at,
    venues_of,
)
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.markets.taker_fees import assumed_fee, usual_maker_fee
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.installation.planned_request import Uncovered

PATIENCE = 5.0  # seconds for the price of what has no forecast


@frozen
class Forecast:
    """What is known beforehand of an executor that trades one pair of an exchange.

    `refusals`: field -> why it would end at once. `notes`: what it means for a position that is open, and which of
    its orders fill at once. `uncovered` is the position's effect's.
    """

    connector: str
    rule: Rule
    market: MarketPrices
    plan: Plan
    refusals: Mapping[str, str]
    notes: tuple[str, ...]
    uncovered: Uncovered | None = None


@frozen
class Prepared:
    """`forecast` is None for what trades on a chain or on two markets. `price` is what a base unit costs now where it
    trades first, None where that isn't known. `notes` are on prices and defaults applied."""

    account: str
    config: Config
    forecast: Forecast | None
    price: Decimal | None
    notes: tuple[str, ...]


async def prepare(
    installation: Installation,
    tool: str,
    account_name: str | None,
    kind: str,
    given: Mapping[str, Any],
) -> Prepared:
    """Nothing is sent. Without an account it is the only one that is connected to its exchanges. What would end at once
    is refused, and a grid that lacks what can be suggested with that.

    The workflow uses list_accounts, get_connected_exchanges, get_trading_rules, get_prices, get_orderbook,
    list_positions, get_position_mode, get_trades, list_active_orders and search_orders. Raises BadArguments,
    Refused, or CallError for what can't be read.
    """
    saved = await saved_defaults(installation, kind)
    account = await account_with(installation, exchanges_in({**saved.values, **given}), account_name)
    given, note = await _priced(installation, account, kind, given, saved.values)
    config, lacking = _checked(tool, kind, given, saved.values)
    found = await venues_of(installation, account, config)
    if len(found) != 1:
        price = await answer_within(mid_price(installation, found[0]), PATIENCE) if found else None
        known = None if isinstance(price, CallError) else price
        return Prepared(account, config, None, known, (note, *saved.notes(config)))
    [venue] = found
    market = await market_prices(installation, venue)
    fee = assumed_fee(venue.connector).rate
    config, worked_out, problems = with_own_fields(config, market, venue.rule, fee)
    if lacking:
        refuse(
            tool,
            kind,
            {
                **lacking.problems(config, market.mid, venue.rule, usual_maker_fee(venue.connector)),
                **dict(unsellable(config, market, venue.rule, fee)),
                **problems,
            },
        )
    refuse(tool, kind, problems)
    forecast = await _forecast(installation, account, config, venue, market)
    if forecast:
        refuse(tool, kind, forecast.refusals)
    return Prepared(account, config, forecast, market.mid, (worked_out, note, *saved.notes(config)))


def _checked(
    tool: str, kind: str, given: Mapping[str, Any], saved: Mapping[str, Any]
) -> tuple[Config, Suggestion | None]:
    """The configuration, or one with what it lacks where nothing else is wrong with it. Raises BadArguments."""
    try:
        return check(tool, kind, given, saved), None
    except BadArguments as error:
        lacking = suggestion(given, saved) if kind == "grid_executor" else Suggestion(given)
        if lacking.fields:
            with suppress(BadArguments):
                return check(tool, kind, lacking.config, saved), lacking
        raise error


async def _priced(
    installation: Installation, account_name: str, kind: str, given: Mapping[str, Any], saved: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str]:
    """With numbers for offsets, where it says of which pair they are: the check will complain where it doesn't."""
    connector, pair = (given.get(name) or saved.get(name) for name in ("connector_name", "trading_pair"))
    if not (has_offsets(kind, given) and isinstance(connector, str) and isinstance(pair, str)):
        return given, ""
    venue = await venue_at(installation, account_name, connector, pair)
    seen = await market_prices(installation, venue)
    if doubt := seen_doubt(venue, seen):
        raise Refused(
            f"An offset counts from the current price, which isn't known. {doubt}",
            "Nothing was sent.",
            "Look with get_ticker what it costs, and give numbers.",
        )
    return with_prices(kind, given, seen.mid, venue.rule.price_step)


async def _forecast(
    installation: Installation, account_name: str, config: Config, venue: Venue, seen: MarketPrices
) -> Forecast | None:
    planned = plan(config, seen, venue.rule)
    if planned is None:
        return None
    effect = await effect_on_position(installation, account_name, venue, config, planned)
    causes = termination_causes(config, planned, seen, venue.rule, assumed_fee(venue.connector).rate)
    return Forecast(
        venue.connector,
        venue.rule,
        seen,
        planned,
        {**dict(causes), **effect.refusals},
        tuple(filter(None, (effect.note, crossing_note(config, planned), seen_doubt(venue, seen)))),
        effect.uncovered,
    )
