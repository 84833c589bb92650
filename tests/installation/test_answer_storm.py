"""A sample of tests/slow/test_answer_storm.py: at each request of a promised tool one of the odd answers."""

from itertools import product
from pathlib import Path

import pytest

from tests.answer_storm import ASKING_NOTHING, CASES, ODD, PROMISED, storm
from tests.paper.assistant import ALL
from tests.sampling import sampled

pytestmark = pytest.mark.anyio

NAMES = list(ODD)


@pytest.mark.parametrize("name", sampled(PROMISED, 4))
async def test_no_answer_breaks_it(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = PROMISED.index(name)
    wrong = await storm(
        CASES[name], tmp_path, caplog, lambda number: [(NAMES[(5 * number + 11 * first) % len(NAMES)], False)]
    )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "odd"),
    sampled(product(["place_order", "close_position"], ["data [null]", "html", "cut"]), 4),
)
async def test_what_was_sent_is_not_lost_whatever_comes_next(
    name: str, odd: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every answer is odd from the one to the order, or the one after it, on."""
    wrong = await storm(CASES[name], tmp_path, caplog, lambda _: [(odd, True)])
    assert not wrong, "\n".join(wrong)


async def test_fields_of_an_exchange_s_keys_that_are_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wrong = await storm(CASES["connect_exchange"], tmp_path, caplog, lambda _: [("data null", False)])
    assert not wrong, "\n".join(wrong)


def test_every_workflow_that_asks_the_api_has_a_case() -> None:
    workflows = {tool.name for tool in ALL.catalog.tools.values() if tool.is_workflow and not tool.service}
    assert workflows - ASKING_NOTHING == CASES.keys() & workflows
    assert not ASKING_NOTHING & CASES.keys()
