"""Which of the lines of Gateway's log are its last errors."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.gateway.log import MOST, RECENT, Line, last_errors, read

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))
LINES = st.builds(Line, MOMENTS, st.sampled_from(["error", "info", "warn"]), st.sampled_from("abcdefgh"))


def written(lines: list[Line]) -> str:
    return "\n".join(f"{line.at:%Y-%m-%d %H:%M:%S} | {line.level} | \t{line.said}" for line in lines)


@given(st.lists(LINES))
def test_lines_are_read_as_they_were_written(lines: list[Line]) -> None:
    assert list(read(f"\u2588 Gateway\n{written(lines)}\n    at x (y.js:1:2)")) == lines


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert len(last_errors(text)) <= MOST


@given(st.lists(LINES).map(lambda lines: sorted(lines, key=lambda line: line.at)))
def test_errors_are_recent_different_and_the_newest(lines: list[Line]) -> None:
    found = last_errors(written(lines))
    assert len({line.said for line in found}) == len(found) <= MOST
    for line in found:
        assert line.level == "error"
        assert line.at >= lines[-1].at - RECENT
    errors = [line for line in lines if line.level == "error" and line.at >= lines[-1].at - RECENT]
    assert bool(found) == bool(errors)
    if errors:
        assert found[-1].said in {line.said for line in errors if line.at == errors[-1].at}


def test_a_date_that_isnt_one_and_colours_are_no_trouble() -> None:
    text = "2026-13-41 99:10:04 | error | x\n\x1b[31m2026-03-01 09:10:04 | error | \ty\x1b[0m"
    assert [line.said for line in last_errors(text)] == ["y"]
