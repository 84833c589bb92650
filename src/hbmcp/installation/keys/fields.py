"""What an exchange wants for a connection: its own key fields, as the API names them."""

from typing import Self

from attrs import frozen

from hbmcp.did_you_mean import suggestion
from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import Fields, array, boolean, mapping, record, text
from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation
from hbmcp.text import named
from hbmcp_tools import accounts
from hummingbot_api.request import Json

BOOLEANS = {"true": True, "false": False}


@frozen
class KeyField:
    """`choices` are all that a field takes which is no secret; a field without them takes any text, and is one."""

    name: str
    required: bool
    choices: tuple[str, ...] = ()
    is_boolean: bool = False

    @classmethod
    def of(cls, name: str, told: Json) -> Self:
        """As the API tells it. Raises UnexpectedShape."""
        fields = Fields(told)
        is_boolean = fields.known("type", text) == "bool"
        return cls(
            name,
            fields.known("required", boolean) is not False,
            tuple(BOOLEANS) if is_boolean else tuple(fields.known("allowed_values", array(text)) or ()),
            is_boolean,
        )

    def meant(self, chosen: str) -> str | bool:
        """A choice as the API takes it."""
        return BOOLEANS[chosen] if self.is_boolean else chosen


async def key_fields(installation: Installation, account_name: str, connector_name: str) -> tuple[list[KeyField], bool]:
    """What must be given to connect an account to an exchange, and whether it is connected already.

    The caller uses list_accounts, get_connectors, get_credential_fields and get_connected_exchanges. Raises Refused
    where there is no such account or exchange, and where the exchange takes no keys.
    """
    known = await installation.read(array(text), accounts.get_connectors)
    if connector_name not in known:
        near = suggestion(connector_name, known) or "."
        on_paper = installation.identity.on_paper
        raise Refused(
            f"The {'paper exchange' if on_paper else 'API'} knows no exchange {named(connector_name)}{near}",
            "Nothing was sent.",
            f"It has only these: {', '.join(known)}. Keys are for a real Hummingbot API."
            if on_paper
            else "get_connectors lists all that it knows.",
        )
    found = await connections(installation, account_name)
    found.raise_unread()
    told = await installation.read(mapping(record), accounts.get_credential_fields, connector_name=connector_name)
    if not told:
        raise Refused(f"{named(connector_name)} takes no keys.", "Nothing was sent.")
    fields = [KeyField.of(name, one) for name, one in told.items()]
    return fields, connector_name in found.by_account[account_name]
