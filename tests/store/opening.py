"""Stores for tests, whatever the environment says."""

from decimal import Decimal
from typing import Any, cast

from attrs import evolve
from pydantic import SecretStr

from hbmcp.identity import Identity
from hbmcp.settings import Settings
from hbmcp.store import SentOrder, Store

ORDER = SentOrder("master", "binance", "BTC-USDT", "BUY", "LIMIT", Decimal("0.10"), Decimal("45000.00"), None, 1_000)


def store(url: str | None = None, **chosen: Any) -> Store:
    """A store of the real API at the usual address, or as the settings say."""
    given = {"state_url": SecretStr(url) if url else None, "api_username": "trader", **chosen}
    settings = Settings.model_construct(**given)
    return Store.open(settings, Identity.of(settings))


def order(time: int = 1_000, **other: Any) -> SentOrder:
    return evolve(ORDER, time=time, **other)


def failing_store(error: Exception) -> Store:
    """One of which every question ends in this."""
    return cast(Store, _Failing(error))


class _Failing:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        async def fails(*_: object, **__: object) -> None:
            raise self._error

        return fails

    async def aclose(self) -> None:
        """There is nothing to close."""
