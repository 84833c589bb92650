"""Which access tokens are known: our own, and those of the OAuth issuer, if there is one."""

import re
from typing import TYPE_CHECKING

from hbmcp.access.holder import Holder
from hbmcp.redaction import ACCESS_TOKEN
from hbmcp.server.http.entrance import Verify
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.access.tokens import EveryTokens


def verification(settings: Settings, tokens: "EveryTokens") -> Verify:
    """Of a server with these settings."""
    if settings.oauth_issuer is None or settings.oauth_audience is None:
        return tokens.holder
    from hbmcp.access.oauth import Issuer, Verifier

    issued = Verifier(Issuer(settings.oauth_issuer, settings.oauth_audience, settings.oauth_jwks))

    async def either(token: str) -> Holder | None:
        return await (tokens.holder if re.fullmatch(ACCESS_TOKEN, token) else issued.holder)(token)

    return either
