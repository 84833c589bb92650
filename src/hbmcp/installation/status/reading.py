"""What the API answers about every part of an installation, asked at once."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError, ReadTimedOut, UnknownOperation
from hbmcp.installation.answer_fields import anything, array, boolean, record, under
from hbmcp.installation.connections import Connections, connections
from hbmcp.installation.heard_bots import broker_connected, heard_bots
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.status import parts
from hbmcp_tools import docker, gateway, system

PATIENCE = 10.0  # seconds for a part: one that hangs is part of the answer


@frozen
class Answers:
    """What was read of each part, or the CallError that stands for it: whether `broker`, `docker` and Gateway's
    `container` are there, `connectors` as rows."""

    api: str | CallError
    broker: bool | CallError
    bots: Mapping[str, dict[str, Any]] | CallError
    docker: bool | CallError
    container: bool | CallError
    chains: list[Any] | CallError
    machine: Mapping[str, Any] | CallError
    connectors: list[dict[str, Any]] | CallError

    @property
    def summary(self) -> dict[str, Any]:
        """API, broker, Docker and Gateway in a word each, machine in percent and GB, bots and connectors as rows."""
        return {
            "api": parts.unknown(self.api) if isinstance(self.api, CallError) else self.api,
            "broker": parts.broker(self.broker),
            "docker": parts.docker(self.docker),
            "gateway": parts.gateway(self.container, self.chains),
            **parts.machine(self.machine),
            "bots": parts.bots(self.bots, self.broker, self.docker),
            "connectors": parts.connectors(self.connectors),
        }


async def read_parts(installation: Installation) -> Answers:
    """The caller uses get_api_version, get_broker_status, list_bots, get_docker_status, get_gateway_status,
    list_chains, get_system_resources, list_accounts, get_connected_exchanges and get_orderbook_diagnostics.

    Raises CallError where the API itself can't be reached, or accepts no credentials.
    """
    read = installation.read
    questions = (
        _in_time(read(parts.api, system.get_api_version)),
        _in_time(broker_connected(installation)),
        _in_time(heard_bots(installation)),
        _in_time(read(boolean, docker.get_docker_status)),
        _in_time(read(under("running", boolean), gateway.get_gateway_status)),
        _in_time(read(under("chains", array(anything)), gateway.list_chains)),
        _in_time(read(record, system.get_system_resources)),
        _connectors(installation),
    )
    found: list[Any] = await together(questions)
    answers = Answers(*found)
    # GET / asks for no credentials, and what this API hasn't isn't asked: neither proves anything.
    asked = [one for one in found[1:] if not isinstance(one, UnknownOperation)]
    if asked and isinstance(asked[0], CallError) and len({type(one) for one in asked}) == 1:
        raise asked[0]
    return answers


async def _connectors(installation: Installation) -> list[dict[str, Any]]:
    """A row for each exchange of each account. Raises CallError where not even the accounts can be listed."""
    found: Connections = await _in_time(connections(installation))
    books = await together(
        _in_time(
            installation.read(
                parts.order_books, system.get_orderbook_diagnostics, connector_name=connector, account_name=account
            )
        )
        for account, connector in found.pairs
    )
    rows: list[dict[str, Any]] = [
        {
            "account_name": account,
            "connector_name": connector,
            "order_books": parts.unknown(book) if isinstance(book, CallError) else book,
        }
        for (account, connector), book in zip(found.pairs, books, strict=True)
    ]
    unread = [{"account_name": name, "connector_name": parts.unknown(error)} for name, error in found.unread.items()]
    return rows + unread


async def _in_time(part: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            return await part
    except TimeoutError:
        raise ReadTimedOut(f"There was no answer within {PATIENCE:g} s.", "Nothing was changed.") from None
