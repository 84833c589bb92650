"""Have a person type an exchange's API keys, which no model sees."""

from hbmcp.errors import Refused
from hbmcp.installation.installation import Installation
from hbmcp.installation.keys.fields import key_fields
from hbmcp.results.answer import Answer
from hbmcp.text import named


async def connect_exchange(
    installation: Installation, *, connector_name: str, account_name: str = "master_account"
) -> Answer:
    """Where the person types them, once they were sent there. It changes nothing by itself: what is typed is a call of
    its own. Raises Refused for an exchange or account that isn't there, and where there can be no such place, with the
    command that does the same at a terminal and what the exchange wants."""
    fields, _ = await key_fields(installation, account_name, connector_name)
    try:
        return Answer(await installation.type_keys(connector_name, account_name))
    except Refused as refused:
        wants = ", ".join(named(one.name) for one in fields if one.required)
        happened = f"{refused.happened} {named(connector_name)} wants {wants}."
        raise type(refused)(happened, refused.undone, refused.advice) from None
