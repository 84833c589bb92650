"""Whether clients must show an access token."""

import logging
from collections.abc import Sequence

from hbmcp.errors import SettingsError, StoreError
from hbmcp.identity import Identity
from hbmcp.settings import Settings

CREATE = "Make one with `hbmcp token create NAME`, with the same settings."

logger = logging.getLogger(__name__)


async def token_demanded(each: Sequence[Settings], *, reached_from_elsewhere: bool) -> bool:
    """Whether they must, at a server of installations with these settings: beyond this machine always, and everywhere
    from the first token on that was made. Raises SettingsError where they must, and there is none that could open
    anything."""
    from hbmcp.access.tokens import EveryTokens
    from hbmcp.store.place import Place

    told, *_ = each
    beyond = reached_from_elsewhere or not told.called_from_here
    kept = [one for one in each if Place.of(one, Identity.of(one)).exists]
    ever = left = False
    if kept:
        tokens = EveryTokens.of(kept)
        try:
            ever, left = await tokens.any(), await tokens.any_left()
        except StoreError as error:
            logger.warning("Every client is asked for an access token, for which there are can't be known: %s", error)
            return True
        finally:
            await tokens.aclose()
    if told.oauth_issuer is not None:
        return True
    if left or not (beyond or ever):
        return ever
    if beyond:
        raise SettingsError(
            "This server would be reached from elsewhere than this machine, and whoever reaches it could use its "
            "tools: it has no access tokens.",
            "It doesn't start.",
            f"{CREATE} Or let only this machine in: --host 127.0.0.1, and no HBMCP_HTTP_ALLOWED_HOSTS or _ORIGINS.",
        )
    raise SettingsError("All access tokens are revoked, so nobody could come in.", "It doesn't start.", CREATE)
