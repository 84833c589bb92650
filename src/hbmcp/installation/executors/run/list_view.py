"""Executors as a table, a row each."""

from collections.abc import Sequence
from typing import Any

from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.view import state
from hbmcp.text import named

COLUMNS = (
    "executor_id",
    "executor_type",
    "account_name",
    "connector_name",
    "trading_pair",
    "side",
    "status",
    "close_type",
    "net_pnl_quote",
    "net_pnl_percent",
    "fees_quote",
    "filled_quote",
    "created_at",
    "closed_at",
    "controller_id",
    "last_error",
)
_HELD = " POSITION_HOLD: the position was left open, and its gain isn't counted."
_LOST = " SYSTEM_CLEANUP: the API restarted under it, and nothing guards what it had open: get_executor tells what is."


def list_row(executor: Executor) -> dict[str, Any]:
    """With the names and units of get_executor."""
    return {name: value for name, value in state(executor).items() if name in COLUMNS}


def money_note(found: Sequence[Executor]) -> str:
    """In which currency their money is, and what it doesn't count."""
    quotes = sorted({one.quote for one in found if one.quote})
    unit = named(quotes[0]) if len(quotes) == 1 else "the quote currency of each pair"
    held = any(one.close_type == "POSITION_HOLD" for one in found)
    lost = any(one.abandoned for one in found)
    return f"Money is in {unit}, net P&L after fees.{_HELD if held else ''}{_LOST if lost else ''}"
