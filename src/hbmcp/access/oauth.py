"""Access tokens of an OAuth 2.1 authorization server: JWTs that it signed, for this server and nobody else.

A scope hbmcp:TOOLSET is for all tools of a toolset, hbmcp:TOOLSET:read for its reads; hbmcp:all is every toolset.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import httpx
import jwt

from hbmcp.access.holder import ISSUED, Holder, Rights
from hbmcp.catalog import PLUGINS, Catalog
from hbmcp.errors import HbmcpError
from hbmcp.settings.address import unencrypted
from hbmcp.text import cut, visible
from hbmcp.times import ticking

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]  # asymmetric
LEEWAY = 30  # seconds that clocks may differ
KEYS_HOLD = 600.0  # seconds for which keys are believed
ASKED_AGAIN_AFTER = 10.0  # seconds after a key wasn't among them, or they couldn't be had
PATIENCE = 5.0
ALL = "all"
NAME = 100  # characters of who holds one, in the audit

_METADATA = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
_SCOPE = re.compile(r"hbmcp:(\w+)(:read)?")

logger = logging.getLogger(__name__)


class Unverifiable(HbmcpError):
    """The issuer's keys can't be had."""

    kind = "unverifiable"


class Issuer(NamedTuple):
    """Who signs, for whom, and where its keys are; None is where its metadata says."""

    address: str
    audience: str
    jwks: str | None = None


class Verifier:
    """Verifies tokens of one issuer."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: Mapping[str | None, jwt.PyJWK] = {}
        self._asked: float | None = None
        self._had: float | None = None
        self._turn = asyncio.Lock()

    async def holder(self, token: str) -> Holder | None:
        """Who holds a token; None where it isn't one for this server. Raises Unverifiable."""
        address = self._issuer.address.rstrip("/")
        try:
            head = jwt.get_unverified_header(token)
            key = await self._key(head.get("kid"))
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._issuer.audience,
                issuer=[address, f"{address}/"],
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
            until = int(claims["exp"]) * 1000
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            logger.debug("A token of an issuer wasn't believed: %s", type(error).__name__)
            return None
        client, subject = (str(claims.get(name) or "") for name in ("client_id", "sub"))
        client = client or str(claims.get("azp") or "")
        who = "@".join(dict.fromkeys(filter(None, (subject, client)))) or "unnamed"
        name = re.sub(r"\s", "_", cut(visible(who), NAME))
        mark = sha256("\n".join((address, client, subject)).encode("utf-8", "surrogatepass")).hexdigest()
        return Holder(name, f"{ISSUED}{mark[:32]}", rights(_scopes(claims)), until)

    async def _key(self, kid: str | None) -> jwt.PyJWK | None:
        """That of this id; without an id the only one. Raises Unverifiable."""
        if not self._old and (found := self._found(kid)) is not None:
            return found  # whoever asks for a key that nobody knows lets no other wait
        async with self._turn:
            now = ticking()
            if (self._old or self._found(kid) is None) and (
                self._asked is None or now > self._asked + ASKED_AGAIN_AFTER
            ):
                self._asked = now
                try:
                    self._keys = await self._ask()
                    self._had = now
                except Exception as error:  # whatever it answers, who shows a known key comes in
                    logger.warning("The keys of the OAuth issuer can't be had: %s: %s", type(error).__name__, error)
            if self._had is None or now > self._had + 6 * KEYS_HOLD:
                raise Unverifiable(
                    "The keys of the OAuth issuer can't be had, so its tokens can't be verified.",
                    "Nothing was done.",
                    "A person can see in hbmcp's log why.",
                )
            return self._found(kid)

    @property
    def _old(self) -> bool:
        return self._had is None or ticking() > self._had + KEYS_HOLD

    def _found(self, kid: str | None) -> jwt.PyJWK | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _ask(self) -> Mapping[str | None, jwt.PyJWK]:
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            address = self._issuer.jwks or await self._where(http)
            if unencrypted(address):
                raise ValueError("their address is http, not https")
            found = jwt.PyJWKSet.from_dict((await http.get(address)).raise_for_status().json())
        return {key.key_id: key for key in found.keys if key.public_key_use in (None, "sig")}

    async def _where(self, http: httpx.AsyncClient) -> str:
        root = httpx.URL(self._issuer.address)
        path = root.path.rstrip("/")
        for known in _METADATA:
            for way in dict.fromkeys((f"{known}{path}", f"{path}{known}")):
                answer = await http.get(root.copy_with(path=way))
                metadata = answer.json() if answer.status_code == 200 else {}
                if "jwks_uri" in metadata:
                    if str(metadata["issuer"]).rstrip("/") != self._issuer.address.rstrip("/"):
                        raise ValueError("its metadata is another issuer's")
                    return str(metadata["jwks_uri"])
        raise ValueError("its metadata doesn't say where they are; name their address with HBMCP_OAUTH_JWKS")


def rights(scopes: Iterable[str]) -> Rights:
    """What these scopes are for; those of others, or of no toolset, are for nothing."""
    acts: set[str] = set()
    reads: set[str] = set()
    for scope in scopes:
        if (found := _SCOPE.fullmatch(scope)) and found[1] in _toolsets():
            (reads if found[2] else acts).add(found[1])
    return Rights(None if ALL in acts else frozenset(acts), None if ALL in reads else frozenset(reads))


@cache
def _toolsets() -> frozenset[str]:
    return frozenset((ALL, PLUGINS, *Catalog.load().toolset_names))


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    said = claims.get("scope", claims.get("scp", ""))
    if isinstance(said, str):
        return said.split()
    return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
