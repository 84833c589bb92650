"""hbmcp audit, as a person types it."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from hbmcp.policy.audit.log import Log
from tests.conftest import connected, environment, hbmcp
from tests.faulty_api import FaultyApi, Reply
from tests.terminal import Terminal

pytestmark = pytest.mark.slow


@pytest.fixture
def env(api: FaultyApi, tmp_path: Path) -> dict[str, str]:
    """Two accounts were added, of which the API refused one."""
    state = f"sqlite:///{tmp_path / 'state.sqlite'}"
    env = connected(api.url, HBMCP_STATE_URL=state, COLUMNS="400")
    api.then(Reply.json({"message": "=1+1"}), Reply.json({"detail": "No [bold]such[/bold] account"}, 400))
    for name in ("[red]one", "two"):
        hbmcp("call", "add_account", f"account_name={name}", env=env, cwd=tmp_path)
    hbmcp("call", "set_leverage", env=env, cwd=tmp_path)
    return env


def test_show_has_a_row_a_call(env: dict[str, str], tmp_path: Path) -> None:
    shown = hbmcp("audit", "show", env=env, cwd=tmp_path).stdout
    assert "[red]one" in shown
    assert "No [bold]such[/bold]" in shown
    assert "not sent: bad_arguments" in shown
    refused = hbmcp("audit", "show", "--refused", env=env, cwd=tmp_path).stdout
    assert "bad_arguments" in refused
    assert "add_account" not in refused
    assert "set_leverage" not in hbmcp("audit", "show", "--tool", "add_account", env=env, cwd=tmp_path).stdout
    assert "add_account" not in hbmcp("audit", "show", "--since", "2090-01-01", env=env, cwd=tmp_path).stdout
    assert "The latest 1 of 3" in hbmcp("audit", "show", "--last", "1", env=env, cwd=tmp_path).stdout
    assert hbmcp("audit", "show", "--since", "soon", env=env, cwd=tmp_path).returncode == 2


def test_show_says_who_said_yes_and_which_way_on_a_narrow_terminal(tmp_path: Path) -> None:
    confirmed = {"question": "12ab", "way": "terminal", "by": "alice at desk"}
    order = {"words": "BUY 0.01 BTC-USDT LIMIT at 50000 on binance, account master_account"}
    said = {"caller": "client", "client": "an agent", "token": "desk", "tool": "place_order", "plan": [order]}
    log = Log(tmp_path / "paper-audit.jsonl")
    log.prepare()
    for one in (
        {"event": "asked", "call": "a", **said, "question": "12ab", "way": "terminal", "outcome": "asked"},
        {"event": "begin", "call": "b", **said, "confirmed": confirmed},
        {"event": "end", "call": "b", "sent": [{"id": "paper-1"}], "outcome": "done"},
        {"event": "begin", "call": "c", **said, "confirmed": {**confirmed, "way": "relied"}},
        {"event": "refused", "call": "d", "caller": "client", "tool": "close_position", "text": "No."}
        | {"arguments": {"account_name": "x\x1b[2J" * 50}, "outcome": "declined"}
        | {"confirmed": {**confirmed, "way": "client", "by": "tests"}},
    ):
        log.append({"time": "2026-11-30T14:31:04.000Z", **one})
    env = environment(HBMCP_PAPER="true", HBMCP_PAPER_DB=str(tmp_path / "paper.sqlite"), COLUMNS="80")
    env["HBMCP_STATE_URL"] = f"sqlite:///{tmp_path / 'state.sqlite'}"
    words = "  BUY 0.01 BTC-USDT LIMIT at 50000 on binance, account master_account\n"
    by = '  by client "an agent", token desk\n'
    shown = hbmcp("audit", "show", env=env, cwd=tmp_path).stdout
    assert f"Z place_order: asked\n{words}{by}  a person is asked, terminal: question 12ab\n" in shown
    asked = '  approved by "alice at desk", with the passphrase at a terminal: question 12ab\n'
    assert f"Z place_order: done\n{words}  paper-1\n{by}{asked}" in shown
    assert f"{by}  nobody was asked: the client's own approval was relied on\n" in shown
    assert "Z close_position: not sent: declined\n  account_name=" in shown
    assert shown.endswith("  No.\n  by client\n  answered by tests, as the client says: question 12ab\n")
    with Terminal("audit", "show", env=env, cwd=tmp_path) as person:
        assert person.end() == 0
    lines = person.screen.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 5 * 6 + 6
    assert "\x1b[2J" not in person.screen


def test_export_loses_nothing(env: dict[str, str], tmp_path: Path) -> None:
    kept = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    exported = json.loads(hbmcp("audit", "export", env=env, cwd=tmp_path).stdout)
    assert exported == [{name: value for name, value in one.items() if name != "hash"} for one in kept]
    table = list(csv.DictReader(StringIO(hbmcp("audit", "export", "--format", "csv", env=env, cwd=tmp_path).stdout)))
    assert [row["event"] for row in table] == ["begin", "end", "begin", "end", "refused"]
    assert [row["outcome"] for row in table] == ["", "done", "", "refused", "bad_arguments"]
    assert json.loads(table[0]["arguments"]) == {"account_name": "[red]one"}


def test_verify_says_where_it_is_broken_and_exits_with_1(env: dict[str, str], tmp_path: Path) -> None:
    done = hbmcp("audit", "verify", env=env, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"The audit log {tmp_path / 'audit.jsonl'} is intact: 5 lines.\n")
    file = tmp_path / "audit.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"two"', b'"six"'))
    done = hbmcp("audit", "verify", env=env, cwd=tmp_path)
    assert done.returncode == 1
    assert "audit.jsonl, line 3 was changed" in done.stdout
    assert "NOT intact" in done.stdout
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert "Its end was cut" in hbmcp("audit", "verify", env=env, cwd=tmp_path).stdout
    file.unlink()
    done = hbmcp("audit", "verify", env=env, cwd=tmp_path)
    assert (done.returncode, "is gone" in done.stdout) == (1, True)


def test_without_a_store_nothing_is_said_to_be_intact(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"not a database" * 100)
    for one in ("-wal", "-shm"):
        (tmp_path / f"state.sqlite{one}").unlink(missing_ok=True)
    done = hbmcp("audit", "verify", env=env, cwd=tmp_path)
    assert done.returncode == 1
    assert "can't be checked" in done.stderr


def test_a_paper_exchange_in_memory_has_none(tmp_path: Path) -> None:
    env = environment(HBMCP_PAPER="true", HBMCP_PAPER_DB=":memory:")
    for command in (("audit", "verify"), ("halt", "--yes")):
        done = hbmcp(*command, env=env, cwd=tmp_path)
        assert done.returncode == 2, done
        assert "paper exchange in memory" in done.stderr
