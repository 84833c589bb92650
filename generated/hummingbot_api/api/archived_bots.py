from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.request import Request


def delete_archived_bot(db_path: str) -> Request[Any]:
    """Delete an archived bot's whole directory and its run records.

    DELETE /archived-bots/{db_path}
    """
    return Request("DELETE", encode.path("/archived-bots/{}", db_path), parse=decode.anything)


def get_database_controllers(db_path: str) -> Request[Any]:
    """Controllers that an archived bot ran, with their configs.

    GET /archived-bots/{db_path}/controllers
    """
    return Request("GET", encode.path("/archived-bots/{}/controllers", db_path), parse=decode.anything)


def get_database_executors(db_path: str) -> Request[Any]:
    """An archived bot's executors with P&L and how each closed.

    GET /archived-bots/{db_path}/executors
    """
    return Request("GET", encode.path("/archived-bots/{}/executors", db_path), parse=decode.anything)


def get_database_orders(
    db_path: str, *, limit: int | None = None, offset: int | None = None, status: str | None = None
) -> Request[Any]:
    """An archived bot's orders, oldest first.

    GET /archived-bots/{db_path}/orders
    """
    return Request(
        "GET",
        encode.path("/archived-bots/{}/orders", db_path),
        query=encode.form({"limit": limit, "offset": offset, "status": status}),
        parse=decode.anything,
    )


def get_database_performance(db_path: str) -> Request[Any]:
    """P&L, fees and volume of an archived bot; where it fails, add up list_archived_executors.

    GET /archived-bots/{db_path}/performance
    """
    return Request("GET", encode.path("/archived-bots/{}/performance", db_path), parse=decode.anything)


def get_database_positions(db_path: str, *, limit: int | None = None, offset: int | None = None) -> Request[Any]:
    """Positions that an archived bot's controllers held.

    GET /archived-bots/{db_path}/positions
    """
    return Request(
        "GET",
        encode.path("/archived-bots/{}/positions", db_path),
        query=encode.form({"limit": limit, "offset": offset}),
        parse=decode.anything,
    )


def get_database_status(db_path: str) -> Request[Any]:
    """Whether an archived bot's database can be read.

    GET /archived-bots/{db_path}/status
    """
    return Request("GET", encode.path("/archived-bots/{}/status", db_path), parse=decode.anything)


def get_database_summary(db_path: str) -> Request[Any]:
    """An archived bot's pairs, exchanges, and number of orders, trades, executors and positions.

    GET /archived-bots/{db_path}/summary
    """
    return Request("GET", encode.path("/archived-bots/{}/summary", db_path), parse=decode.anything)


def get_database_trades(db_path: str, *, limit: int | None = None, offset: int | None = None) -> Request[Any]:
    """An archived bot's fills, oldest first.

    GET /archived-bots/{db_path}/trades
    """
    return Request(
        "GET",
        encode.path("/archived-bots/{}/trades", db_path),
        query=encode.form({"limit": limit, "offset": offset}),
        parse=decode.anything,
    )


def list_databases() -> Request[list[str]]:
    """Archived bots by db_path.

    GET /archived-bots/
    """
    return Request("GET", "/archived-bots/", parse=decode.array(decode.text))
