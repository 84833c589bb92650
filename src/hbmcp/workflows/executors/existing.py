"""The position that is open where an executor is to trade, and what the executor does to it."""

from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.workflows import Installation
from hbmcp.workflows.executors.config import Config
from hbmcp.workflows.executors.planned import Side, sign_of
from hbmcp.workflows.executors.surroundings import Place
from hbmcp.workflows.trading.position import Position, opposite
from hbmcp.workflows.trading.positions import is_perpetual, listed_positions
from hbmcp_tools import trading

MODES = {"ONEWAY": "one-way mode", "HEDGE": "hedge mode"}


async def existing(installation: Installation, account_name: str, place: Place, config: Config, side: Side) -> str:
    """A sentence for each position of the pair, "" where there is none. The workflow uses list_positions and
    get_position_mode. Raises nothing: what can't be read is said."""
    if not is_perpetual(place.connector):
        return ""
    try:
        listed = await listed_positions(installation, account_name, place.connector)
        found = [one for one in listed if one.pair == place.pair]
        mode = await _mode(installation, account_name, place.connector) if found else ""
    except CallError as error:
        return f"Whether a position of {place.pair} is open couldn't be read: {error}"
    closes = config.get("position_action") == "CLOSE"
    return " ".join(told(one, mode, side, Decimal(config.get("leverage")), closes=closes) for one in found)


async def _mode(installation: Installation, account_name: str, connector_name: str) -> str:
    """ONEWAY or HEDGE."""
    answer = await installation.ask(trading.get_position_mode, account_name=account_name, connector_name=connector_name)
    return str(answer["position_mode"])


def told(position: Position, mode: str, side: Side, leverage: Decimal, *, closes: bool = False) -> str:
    """ "You hold SHORT 5 ETH-USDT at leverage 20 in one-way mode: its buys reduce it first; leverage is the
    pair's, so 5 may come to hold for it too." `closes`: whether its orders only reduce."""
    own = "buys" if side == "BUY" else "sells"
    opposed = position.direction != sign_of(side)
    if closes:
        target = "only reduce it" if opposed else f"are to close a {opposite(position.side)}, not it"
        effect = f"its {own} {target}"
    elif mode == "HEDGE":
        effect = "it stays beside what this executor trades" if opposed else f"its {own} add to it"
    else:
        effect = f"its {own} reduce it first" if opposed else f"its {own} add to it"
    held = f"{position.side} {position.amount:f} {position.pair}"
    at = "" if position.leverage is None else f" at leverage {position.leverage:f}"
    shared = f"; leverage is the pair's, so {leverage:f} may come to hold for it too"
    changed = "" if position.leverage == leverage else shared
    return f"You hold {held}{at} in {MODES.get(mode, mode)}: {effect}{changed}."
