"""What hbmcp keeps is for nobody but its owner, whatever the umask is, and however it was left."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from hbmcp.identity import Identity
from hbmcp.paper.api.config_files import Shelf
from hbmcp.paper.exchange.database import Store as Paper
from hbmcp.policy.audit.log import Log
from hbmcp.private_files import private_file, private_folder
from hbmcp.settings import Settings
from hbmcp.store.database import Database
from hbmcp.store.place import Place

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


@pytest.fixture(autouse=True, params=[0o000, 0o002, 0o077], ids="umask {:03o}".format)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:03o}"


def modes(folder: Path) -> dict[str, str]:
    return {str(one.relative_to(folder)): mode(one) for one in sorted(folder.rglob("*"))}


def keep_state(file: Path) -> Callable[[], None]:
    settings = Settings.model_construct(state_url=SecretStr(f"sqlite:///{file}"), api_username="me")
    return Database.open(Place.of(settings, Identity.of(settings))).close


def keep_paper(file: Path) -> Callable[[], None]:
    return Paper.open(file).close


def keep_audit(file: Path) -> None:
    log = Log(file)
    log.prepare()
    log.append({"event": "begin"})


KEPT = pytest.mark.parametrize("keep", [keep_state, keep_paper])


@KEPT
def test_a_database_and_all_that_sqlite_keeps_beside_it(
    keep: Callable[[Path], Callable[[], None]], tmp_path: Path
) -> None:
    done = keep(tmp_path / "share" / "hbmcp" / "x.sqlite")
    found = modes(tmp_path)
    done()
    assert found == {
        "share": "700",
        "share/hbmcp": "700",
        "share/hbmcp/x.sqlite": "600",
        "share/hbmcp/x.sqlite-shm": "600",
        "share/hbmcp/x.sqlite-wal": "600",
    }


@KEPT
def test_what_was_left_open_to_others_is_closed(
    keep: Callable[[Path], Callable[[], None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / name)
    file = tmp_path / "hbmcp" / "x.sqlite"
    file.parent.mkdir()
    with sqlite3.connect(file) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE x (y)")
        other.execute("DROP TABLE x")
    for one in (file.parent, *file.parent.iterdir()):
        one.chmod(0o777)
    done = keep(file)
    found = modes(tmp_path)
    other.close()
    done()
    assert found.pop("hbmcp") == "700"
    assert set(found.values()) == {"600"}
    assert len(found) == 3


def test_the_audit(tmp_path: Path) -> None:
    file = tmp_path / "hbmcp" / "audit.jsonl"
    keep_audit(file)
    assert modes(tmp_path).pop("hbmcp") == "700"
    for one in file.parent.iterdir():
        one.chmod(0o666)
    keep_audit(file)
    assert set(modes(file.parent).values()) == {"600"}
    assert {one.suffix for one in file.parent.iterdir()} == {".jsonl", ".lock", ".next", ".spare"}


def test_the_files_of_the_paper_exchange(tmp_path: Path) -> None:
    folder = tmp_path / "paper.files"
    folder.mkdir()
    folder.chmod(0o755)
    private_folder(folder)
    Shelf(folder / "scripts" / "mine", ".py").write("x", "1")
    assert mode(folder) == "700"
    assert modes(folder) == {"scripts": "700", "scripts/mine": "700", "scripts/mine/x.py": "600"}


def test_a_folder_of_somebody_else_stays_as_it_is_and_one_open_to_all_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for given, told in ((0o755, False), (0o775, False), (0o1777, False), (0o777, True)):
        caplog.clear()
        tmp_path.chmod(given)
        private_file(tmp_path / "x.sqlite")
        assert tmp_path.stat().st_mode & 0o7777 == given
        assert mode(tmp_path / "x.sqlite") == "600"
        assert ("everybody may write" in caplog.text) is told


def test_where_files_have_no_modes_it_is_told_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(0o644)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with caplog.at_level(logging.WARNING):
        private_file(tmp_path / "x")
    assert "can be read by others" in caplog.text
