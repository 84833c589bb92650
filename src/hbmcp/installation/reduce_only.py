"""Which orders can open nothing, whenever they fill.

A perpetual order of action CLOSE is reduce-only at the exchange only where Hummingbot's connector says so there, which
not every one does. What fills at once closes of the position just read; what rests may fill once that is gone, and
then opens the other side.
"""

from hbmcp.errors import CallError
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.positions.position_mode import is_hedge_mode

PATIENCE = 10.0  # seconds for the position mode; without it nothing is sure

# Read from `_place_order` of each hummingbot/connector/derivative/*_perpetual, Hummingbot 2.16.0 (2bfaccc48d). These
# turn CLOSE into the exchange's reduce-only, or its own side for closing, in either mode, and have for as long as the
# connector, or three years. Not: architect, backpack, decibel, derive, dydx_v4, evedex and gate_io, which never do.
SURE = frozenset(
    f"{name}_perpetual"
    for name in (
        "aevo",
        "bitmart",
        "bybit",
        "grvt",
        "hyperliquid",
        "injective_v2",
        "kucoin",
        "lighter",
        "pacifica",
    )
)
# These name the position that an order closes in hedge mode. In one-way mode bitget and okx say nothing, and binance
# only since Hummingbot 2.15.0: the API doesn't tell which one it runs.
SURE_IN_HEDGE_MODE = frozenset(f"{name}_perpetual" for name in ("binance", "bitget", "okx"))


def only_reduces(connector_name: str, side: str | None, action: str | None) -> bool:
    """Whether an order can open nothing, also where it rests: it surely closes of a position, or sells what is held."""
    if not is_perpetual(connector_name):
        return side == "SELL"
    return action == "CLOSE" and _exchange(connector_name) in SURE


async def close_is_reduce_only(installation: Installation, account_name: str, connector_name: str) -> bool:
    """Whether what is to CLOSE surely can't open, however long it rests. Uses get_position_mode. Raises nothing."""
    exchange = _exchange(connector_name)
    if exchange in SURE:
        return True
    if exchange not in SURE_IN_HEDGE_MODE:
        return False
    hedged = await answer_within(is_hedge_mode(installation, account_name, connector_name), PATIENCE)
    return False if isinstance(hedged, CallError) else hedged


def _exchange(connector_name: str) -> str:
    return connector_name.removesuffix("_testnet")
