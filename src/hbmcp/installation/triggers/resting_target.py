"""A target that rests at the exchange, beside a stop that is a trigger."""

from hbmcp.errors import Refused
from hbmcp.installation.installation import Installation
from hbmcp.installation.reduce_only import close_is_reduce_only
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.trigger import Protected
from hbmcp.text import named


async def refuse_what_could_open(installation: Installation, what: Protected) -> None:
    """Raises Refused where such a target isn't surely reduce-only. Uses get_position_mode."""
    if not await close_is_reduce_only(installation, what.account_name, what.connector_name):
        raise Refused(
            f"On {named(what.connector_name)} Hummingbot doesn't surely make a target that rests reduce-only: once "
            "the stop has closed the position, it could open the other side.",
            NOTHING_SET,
            "Leave at_exchange out: then the target is a trigger, and ends with the stop.",
        )
