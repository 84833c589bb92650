"""A configuration made ready to be previewed or started: read, checked, and the orders that it comes to."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.defaults import saved_defaults
from hbmcp.installation.executors.config.price_offsets import has_offsets, worked_out
from hbmcp.installation.executors.config.validation import check
from hbmcp.installation.executors.config.venue import Place, market, middle, place, places
from hbmcp.installation.executors.plan.crossing import crossing
from hbmcp.installation.executors.plan.early_termination import hindrances
from hbmcp.installation.executors.plan.open_position import existing
from hbmcp.installation.executors.plan.plan import Market, Plan
from hbmcp.installation.executors.plan.planned_orders import plan
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_rules import Rule


@frozen
class Foretold:
    """What is known beforehand of an executor that trades one pair of an exchange.

    `hindrances`: field -> why it would end at once. `notes`: what it means for a position that is open, and which of
    its orders fill at once.
    """

    connector: str
    rule: Rule
    market: Market
    plan: Plan
    hindrances: Mapping[str, str]
    notes: tuple[str, ...]


@frozen
class Ready:
    """`foretold` is None for what trades on a chain or on two markets. `notes` are on prices and defaults applied."""

    config: Config
    foretold: Foretold | None
    notes: tuple[str, ...]


async def ready(installation: Installation, tool: str, account_name: str, kind: str, given: Mapping[str, Any]) -> Ready:
    """Nothing is sent. The workflow uses list_accounts, get_connected_exchanges, get_trading_rules, get_prices,
    get_orderbook, list_positions, get_position_mode and get_trades. Raises BadArguments, Refused, or CallError for what
    can't be read."""
    saved = await saved_defaults(installation, kind)
    given, note = await _priced(installation, account_name, kind, given, saved.values)
    config = check(tool, kind, given, saved.values)
    found = await places(installation, account_name, config)
    foretold = await _foretold(installation, account_name, config, found[0]) if len(found) == 1 else None
    return Ready(config, foretold, (note, *saved.notes(config)))


async def _priced(
    installation: Installation, account_name: str, kind: str, given: Mapping[str, Any], saved: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str]:
    """With numbers for offsets, where it says of which pair they are: the check will complain where it doesn't."""
    connector, pair = (given.get(name) or saved.get(name) for name in ("connector_name", "trading_pair"))
    if not (has_offsets(kind, given) and isinstance(connector, str) and isinstance(pair, str)):
        return given, ""
    there = await place(installation, account_name, connector, pair)
    return worked_out(kind, given, await middle(installation, there), there.rule.price_step)


async def _foretold(installation: Installation, account_name: str, config: Config, there: Place) -> Foretold | None:
    seen = await market(installation, there)
    planned = plan(config, seen, there.rule)
    if planned is None:
        return None
    open_now = await existing(installation, account_name, there, config, planned)
    return Foretold(
        there.connector,
        there.rule,
        seen,
        planned,
        {**dict(hindrances(config, planned, seen, there.rule)), **open_now.hindrances},
        (open_now.told, crossing(config, planned)),
    )
