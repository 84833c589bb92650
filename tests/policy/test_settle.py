"""hbmcp policy settle: what was never answered counts until a person who looked says what became of it."""

import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from hbmcp import times
from hbmcp.store.records import State
from tests.conftest import connected, hbmcp
from tests.faulty_api import FaultyApi
from tests.policy.planning import ROW
from tests.store.opening import store
from tests.terminal import Terminal

pytestmark = pytest.mark.anyio

UNKNOWN = evolve(ROW, time=times.now(), state="unknown", opened=Decimal(1234))


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of our own")
async def test_a_person_says_what_became_of_each(api: FaultyApi, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.sqlite"
    kept = store(url, api_url=api.url)
    states: dict[str, State] = {"done": "unknown", "undone": "unknown", "later": "unknown"}
    states |= {"under way": "reserved", "sent": "sent"}
    rows = [evolve(UNKNOWN, words=words, state=state) for words, state in states.items()]
    await kept.reserve(rows, 0, lambda _: None)
    with Terminal("policy", "settle", env=connected(api.url, HBMCP_STATE_URL=url), cwd=tmp_path) as person:
        person.type(r"\[later\]", "perhaps")
        person.type(r"\[later\]", "yes")
        person.type(r"\[later\]", "n")
        person.type(r"\[later\]", "")
        assert person.end() == 0
    assert "place_order: done; counts 1,234 USDT." in person.screen
    assert "under way" not in person.screen
    assert [(row.words, row.state) for row in await kept.granted(0)] == [
        ("done", "sent"),
        ("later", "unknown"),
        ("under way", "reserved"),
        ("sent", "sent"),
    ]
    await kept.aclose()
    lines = [json.loads(one) for one in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(one["event"], one.get("tool"), one.get("outcome")) for one in lines] == [
        ("begin", "policy settle", None),
        ("end", None, "done"),
    ] * 2
    assert [one["arguments"]["done"] for one in lines[::2]] == ["yes", "no"]
    assert lines[0]["caller"] == "person"
    assert lines[0]["arguments"]["was"] == "done"
    assert hbmcp("audit", "verify", env=connected(api.url, HBMCP_STATE_URL=url), cwd=tmp_path).returncode == 0


def test_only_a_person_says_it(api: FaultyApi, tmp_path: Path) -> None:
    done = hbmcp("policy", "settle", env=connected(api.url), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "asks a person, at a terminal" in done.stderr
