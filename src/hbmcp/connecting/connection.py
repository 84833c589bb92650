"""An exchange's keys: what must be typed is looked up, and what was typed is sent."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.bridge import Bridge
from hbmcp.caller import Caller
from hbmcp.catalog import Catalog, Offer
from hbmcp.errors import CallError
from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation
from hbmcp.installation.keys.fields import KeyField, key_fields
from hbmcp.policy.gate import WOULD_BE_REFUSED
from hbmcp.settings import Settings
from hbmcp.text import named

LOOKS = ("list_accounts", "get_connectors", "get_credential_fields", "get_connected_exchanges")
SENDS = "add_credential"


def offer(settings: Settings) -> Offer:
    """What it takes. Who excluded add_credential kept it from models, and not from a person; read-only keeps it from
    both. Raises UnknownTool there."""
    found = Catalog.load().choose(tools=(*LOOKS, SENDS), read_only=settings.read_only)
    found.find(SENDS)
    return found


@frozen
class Connection:
    """An account that is to get keys of an exchange, and the fields of those. `replaces`: it has some already."""

    exchange: str
    account: str
    fields: tuple[KeyField, ...]
    replaces: bool

    @classmethod
    async def look(cls, bridge: Bridge, exchange: str, account: str) -> "Connection":
        """Raises CallError, where the policy would refuse the keys as well: nobody types them for nothing."""
        fields, connected = await key_fields(_installation(bridge), account, exchange)
        outcome = await bridge.call(SENDS, _arguments(exchange, account, {}) | {"preview": True})
        _, refused, why = outcome.text.partition(WOULD_BE_REFUSED)
        if refused or outcome.is_error:
            raise CallError(why.strip() or outcome.text, "Nothing was typed or sent.")
        return cls(exchange, account, tuple(fields), connected)

    async def send(self, bridge: Bridge, keys: Mapping[str, Any]) -> None:
        """Send the keys, and look whether they are there. Raises CallError."""
        outcome = await bridge.call(SENDS, _arguments(self.exchange, self.account, keys))
        if outcome.is_error:
            raise CallError(outcome.text)
        try:
            found = await connections(_installation(bridge), self.account)
            found.raise_unread()
        except CallError as error:
            raise self._unseen(f"whether they are there couldn't be read: {error.happened}") from None
        if self.exchange not in found.by_account[self.account]:
            raise self._unseen(
                f"it doesn't list {named(self.exchange)} among what {named(self.account)} is connected to."
            )

    def _unseen(self, why: str) -> CallError:
        return CallError(
            f"The API took the keys, but {why}",
            advice="`hbmcp call get_accounts` shows what is connected; so does the API's log why it isn't.",
        )


def _arguments(exchange: str, account: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    return {"account_name": account, "connector_name": exchange, "credentials": dict(keys)}


def _installation(bridge: Bridge) -> Installation:
    return bridge.installation(Caller("hbmcp connect", "accounts", frozenset(LOOKS), "person"))
