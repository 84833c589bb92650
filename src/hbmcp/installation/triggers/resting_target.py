"""An order that closes and rests at the exchange, beside triggers that close the same position."""

from hbmcp.errors import Refused
from hbmcp.installation.installation import Installation
from hbmcp.installation.positions.position import closed_by
from hbmcp.installation.reduce_only import close_is_reduce_only
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.protected import live_triggers, protecting, protection_words
from hbmcp.installation.triggers.trigger import Protected
from hbmcp.store import SentOrder
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


async def refuse_beside_protection(installation: Installation, order: SentOrder) -> None:
    """Raises Refused for an order that somebody sends now, where it may rest, isn't surely reduce-only, and triggers
    protect what it closes. Where these can't be read, it is let pass: it reduces. Uses get_position_mode."""
    if not installation.by_hand or order.action != "CLOSE" or order.type == "MARKET":
        return
    what = Protected(
        account_name=order.account,
        connector_name=order.connector,
        trading_pair=order.pair,
        side=closed_by(order.side),
    )
    triggers = protecting((await live_triggers(installation))[0], what)
    if triggers and not await close_is_reduce_only(installation, order.account, order.connector):
        raise Refused(
            f"The position is protected by {protection_words(triggers)}. Once that has closed it, this order could "
            f"open the other side: on {named(order.connector)} Hummingbot doesn't surely make what rests reduce-only.",
            "Nothing was sent.",
            "A target that ends with its stop is protect_position's, and close_position closes now; or end what "
            "protects it with cancel_trigger first.",
        )
