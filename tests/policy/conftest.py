"""The store's databases, for what is kept in them; and a world in which every tool gets to its request."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.policy.every_tool import World, world
from tests.store.conftest import postgresql, url

__all__ = ["postgresql", "there", "url"]


@pytest.fixture
async def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with world(tmp_path, monkeypatch) as found:
        yield found
