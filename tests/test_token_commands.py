"""hbmcp token: what it makes, lists and ends, and what it refuses."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import environment, hbmcp
from tests.server.http.clients import made, on_paper, revoked


def test_it_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    token = made("desk", "--toolsets", "trading,market_data", "--read-only", env=env, cwd=tmp_path)
    assert len(token) == len("hbmcp_") + 43
    assert all(token.encode() not in file.read_bytes() for file in tmp_path.glob("state.sqlite*"))
    listed = hbmcp("token", "list", env=env, cwd=tmp_path).stdout
    assert "desk" in listed
    assert "market_data" in listed
    assert token not in listed
    with sqlite3.connect(tmp_path / "state.sqlite") as database:
        ((digest,),) = database.execute("SELECT digest FROM hbmcp_tokens").fetchall()
    assert digest not in listed


def test_a_name_is_one_token_s_until_it_is_revoked(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    first = made("desk", env=env, cwd=tmp_path)
    again = hbmcp("token", "create", "desk", env=env, cwd=tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "There is a token named desk already" in again.stderr
    revoked("desk", env, tmp_path)
    assert hbmcp("token", "revoke", "desk", env=env, cwd=tmp_path).returncode == 2
    second = made("desk", env=env, cwd=tmp_path)
    assert second != first
    exported = hbmcp("audit", "export", env=env, cwd=tmp_path).stdout
    assert not any(token in exported for token in (first, second))
    lines = json.loads(exported)
    done = [(lines[at]["tool"], lines[at + 1]["outcome"]) for at in range(0, len(lines), 2)]
    assert done == [
        ("token create", "done"),
        ("token create", "failed"),
        ("token revoke", "done"),
        ("token revoke", "failed"),
        ("token create", "done"),
    ]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["a b"], "A token's name is 1 to 40 letters, digits, dots, dashes and underscores. No token was made. Choose"),
        (["x" * 41], "A token's name is"),
        (["desk", "--toolsets", "tradin"], "There is no toolset tradin; did you mean trading?"),
        (["desk", "--profile", "small"], "The policy has no profile small."),
    ],
)
def test_what_does_not_exist_is_refused(flags: list[str], told: str, tmp_path: Path) -> None:
    done = hbmcp("token", "create", *flags, env=on_paper(tmp_path), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_paper_exchange_in_memory_keeps_none(tmp_path: Path) -> None:
    env = environment(HBMCP_PAPER="true", HBMCP_PAPER_DB=":memory:")
    done = hbmcp("token", "create", "desk", env=env, cwd=tmp_path)
    assert done.returncode == 2
    assert "HBMCP_PAPER_DB" in done.stderr
