"""A configuration made ready to be previewed or started: read, checked, and the orders that it comes to."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.errors import Refused
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.defaults import saved_defaults
from hbmcp.installation.executors.config.price_offsets import has_offsets, with_prices
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.executors.plan.crossing import crossing_note
from hbmcp.installation.executors.plan.early_termination import termination_causes
from hbmcp.installation.executors.plan.grid_suggestion import Suggestion, suggestion
from hbmcp.installation.executors.plan.open_position import effect_on_position
from hbmcp.installation.executors.plan.own_fields import with_own_fields
from hbmcp.installation.executors.plan.plan import MarketPrices, Plan
from hbmcp.installation.executors.plan.planned_orders import plan
from hbmcp.installation.executors.plan.venue import Venue, market_prices, seen_doubt, venue_at, venues_of
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_rules import Rule


@frozen
class Forecast:
    """What is known beforehand of an executor that trades one pair of an exchange.

    `refusals`: field -> why it would end at once. `notes`: what it means for a position that is open, and which of
    its orders fill at once.
    """

    connector: str
    rule: Rule
    market: MarketPrices
    plan: Plan
    refusals: Mapping[str, str]
    notes: tuple[str, ...]


@frozen
class Prepared:
    """`forecast` is None for what trades on a chain or on two markets. `notes` are on prices and defaults applied."""

    config: Config
    forecast: Forecast | None
    notes: tuple[str, ...]


async def prepare(
    installation: Installation,
    tool: str,
    account_name: str,
    kind: str,
    given: Mapping[str, Any],
    *,
    suggesting: bool = False,
) -> Prepared:
    """Nothing is sent. With `suggesting` a grid may lack what a plain one is suggested.

    The workflow uses list_accounts, get_connected_exchanges, get_trading_rules, get_prices, get_orderbook,
    list_positions, get_position_mode and get_trades. Raises BadArguments, Refused, or CallError for what can't be read.
    """
    saved = await saved_defaults(installation, kind)
    given, note = await _priced(installation, account_name, kind, given, saved.values)
    suggested = suggestion(given, saved.values) if suggesting and kind == "grid_executor" else Suggestion(given)
    config = check(tool, kind, suggested.config, saved.values)
    found = await venues_of(installation, account_name, config)
    if len(found) != 1:
        return Prepared(config, None, (note, *saved.notes(config)))
    [venue] = found
    market = await market_prices(installation, venue)
    config, worked_out = with_own_fields(tool, config, market, venue.rule)
    config, said = suggested.finished(config, market.mid, venue.rule)
    forecast = await _forecast(installation, account_name, config, venue, market)
    return Prepared(config, forecast, (said, worked_out, note, *saved.notes(config)))


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
    return Forecast(
        venue.connector,
        venue.rule,
        seen,
        planned,
        {**dict(termination_causes(config, planned, seen, venue.rule)), **effect.refusals},
        tuple(filter(None, (effect.note, crossing_note(config, planned), seen_doubt(venue, seen)))),
    )
