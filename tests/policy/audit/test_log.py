"""The file of the audit: its chain, its writers, and a disk that doesn't play along."""

import json
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.policy.audit import locking
from hbmcp.policy.audit.chain import START, read, sealed
from hbmcp.policy.audit.locking import locked
from hbmcp.policy.audit.log import BLOCK, Log
from hbmcp.policy.audit.verify import verify
from tests import forked
from tests.conftest import environment

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text().filter(lambda name: name not in ("seq", "previous")), VALUES))
def test_a_line_says_what_it_was_given_and_nothing_else_has_its_hash(record: dict[str, object]) -> None:
    line, link = sealed(record, START)
    found = read(line)
    assert found is not None
    assert found.link == link
    assert found.record == {"seq": 1, **record, "previous": START.hash}
    assert line.count(b"\n") == 1


@given(st.data())
def test_no_byte_of_a_line_can_be_another(data: st.DataObject) -> None:
    line, _ = sealed({"event": "begin", "tool": "place_order", "text": "BUY 0.1"}, START)
    place = data.draw(st.integers(0, len(line) - 2))
    other = data.draw(st.binary(min_size=1, max_size=1).filter(lambda one: one not in (line[place : place + 1], b"\n")))
    assert read(line[:place] + other + line[place + 1 :]) is None


def filled(folder: Path, lines: int = 12, largest: int = 16_000_000, tool: str = "add_account") -> Log:
    log = Log(folder / "audit.jsonl", largest)
    log.prepare()
    for number in range(lines):
        log.append({"event": "begin", "call": f"{number // 2}", "tool": tool, "number": number})
        if number % 2:
            log.append({"event": "end", "call": f"{number // 2}"})
    return log


def test_what_is_there_is_intact_and_read_by_nobody_else(tmp_path: Path) -> None:
    log = filled(tmp_path / "new")
    assert verify(log, log.end).broken == ()
    assert verify(log, log.end).remarks == ()
    for file in (tmp_path / "new").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_large_file_is_put_aside_and_the_chain_goes_on(tmp_path: Path) -> None:
    log = filled(tmp_path, 60, largest=2_000)
    assert len(log.files) > 3
    assert all(one.stat().st_size <= 2_000 for one in log.files)
    assert verify(log, log.end).broken == ()
    assert verify(log, log.end).lines == 90
    second = log.files[1]
    with second.open("rb") as opened:
        first_line = read(opened.readline())
    last_before = read(log.files[0].read_bytes().splitlines()[-1])
    assert first_line is not None
    assert last_before is not None
    assert first_line.previous == last_before.link.hash
    second.unlink()
    assert "are gone" in verify(log, log.end).broken[0]


def test_lines_longer_than_a_block_are_read_backwards(tmp_path: Path) -> None:
    log = Log(tmp_path / "audit.jsonl")
    log.prepare()
    for size in (1, BLOCK - 150, BLOCK, 3 * BLOCK, 5):
        log.append({"event": "refused", "text": "x" * size})
    assert [len(str(one.record["text"])) for one in log.newest_first()] == [5, 3 * BLOCK, BLOCK, BLOCK - 150, 1]
    assert verify(log, log.end).broken == ()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda lines: lines[:0], "is gone"),
        (lambda lines: lines[:-1], "Its end was cut: it ends with number 17, and the store knows of number 18"),
        (lambda lines: lines[5:], "the numbers 1 to 5 are gone"),
        (lambda lines: lines[:7] + lines[8:], "the numbers 8 to 8 are gone"),
        (
            lambda lines: [*lines[:7], lines[7].replace(b"add_account", b"add_accouns"), *lines[8:]],
            "line 8 was changed",
        ),
        (lambda lines: [*lines[:7], sealed({"event": "x"}, read(lines[6]).link)[0], *lines[8:]], "changed, or put in"),
        (lambda lines: [*lines[:-1], lines[-1].replace(b"end", b"and")], "line 18, the last, was changed"),
        (lambda lines: [*lines[:7], lines[8], lines[7], *lines[9:]], "gone"),
    ],
)
def test_what_was_done_to_it_is_told(damage: object, told: str, tmp_path: Path) -> None:
    log = filled(tmp_path)
    head = log.end
    damaged = damage(log.file.read_bytes().splitlines(keepends=True))  # type: ignore[operator]
    if damaged:
        log.file.write_bytes(b"".join(damaged))
    else:
        log.file.unlink()
    assert told in " ".join(verify(log, head).broken)


def test_one_who_seals_all_anew_is_found_by_what_the_store_knows(tmp_path: Path) -> None:
    log = filled(tmp_path)
    head = log.end
    log.file.unlink()
    forged = filled(tmp_path, 14, tool="place_order")
    assert "was written anew: number 18" in verify(forged, head).broken[0]


def test_a_line_that_was_cut_short_is_no_damage(tmp_path: Path) -> None:
    """Its writer was killed in the middle of it; nothing was sent for it."""
    log = filled(tmp_path)
    with log.file.open("ab") as opened:
        opened.write(b'{"seq":19,"event":"beg')
    assert verify(log, log.end).broken == ()
    assert "line 19, the last, was cut short" in verify(log, log.end).remarks[0]
    log.append({"event": "refused"})
    assert verify(log, log.end).broken == ()
    assert "line 19 was cut short" in verify(log, log.end).remarks[0]


