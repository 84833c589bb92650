"""An order that closes and rests at the exchange, beside triggers that close the same position."""

from collections.abc import Iterable

from hbmcp.errors import Refused
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.installation.positions.position import closed_by
from hbmcp.installation.reduce_only import close_is_reduce_only
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.protected import live_triggers, protecting, protection_words
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


async def refuse_beside_protection(installation: Installation, requests: Iterable[PlannedRequest]) -> None:
    """Raises Refused for what somebody sends now that is to CLOSE once it fills, where the exchange isn't surely told
    so, and triggers protect what it closes. Where these can't be read, it is let pass: it reduces. Uses
    get_position_mode."""
    stakes = [one.stake for one in requests if one.closes == "once it fills"]
    if not installation.by_hand or not stakes:
        return
    live, _ = await live_triggers(installation)
    for stake in stakes:
        account, exchange, pair, side = stake.account, stake.exchange, stake.pair, stake.side
        if account is None or exchange is None or pair is None or side is None:
            continue
        what = Protected(account_name=account, connector_name=exchange, trading_pair=pair, side=closed_by(side))
        triggers = protecting(live, what)
        if not triggers or await close_is_reduce_only(installation, account, exchange):
            continue
        raise Refused(
            f"The position is protected by {protection_words(triggers)}. Once that has closed it, this order could "
            f"open the other side: on {named(exchange)} Hummingbot doesn't surely make what rests reduce-only.",
            "Nothing was sent.",
            "A target that ends with its stop is protect_position's, and close_position closes now; or end what "
            "protects it with cancel_trigger first.",
        )
