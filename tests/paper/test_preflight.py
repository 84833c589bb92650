"""What is told of a paper exchange before anything is asked of it."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hbmcp.errors import SettingsError
from hbmcp.paper.exchange.database import MIGRATIONS, Store
from hbmcp.paper.preflight import preflight
from hbmcp.paper.start import close, open_paper
from hbmcp.settings import Settings
from tests.conftest import environment, hbmcp
from tests.stdio_server import StdioServer


def paper(file: Path | str, **chosen: Any) -> Settings:
    return Settings.model_construct(paper=True, paper_db=str(file), **chosen)


def balance(text: str) -> Any:
    return Settings.model_validate({"HBMCP_PAPER_BALANCE": text}).paper_balance


def test_of_a_new_one_there_is_nothing_to_say_and_nothing_is_made(tmp_path: Path) -> None:
    assert preflight(paper(tmp_path / "new" / "paper.sqlite", paper_balance=balance("USDT=5"))) == []
    assert preflight(paper(":memory:", paper_balance=balance("USDT=5"))) == []
    assert list(tmp_path.iterdir()) == []


def test_a_balance_for_one_that_exists_is_told_to_be_ignored(tmp_path: Path) -> None:
    file = tmp_path / "paper.sqlite"
    close(open_paper(paper(file)))
    assert preflight(paper(file)) == []
    (remark,) = preflight(paper(file, paper_balance=balance("USDT=5")))
    assert "HBMCP_PAPER_BALANCE (--paper-balance) is ignored" in remark
    assert str(file) in remark
    assert "--paper-reset" in remark
    assert preflight(paper(file, paper_balance=balance("USDT=5"), paper_reset=True)) == []


def test_a_balance_that_no_exchange_takes_keeps_it_from_starting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no paper exchange takes NOPE"):
        preflight(paper(":memory:", paper_balance=balance("NOPE=5")))
    done = hbmcp("serve", "--paper-db", ":memory:", "--paper-balance", "NOPE=5", env=environment(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no paper exchange takes NOPE" in done.stderr


def unusable(name: str, folder: Path) -> Path:
    """A file that is no paper exchange, or can't become one."""
    file = folder / "paper.sqlite"
    if name == "text":
        file.write_text("Dear diary, " * 1000)
    elif name == "folder":
        file.mkdir()
    elif name == "under a file":
        (folder / "letters").write_text("x")
        file = folder / "letters" / "paper.sqlite"
    else:
        db = sqlite3.connect(file)
        db.execute("CREATE TABLE recipes (name TEXT)")
        if name == "newer":
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        db.close()
    return file


@pytest.mark.parametrize("name", ["text", "folder", "under a file", "something else", "newer"])
def test_a_file_that_cannot_be_used_is_told(name: str, tmp_path: Path) -> None:
    file = unusable(name, tmp_path)
    (remark,) = preflight(paper(file))
    assert str(file) in remark
    assert "Nothing was changed." in remark
    assert "every call will fail" in remark


def test_it_is_told_by_a_server_before_the_first_call(tmp_path: Path) -> None:
    file = unusable("text", tmp_path)
    with StdioServer("--paper-db", str(file), env=environment(), cwd=tmp_path) as server:
        server.tools()
    assert any("WARNING" in line and str(file) in line for line in server.log)


def test_an_exchange_in_use_by_another_process_is_told_of_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "paper.sqlite"
    close(open_paper(paper(file)))
    other = Store.open(file)
    with other.transaction():
        assert preflight(paper(file)) == []
    other.close()


def test_it_loads_nothing_of_the_exchange(tmp_path: Path) -> None:
    code = (
        "import json, sys; from hbmcp import settings; from hbmcp.cli import opening; "
        "opening.warn(settings.load()); heavy = ('numpy', 'httpx', 'starlette', 'attr', 'rich', 'sqlalchemy'); "
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_its_files_are_for_nobody_else_to_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        paper_exchange = open_paper(paper(tmp_path / "data" / "paper.sqlite"))
        with StdioServer(
            "--paper-db",
            str(tmp_path / "data" / "paper.sqlite"),
            "--toolsets",
            "scripts",
            env=environment(),
            cwd=tmp_path,
        ) as server:
            server.call("save_script_code", script_name="mine", content="secret = 1")
        modes = {
            str(one.relative_to(tmp_path)): oct(one.stat().st_mode)[-3:]
            for one in (tmp_path / "data", *(tmp_path / "data").iterdir(), *(tmp_path / "data").rglob("mine.py"))
        }
        close(paper_exchange)
    finally:
        os.umask(before)
    assert modes == {
        "data": "700",
        "data/paper.sqlite": "600",
        "data/paper.sqlite-wal": "600",
        "data/paper.sqlite-shm": "600",
        "data/paper.files": "700",
        "data/paper.files/scripts/mine.py": "600",
    }


def test_no_two_share_a_folder_or_lose_it_to_the_reset_of_another(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("x.sqlite", "x.db", "x", "x.db.sqlite", "x.sqlite.db")]
    folders = {}
    for file in files:
        exchange = open_paper(paper(file))
        folders[file] = exchange.folder
        close(exchange)
        (exchange.folder / "mine.py").write_text(file.name)
    assert len(set(folders.values())) == len(files)
    assert folders[files[0]].name == "x.files"
    close(open_paper(paper(files[1], paper_reset=True)))
    left = {file.name for file, folder in folders.items() if (folder / "mine.py").exists()}
    assert left == {file.name for file in files} - {"x.db"}


def test_what_one_had_in_a_shared_folder_stays_its_own(tmp_path: Path) -> None:
    file, shared = tmp_path / "x.db", tmp_path / "x.files"
    exchange = open_paper(paper(file))
    close(exchange)
    exchange.folder.rename(shared)
    (shared / "mine.py").write_text("kept")
    exchange = open_paper(paper(file))
    close(exchange)
    assert exchange.folder != shared
    assert [(one / "mine.py").read_text() for one in (exchange.folder, shared)] == ["kept", "kept"]
    close(open_paper(paper(file, paper_reset=True)))
    assert not (exchange.folder / "mine.py").exists()
