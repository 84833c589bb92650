"""The state of every part of an installation, asked at once."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from hbmcp.errors import CallError, ReadTimedOut
from hbmcp.installation import status
from hbmcp.installation.answer_fields import anything, array, boolean, record, under
from hbmcp.installation.connections import Connections, connections
from hbmcp.installation.heard_bots import broker_connected, heard_bots
from hbmcp.installation.installation import Installation, together
from hbmcp.results.answer import Answer
from hbmcp_tools import docker, gateway, system

PATIENCE = 10.0  # seconds for a part: one that hangs is part of the answer
FULL = 90  # percent

PAPER = "On the paper exchange there is no broker, bot, Docker or Gateway, and nothing to repair."
NO_BROKER = "Without the broker bots neither show nor obey: a person must start it."
NO_DOCKER = "Without Docker no bot and no Gateway can be started: a person must let the API use it."
SILENT = "Stopped means that no controller reports: a plain script bot shows that even while it trades."
STUCK = "Stuck order books: remove_trading_pair of what has no book, then restart_orderbook."


async def get_status(installation: Installation) -> Answer:
    """API, broker, Docker and Gateway in a word each, machine in percent and GB, bots and connectors as rows.

    Raises CallError where the API itself can't be reached, or accepts no credentials.
    """
    read = installation.read
    parts = (
        _in_time(read(status.api, system.get_api_version)),
        _in_time(broker_connected(installation)),
        _in_time(heard_bots(installation)),
        _in_time(read(boolean, docker.get_docker_status)),
        _in_time(read(under("running", boolean), gateway.get_gateway_status)),
        _in_time(read(under("chains", array(anything)), gateway.list_chains)),
        _in_time(read(record, system.get_system_resources)),
        _connectors(installation),
    )
    found: list[Any] = await together(parts)
    root, broker, listed, docked, container, chains, resources, connected = found
    if isinstance(broker, CallError) and len({type(one) for one in found[1:]}) == 1:  # GET / asks for no credentials
        raise broker
    value = {
        "api": status.unknown(root) if isinstance(root, CallError) else root,
        "broker": status.broker(broker),
        "docker": status.docker(docked),
        "gateway": status.gateway(container, chains),
        **(machine := status.machine(resources)),
        "bots": status.bots(listed, broker),
        "connectors": status.unknown(connected) if isinstance(connected, CallError) else connected or "none",
    }
    return Answer(value, (*_advice(value, installation.identity.on_paper), *_shortage(machine)))


async def _connectors(installation: Installation) -> list[dict[str, Any]]:
    """A row for each exchange of each account. Raises CallError where not even the accounts can be listed."""
    found: Connections = await _in_time(connections(installation))
    books = await together(
        _in_time(
            installation.read(
                status.order_books, system.get_orderbook_diagnostics, connector_name=connector, account_name=account
            )
        )
        for account, connector in found.pairs
    )
    rows: list[dict[str, Any]] = [
        {
            "account_name": account,
            "connector_name": connector,
            "order_books": status.unknown(book) if isinstance(book, CallError) else book,
        }
        for (account, connector), book in zip(found.pairs, books, strict=True)
    ]
    unread = [{"account_name": name, "connector_name": status.unknown(error)} for name, error in found.unread.items()]
    return rows + unread


async def _in_time(part: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            return await part
    except TimeoutError:
        raise ReadTimedOut(f"There was no answer within {PATIENCE:g} s.", "Nothing was changed.") from None


def _advice(value: dict[str, Any], on_paper: bool) -> list[str]:
    if on_paper:
        return [PAPER]
    told = {
        NO_BROKER: value["broker"] == "not connected",
        NO_DOCKER: value["docker"] == "not reached by the API",
        SILENT: "stopped" in _column(value["bots"], "status"),
        STUCK: any(books.startswith("stuck") for books in _column(value["connectors"], "order_books")),
    }
    return [advice for advice, needed in told.items() if needed]


def _column(part: str | list[dict[str, Any]], name: str) -> list[str]:
    return [] if isinstance(part, str) else [str(row.get(name)) for row in part]


def _shortage(machine: dict[str, Any]) -> list[str]:
    return [
        f"The API's {part} is nearly full."
        for part in ("memory", "disk")
        if (machine.get(f"{part}_percent") or 0) > FULL
    ]
