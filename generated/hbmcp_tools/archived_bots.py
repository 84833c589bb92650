"""Archived bots: trades, orders and P&L of bots that were archived.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any

from hummingbot_api.api import archived_bots as archived_bots_api
from hummingbot_api.request import Request


def list_archived_bots() -> Request[list[str]]:
    """Archived bots by db_path.

    GET /archived-bots/, risk: read.
    """
    return archived_bots_api.list_databases()


def get_archived_bot_health(
    *,
    db_path: str,
) -> Request[Any]:
    """Whether an archived bot's database can be read.

    GET /archived-bots/{db_path}/status, risk: read.
    """
    return archived_bots_api.get_database_status(
        db_path=db_path,
    )


def get_archived_bot_summary(
    *,
    db_path: str,
) -> Request[Any]:
    """An archived bot's pairs, exchanges, and number of orders, trades, executors and positions.

    GET /archived-bots/{db_path}/summary, risk: read.
    """
    return archived_bots_api.get_database_summary(
        db_path=db_path,
    )


def get_archived_bot_performance(
    *,
    db_path: str,
) -> Request[Any]:
    """P&L, fees and volume of an archived bot; where it fails, add up list_archived_executors.

    GET /archived-bots/{db_path}/performance, risk: read.
    """
    return archived_bots_api.get_database_performance(
        db_path=db_path,
    )


def list_archived_trades(
    *,
    db_path: str,
    limit: int | None = None,
    offset: int | None = None,
) -> Request[Any]:
    """An archived bot's fills, oldest first.

    GET /archived-bots/{db_path}/trades, risk: read.
    """
    return archived_bots_api.get_database_trades(
        db_path=db_path,
        limit=limit,
        offset=offset,
    )


def list_archived_orders(
    *,
    db_path: str,
    limit: int | None = None,
    offset: int | None = None,
    status: str | None = None,
) -> Request[Any]:
    """An archived bot's orders, oldest first.

    GET /archived-bots/{db_path}/orders, risk: read.

    Args:
        status: e.g. BuyOrderCompleted, OrderCancelled
    """
    return archived_bots_api.get_database_orders(
        db_path=db_path,
        limit=limit,
        offset=offset,
        status=status,
    )


def list_archived_executors(
    *,
    db_path: str,
) -> Request[Any]:
    """An archived bot's executors with P&L and how each closed.

    GET /archived-bots/{db_path}/executors, risk: read.
    """
    return archived_bots_api.get_database_executors(
        db_path=db_path,
    )


def list_archived_positions(
    *,
    db_path: str,
    limit: int | None = None,
    offset: int | None = None,
) -> Request[Any]:
    """Positions that an archived bot's controllers held.

    GET /archived-bots/{db_path}/positions, risk: read.
    """
    return archived_bots_api.get_database_positions(
        db_path=db_path,
        limit=limit,
        offset=offset,
    )


def list_archived_controllers(
    *,
    db_path: str,
) -> Request[Any]:
    """Controllers that an archived bot ran, with their configs.

    GET /archived-bots/{db_path}/controllers, risk: read.
    """
    return archived_bots_api.get_database_controllers(
        db_path=db_path,
    )


def delete_archived_bot(
    *,
    db_path: str,
) -> Request[Any]:
    """Delete an archived bot's whole directory and its run records.

    DELETE /archived-bots/{db_path}, risk: destructive.
    """
    return archived_bots_api.delete_archived_bot(
        db_path=db_path,
    )
