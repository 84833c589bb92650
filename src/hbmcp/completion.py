"""What completes a word that a person types: their accounts, exchanges, pairs and controllers, as far as they
may read them, and as what they have said already narrows them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from itertools import chain
from typing import Any

from hbmcp.bridge import Bridge
from hbmcp.errors import CallError
from hbmcp.installation.answer_fields import array, mapping, record, text, under
from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation, together
from hbmcp.redaction import call_under_way, redacted
from hbmcp.text import NAMED, visible
from hbmcp.times import ticking
from hbmcp_tools import accounts, controllers, dex, trading

MOST = 100  # values, as the protocol has it
PATIENCE = 4.0  # seconds for which a person waits who types
HOLDS = 60.0  # seconds for which an answer is believed: each letter that is typed asks again
KEPT = 50
EXCHANGES = 3  # of which pairs are looked up, where none is named

Names = list[str]

logger = logging.getLogger(__name__)


class Completion:
    """Completes for all clients of one installation."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[float, Names]] = {}

    async def names(self, bridge: Bridge, argument: str, given: Mapping[str, str]) -> Names:
        """All values that an argument can have, beside others that are `given`; none where they can't be read soon."""
        try:
            async with asyncio.timeout(PATIENCE):
                with call_under_way():
                    found = await self._found(bridge, argument, given)
        except (CallError, TimeoutError) as error:
            logger.debug("%s isn't completed: %s", argument, error)
            return []
        return [one for one in found if len(one) <= NAMED and redacted(visible(one)) == one and one.isprintable()]

    async def _found(self, bridge: Bridge, argument: str, given: Mapping[str, str]) -> Names:
        match argument:
            case "account_name":
                return await self._accounts(bridge, given.get("connector_name", ""))
            case "connector_name":
                return await self._exchanges(bridge, given.get("account_name", ""))
            case "trading_pair" if on := given.get("connector"):
                return await self._read(bridge, "list_clmm_pools", ("pools", on), partial(_pairs_of_pools, on))
            case "trading_pair":
                return await self._pairs(bridge, given.get("account_name", ""), given.get("connector_name", ""))
            case "controller_name":
                return await self._read(bridge, "list_controllers", (argument,), _controllers)
        return []

    async def _accounts(self, bridge: Bridge, connector: str) -> Names:
        if not connector:
            return await self._read(bridge, "get_accounts", ("accounts",), _every_account)
        return await self._read(bridge, "get_accounts", ("accounts", connector), partial(_connected_to, connector))

    async def _exchanges(self, bridge: Bridge, account: str) -> Names:
        """Those that are connected, and then all others."""
        own = self._read(bridge, "get_accounts", ("connected", account), partial(_connected, account))
        return _joined(await together([own, self._read(bridge, "get_connectors", ("connectors",), _every_connector)]))

    async def _pairs(self, bridge: Bridge, account: str, connector: str) -> Names:
        connectors = [connector] if connector else (await self._exchanges(bridge, account))[:EXCHANGES]
        return _joined(
            await together(
                [self._read(bridge, "get_trading_rules", ("pairs", one), partial(_pairs_of, one)) for one in connectors]
            )
        )

    async def _read(
        self, bridge: Bridge, tool: str, what: tuple[str, ...], read: Callable[[Installation], Awaitable[Names]]
    ) -> Names:
        """What is read as a tool reads it, or was a moment ago. Raises CallError, also where the tool isn't offered."""
        installation = bridge.reading(tool)
        when, found = self._known.get(what, (0.0, []))
        if not found or ticking() > when + HOLDS:
            found = await read(installation)
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[what] = (ticking(), found)
        return found


def matching(names: Names, typed: str) -> Names:
    """Those that begin with what was typed, and then those that hold it, in whatever letter case."""
    typed = typed.casefold()
    begin = [one for one in names if one.casefold().startswith(typed)]
    return [*begin, *(one for one in names if typed in one.casefold() and not one.casefold().startswith(typed))]


async def _every_account(installation: Installation) -> Names:
    return await installation.read(array(text), accounts.list_accounts)


async def _connected_to(connector: str, installation: Installation) -> Names:
    return list((await connections(installation, connector_name=connector)).by_account)


async def _connected(account: str, installation: Installation) -> Names:
    return _joined((await connections(installation, account or None)).by_account.values())


async def _every_connector(installation: Installation) -> Names:
    return await installation.read(array(text), accounts.get_connectors)


async def _pairs_of(connector: str, installation: Installation) -> Names:
    return list(await installation.read(record, trading.get_trading_rules, connector_name=connector))


async def _pairs_of_pools(connector: Any, installation: Installation) -> Names:
    """Of the pools whose tokens are verified."""
    pair = under("trading_pair", text)
    return _joined([await installation.read(under("pools", array(pair)), dex.list_clmm_pools, connector=connector)])


async def _controllers(installation: Installation) -> Names:
    return _joined((await installation.read(mapping(array(text)), controllers.list_controllers)).values())


def _joined(several: Iterable[Names | CallError]) -> Names:
    """Each once; what couldn't be read is left out."""
    return list(dict.fromkeys(chain.from_iterable(one for one in several if not isinstance(one, CallError))))
