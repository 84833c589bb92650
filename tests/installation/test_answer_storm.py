"""A sample of tests/slow/test_answer_storm.py: at each request of a promised tool one of the odd answers."""

from pathlib import Path

import pytest

from tests.answer_storm import CASES, ODD, PROMISED, storm

pytestmark = pytest.mark.anyio

NAMES = list(ODD)


@pytest.mark.parametrize("name", PROMISED)
async def test_no_answer_breaks_it(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = PROMISED.index(name)
    wrong = await storm(
        CASES[name], tmp_path, caplog, lambda number: [(NAMES[(5 * number + 11 * first) % len(NAMES)], False)]
    )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("odd", ["data [null]", "html", "cut"])
@pytest.mark.parametrize("name", ["place_order", "close_position"])
async def test_what_was_sent_is_not_lost_whatever_comes_next(
    name: str, odd: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every answer is odd from the one to the order, or the one after it, on."""
    wrong = await storm(CASES[name], tmp_path, caplog, lambda _: [(odd, True)])
    assert not wrong, "\n".join(wrong)
