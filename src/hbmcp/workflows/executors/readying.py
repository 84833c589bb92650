"""A configuration made ready to be previewed or started: read, checked, and the orders that it comes to."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.workflows import Installation
from hbmcp.workflows.executors.checking import check
from hbmcp.workflows.executors.config import Config
from hbmcp.workflows.executors.crossing import crossing
from hbmcp.workflows.executors.defaults import saved_defaults
from hbmcp.workflows.executors.existing import existing
from hbmcp.workflows.executors.hindrances import hindrances
from hbmcp.workflows.executors.levels import plan
from hbmcp.workflows.executors.offsets import has_offsets, worked_out
from hbmcp.workflows.executors.planned import Market, Plan
from hbmcp.workflows.executors.surroundings import Place, market, middle, place, places
from hbmcp.workflows.trading.rules import Rule


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
