"""Access tokens of our own: made once, kept as hashes, looked up in the store that all servers share."""

import asyncio
import hmac
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from secrets import token_urlsafe
from typing import Self

from hbmcp.access.holder import ISSUED, OURS, Holder, Rights
from hbmcp.errors import StoreError
from hbmcp.identity import Identity
from hbmcp.redaction import ACCESS_TOKEN
from hbmcp.settings import Settings
from hbmcp.store import TO_REDUCE, Store, TokenRow
from hbmcp.times import ticking

FRESH = 0.25  # seconds for which what the store said is believed: so long at most a revoked token opens anything
KNOWN_FOR = 600.0  # seconds for which it is while the store doesn't answer: what reduces must go on, and nothing adds
TO_OPEN = 15.0  # seconds for the first look, which may have to bring the store up to date
TRIED_AGAIN_AFTER = 5.0  # seconds after it didn't

logger = logging.getLogger(__name__)


def new_token() -> str:
    """256 bits that nobody can guess; so a plain hash of them is as good as a slow one."""
    return f"hbmcp_{token_urlsafe(32)}"


def digest(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()


def key_of(row: TokenRow) -> str:
    """Its Holder's."""
    return f"{OURS}{row.digest[:32]}"


async def standing(keys: Collection[str], store: Store) -> set[str]:
    """Those of these keys of Holders of which what they showed isn't revoked; an issuer's tokens end by themselves, and
    what waits for an approval ends with them. Raises StoreError."""
    issued = {key for key in keys if key.startswith(ISSUED)}
    if issued == set(keys):
        return issued
    return issued | ({key_of(row) for row in await store.tokens() if row.revoked is None} & set(keys))


async def stands(key: str, store: Store) -> bool:
    """Whether what a Holder of this key showed isn't revoked. Raises StoreError."""
    return bool(await standing((key,), store))


class Tokens:
    """Those of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: list[TokenRow] = []
        self._looked: float | None = None  # when the store was asked for these
        self._failed: float | None = None
        self._turn = asyncio.Lock()

    async def aclose(self) -> None:
        """Let go of the store."""
        await self._store.aclose()

    async def any(self) -> bool:
        """Whether there ever was one, revoked or not. Raises StoreError."""
        await self.look()
        return bool(self._rows)

    async def any_left(self) -> bool:
        """Whether there is one that isn't revoked. Raises StoreError."""
        await self.look()
        return any(row.revoked is None for row in self._rows)

    def valid(self, shown: str) -> TokenRow | None:
        """The one of this digest, unless it is revoked."""
        found = None
        for row in self._rows:  # each of them, so that how long it takes tells nothing
            if hmac.compare_digest(row.digest, shown) and row.revoked is None:
                found = row
        return found

    @property
    def fresh(self) -> bool:
        """Whether what the store said is believed."""
        return self._looked is not None and self._looked > ticking() - FRESH

    async def look(self) -> None:
        """Know what the store says now; one question serves all who came before it was asked. Raises StoreError."""
        came = ticking()
        async with self._turn:
            if self._looked is not None and self._looked > came - FRESH:
                return
            began = ticking()
            if self._failed is None or began > self._failed + TRIED_AGAIN_AFTER:
                try:
                    async with asyncio.timeout(TO_OPEN if self._looked is None else TO_REDUCE):
                        self._rows = await self._store.tokens()
                except (StoreError, TimeoutError) as error:
                    self._failed = ticking()
                    if self._looked is not None:
                        logger.warning("The store doesn't answer, so access tokens are as it had them: %s", error)
                else:
                    self._looked, self._failed = began, None
                    return
            if self._looked is None or began > self._looked + KNOWN_FOR:
                raise StoreError(
                    "Access tokens can't be looked up, for hbmcp's store doesn't answer.",
                    "Nothing was done.",
                    "A person can see in hbmcp's log why.",
                )


class EveryTokens:
    """Those of several installations, by the names of these: who shows one may use each that has it. The only one has
    no name."""

    def __init__(self, each: Mapping[str, Tokens]) -> None:
        self._each = each

    @classmethod
    def of(cls, each: Sequence[Settings]) -> Self:
        """Those of installations with these settings."""
        stores = [Store.open(told, Identity.of(told)) for told in each]
        names = [told.name for told in each] if len(each) > 1 else [""]
        return cls({name: Tokens(store) for name, store in zip(names, stores, strict=True)})

    async def aclose(self) -> None:
        """Let go of the stores."""
        await asyncio.gather(*(one.aclose() for one in self._each.values()))

    async def any(self) -> bool:
        """As of one."""
        return any([await one.any() for one in self._each.values()])

    async def any_left(self) -> bool:
        """As of one."""
        return any([await one.any_left() for one in self._each.values()])

    async def holder(self, token: str) -> Holder | None:
        """Who holds a token, as it was shown; None for what is none, or revoked. Raises StoreError where that can't be
        known."""
        if not re.fullmatch(ACCESS_TOKEN, token):
            return None
        if old := [one for one in self._each.values() if not one.fresh]:
            await asyncio.gather(*(one.look() for one in old))
        shown = digest(token)
        found = {name: row for name, one in self._each.items() if (row := one.valid(shown)) is not None}
        if not found:
            return None
        row = next(iter(found.values()))
        rights = Rights.to(row.toolsets, read_only=row.read_only, profile=row.profile)
        return Holder(row.name, key_of(row), rights, installations=frozenset(found))
