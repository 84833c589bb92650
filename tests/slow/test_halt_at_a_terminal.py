"""A halt and its end, by a person at a terminal, who is asked what is to become of what is open."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import environment, hbmcp
from tests.terminal import Terminal as Typed

pytestmark = pytest.mark.slow


class Terminal:
    """A command at a terminal, which is answered as it asks."""

    def __init__(self, *arguments: str, env: dict[str, str], cwd: Path) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hbmcp", *arguments], env=env, cwd=cwd, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        self.said = ""

    def answer(self, question: str, word: str) -> None:
        self._read_until(question)
        os.write(self._master, f"{word}\n".encode())
        self.said = self.said.partition(question)[2]

    def ended(self) -> int:
        self._read_until(None)
        os.close(self._master)
        return self.process.wait(timeout=60)

    def _read_until(self, text: str | None) -> None:
        deadline = time.monotonic() + 120
        while text is None or text not in self.said:
            assert select.select([self._master], [], [], deadline - time.monotonic())[0], self.said
            try:
                read = os.read(self._master, 4096).decode(errors="replace")
            except OSError:  # the other end is closed
                read = ""
            if not read:
                assert text is None, self.said
                return
            self.said += read


@contextmanager
def at_a_terminal(*arguments: str, env: dict[str, str], cwd: Path) -> Iterator[Terminal]:
    terminal = Terminal(*arguments, env=env, cwd=cwd)
    try:
        yield terminal
    finally:
        terminal.process.kill()
        terminal.process.wait()


def test_at_a_terminal_it_offers_to_end_what_is_open_and_resumes_when_it_is_told(tmp_path: Path) -> None:
    env = environment(
        HBMCP_PAPER="true",
        HBMCP_PAPER_DB=str(tmp_path / "paper.sqlite"),
        HBMCP_TOOLS="all",
        HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
    )
    order = ("trading_pair=BTC-USDT", "side=BUY", "amount=0.01", "price=1000", "order_type=LIMIT")
    placed = hbmcp(
        "call", "place_order", "account_name=master_account", "connector_name=binance", *order, env=env, cwd=tmp_path
    )
    assert placed.returncode == 0, placed
    with at_a_terminal("halt", env=env, cwd=tmp_path) as terminal:
        terminal.answer("until you resume? [Y/n]:", "y")
        terminal.answer("keeping what they hold? [y/N]:", "n")
        terminal.answer("those that protect too? [y/N]:", "y")
        terminal.answer("at the market? [y/N]:", "")
        assert terminal.ended() == 0
    again = hbmcp("call", "get_open_orders", env=env, cwd=tmp_path)
    assert "No open orders" in again.stdout, again
    with at_a_terminal("resume", env=env, cwd=tmp_path) as terminal:
        terminal.answer("Resume? [y/N]:", "n")
        assert terminal.ended() == 1
    assert (tmp_path / "halt").exists()
    with at_a_terminal("resume", env=env, cwd=tmp_path) as terminal:
        terminal.answer("Resume? [y/N]:", "y")
        assert terminal.ended() == 0
    assert not (tmp_path / "halt").exists()


def test_what_protects_is_cancelled_only_for_a_person_who_was_asked(tmp_path: Path) -> None:
    env = environment(
        HBMCP_PAPER="true",
        HBMCP_PAPER_DB=str(tmp_path / "paper.sqlite"),
        HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
    )
    where = ("account_name=master_account", "connector_name=binance_perpetual", "trading_pair=BTC-USDT")

    def called(*arguments: str) -> str:
        done = hbmcp("call", *arguments, env=env, cwd=tmp_path)
        assert done.returncode == 0, done
        return done.stdout

    called("place_order", *where, "side=BUY", "amount=0.01", "order_type=MARKET", "max_value=100000")
    target = ("side=SELL", "amount=0.01", "price=+20%", "position_action=CLOSE")
    (order,) = re.findall(r'"order_id":"([^"]+)"', called("place_order", *where, *target))
    assert hbmcp("halt", "--yes", env=env, cwd=tmp_path).returncode == 0
    cancel = ("call", "cancel_order", f"order_id={order}")
    assert "hbmcp is halted" in hbmcp(*cancel, env=env, cwd=tmp_path).stdout  # nobody is there
    for answer, ends, what in (("", 1, "halted"), ("y", 0, "Cancelled")):
        with at_a_terminal(*cancel, env=env, cwd=tmp_path) as terminal:
            terminal.answer("Send it all the same? [y/N]:", answer)
            assert terminal.ended() == ends
            assert what in terminal.said
    shown = hbmcp("audit", "export", env=env, cwd=tmp_path).stdout
    lines = [one for one in json.loads(shown) if one.get("tool") in ("halt", "cancel_order")]
    told = [(one["caller"], one["event"], one.get("outcome")) for one in lines]
    assert told == [
        ("person", "begin", None),
        *[("terminal", "refused", "halted")] * 3,
        ("person", "begin", None),
    ]
    assert hbmcp("audit", "verify", env=env, cwd=tmp_path).returncode == 0


def test_a_halt_takes_away_no_question_of_the_policy(tmp_path: Path) -> None:
    """Who sends it through the halt at the keyboard types the passphrase all the same, and none waits for the chat."""
    policy = tmp_path / "policy.toml"
    policy.write_text("", encoding="utf-8")
    env = environment(
        HBMCP_PAPER="true",
        HBMCP_PAPER_DB=str(tmp_path / "paper.sqlite"),
        HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
        HBMCP_POLICY=str(policy),
        HBMCP_TELEGRAM_TOKEN="123456789:" + "a" * 35,
        HBMCP_TELEGRAM_CHAT="1",
        HBMCP_TELEGRAM_URL="http://127.0.0.1:9",
    )
    where = ("account_name=master_account", "connector_name=binance_perpetual", "trading_pair=BTC-USDT")
    market = ("side=BUY", "amount=0.01", "order_type=MARKET", "max_value=100000")
    target = ("side=SELL", "amount=0.01", "price=+20%", "position_action=CLOSE")
    assert hbmcp("call", "place_order", *where, *market, env=env, cwd=tmp_path).returncode == 0
    placed = hbmcp("call", "place_order", *where, *target, env=env, cwd=tmp_path)
    (order,) = re.findall(r'"order_id":"([^"]+)"', placed.stdout)
    assert hbmcp("halt", "--yes", env=env, cwd=tmp_path).returncode == 0
    with Typed("approvals", "passphrase", env=env, cwd=tmp_path) as person:
        person.type("New passphrase", "correct horse")
        person.type("Once more", "correct horse")
        assert person.end() == 0
    cancel = ("call", "cancel_order", f"order_id={order}")
    asks = '[[confirm]]\nwhen = "always"\neffects = ["unprotects"]\nask = "{}"\n'
    for way, typed, ends, what in (
        ("telegram", None, 1, "nobody can be"),
        ("terminal", "another", 1, "wasn't typed"),
        ("terminal", "correct horse", 0, "Cancelled"),
    ):
        policy.write_text(asks.format(way), encoding="utf-8")
        with Typed(*cancel, env=env, cwd=tmp_path) as person:
            person.type("Send it all the same", "y")
            if typed is not None:
                person.type("Passphrase", typed)
            assert person.end() == ends, person.screen
        assert what in person.screen
