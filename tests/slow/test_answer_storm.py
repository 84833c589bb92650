"""Every request of every workflow under every odd answer: some minutes."""

from pathlib import Path

import pytest

from tests.answer_storm import CASES, ODD, storm

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("name", CASES)
async def test_no_answer_breaks_it(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither where one operation answers so from then on, nor where all of them do."""
    faults = [*((odd, False) for odd in ODD), *((odd, True) for odd in ("cut", "html", "[]", "data [null]"))]
    wrong = await storm(CASES[name], tmp_path, caplog, lambda _: faults)
    assert not wrong, "\n".join(wrong)