@pytest.mark.parametrize("knows", [True, False])
@pytest.mark.parametrize(
    ("change", "cut"),
    [
        (lambda line: line.replace(b"end", b"and"), False),
        (lambda line: line.replace(b"end", b"and").rstrip(), False),
        (lambda _: b"{}\n", False),
        (lambda line: line[:-5] + b"\n", False),  # who is killed writes no end
        (lambda _: b"nothing", False),
        (lambda line: line[:-5], True),
        (lambda line: line[:1], True),
    ],
)
def test_a_last_line_that_was_changed_is_not_taken_for_one_that_was_cut(
    change: Callable[[bytes], bytes], cut: bool, knows: bool, tmp_path: Path
) -> None:
    """Where the store doesn't know of it yet."""
    log = filled(tmp_path)
    *lines, last = log.file.read_bytes().splitlines(keepends=True)
    log.file.write_bytes(b"".join((*lines, change(last))))
    report = verify(log, read(lines[-1]).link if knows else None)  # type: ignore[union-attr]
    told = " ".join(report.remarks if cut else report.broken)
    assert f"line 18, the last, was {'cut short' if cut else 'changed'}" in told
    assert cut == (report.broken == ())


def test_a_whole_line_between_two_that_follow_each_other_was_put_in(tmp_path: Path) -> None:
    log = filled(tmp_path)
    lines = log.file.read_bytes().splitlines(keepends=True)
    log.file.write_bytes(b"".join((*lines[:7], b'{"event":"x"}\n', *lines[7:])))
    assert "line 8 was put in" in verify(log, log.end).broken[0]


def test_a_call_without_an_end_is_told_as_that(tmp_path: Path) -> None:
    log = filled(tmp_path, 3)
    report = verify(log, log.end)
    assert report.broken == ()
    assert report.remarks[0].startswith("1 of its calls began and have no end (under way, or their process died): ")


WRITE = """
import sys
from pathlib import Path
from hbmcp.policy.audit.log import Log
log = Log(Path(sys.argv[1]), largest=20_000)
log.prepare()
for number in range(int(sys.argv[3])):
    log.append({"event": "begin", "call": f"{sys.argv[2]}-{number}"})
    log.append({"event": "end", "call": f"{sys.argv[2]}-{number}"})
"""


@pytest.mark.parametrize("calls", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_several_processes_write_one_chain(tmp_path: Path, calls: int) -> None:
    file = tmp_path / "audit.jsonl"
    commands = [[sys.executable, "-c", WRITE, str(file), name, str(calls)] for name in ("a", "b")]
    writers = [forked.Popen(command, env=environment()) for command in commands]
    assert [one.wait(timeout=300) for one in writers] == [0, 0]
    log = Log(file)
    report = verify(log, log.end)
    assert report.lines == 4 * calls
    assert (report.broken, report.remarks) == ((), ())


def test_a_process_that_holds_the_file_keeps_nobody_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(tmp_path)
    monkeypatch.setattr(locking, "PATIENCE", 0.05)
    with locked(tmp_path / "audit.lock"), pytest.raises(TimeoutError, match="another process"):
        log.append({"event": "begin"})


def test_who_waits_for_the_file_has_it_before_one_that_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, came, waits = tmp_path / "audit.lock", [], Event()

    def sleep(seconds: float) -> None:
        waits.set()
        time.sleep(seconds)

    def come() -> None:
        with locked(file):
            came.append("who waited")

    monkeypatch.setattr(locking, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    waiting = Thread(target=come)
    with locked(file):
        waiting.start()
        assert waits.wait(60)
    with locked(file):
        came.append("who was here")
    waiting.join(60)
    assert came == ["who waited", "who was here"]


FULL = """
import resource, sys
from pathlib import Path
from hbmcp.policy.audit.log import Log
log = Log(Path(sys.argv[1]))
log.prepare()
log.append({"event": "refused"})
size = log.file.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))
try:
    log.append({"event": "begin", "call": "x", "text": "x" * 1000})
except OSError as error:
    print(error.strerror)
assert log.file.stat().st_size == size

print(len(log.spare.lines))
"""


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    done = forked.run(
        [sys.executable, "-c", FULL, str(file)], env=environment(), capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "File too large\n0\n"
    log = Log(file)
    assert verify(log, log.end).broken == ()


def test_what_had_no_room_is_kept_aside_and_comes_in_later(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    size = log.spare.file.stat().st_size
    for event in ("begin", "end"):
        log.spare.keep(json.dumps({"event": event, "call": "late"}).encode() + b"\n")
    assert log.spare.file.stat().st_size == size  # on a full disk there is no more
    assert "2 lines are still kept aside" in " ".join(verify(log, log.end).remarks)
    log.append({"event": "refused"})
    report = verify(log, log.end)
    assert (report.broken, report.lines, log.spare.lines) == ((), 6, [])
    assert [one.record["event"] for one in log.newest_first()][:3] == ["late", "late", "refused"]


def test_the_spare_file_takes_no_more_than_it_has(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    for _ in range(65):
        log.spare.keep(b"x" * 1000 + b"\n")
    with pytest.raises(OSError, match="is full"):
        log.spare.keep(b"x" * 1000 + b"\n")
    assert len(log.spare.lines) == 65


def test_where_nobody_else_wrote_the_end_isnt_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, other = filled(tmp_path), Log(tmp_path / "audit.jsonl")
    other.append({"event": "note"})
    log.append({"event": "note"})
    with monkeypatch.context() as patch:
        patch.setattr(Log, "end", property(lambda _: pytest.fail("it was read")))
        log.append({"event": "note"})
    assert (verify(log, log.end).lines, verify(log, log.end).broken) == (21, ())
