"""Every request of every workflow under odd answers, half of them in turn: some minutes."""

from pathlib import Path

import pytest

from tests.answer_storm import CASES, ODD, storm

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("name", CASES)
async def test_no_answer_breaks_it(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither where one operation answers so from then on, nor where all of them do."""

    def faults(number: int) -> list[tuple[str, bool]]:
        half = list(ODD)[number % 2 :: 2]  # in turn, since all of them for each request take twenty minutes
        return [*((odd, False) for odd in half), *((odd, True) for odd in ("html", "data [null]"))]

    wrong = await storm(CASES[name], tmp_path, caplog, faults)
    assert not wrong, "\n".join(wrong)
