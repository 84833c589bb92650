"""Each test that takes `url` runs twice: on a new SQLite file, and on a new PostgreSQL database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hbmcp.store import rows
from tests.store.postgresql_cluster import Cluster, cluster

ALIKE = ("test_triggers.py", "test_confirmations.py", "test_store.py")  # what they ask, each database does alike


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PostgreSQL is asked each fourth of those in `make test`, and the others in the storm."""
    asked = [
        one
        for one in items
        if isinstance(one, pytest.Function) and one.path.name in ALIKE and one.path.parent == Path(__file__).parent
        if hasattr(one, "callspec") and one.callspec.params.get("url") == "postgresql"
    ]
    for number, one in enumerate(asked):
        if number % 4:
            one.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster() as started:
        yield started


@pytest.fixture(autouse=True)
def _not_pruned_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PRUNED_ONCE_IN", float("inf"))


@pytest.fixture(autouse=True, scope="module")
def _ready_stores() -> None:
    """None is: how they are made is tested here."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The HBMCP_STATE_URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite'}"
    started: Cluster = request.getfixturevalue("postgresql")
    return started.database()
