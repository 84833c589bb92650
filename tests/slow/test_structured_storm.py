"""What programs get of every read that hand-written code stands behind, under answers of another shape: a minute or
two."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hbmcp.results.output_schema import output_schema
from tests.answer_storm import CASES, ODD, run, telling
from tests.paper.assistant import ALL

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SHAPES = (
    "[]",
    "string",
    "5",
    "wrong things",
    "nulls",
    "words",
    "sevens",
    "rows empty",
    "objects as lists",
    "lists null",
)
READS = [name for name, case in CASES.items() if ALL.find(case.tool).only_looks]


@pytest.mark.parametrize("name", READS)
async def test_it_fits_its_schema_or_is_an_error(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    schema = output_schema(ALL.find(case.tool))
    assert schema is not None
    clean = await run(case, tmp_path / "clean", structured=True)
    for number in telling(clean.transport.asked):
        for odd in SHAPES:
            outcome = (await run(case, tmp_path / f"{number}-{odd}", number, ODD[odd], structured=True)).outcome
            assert "hbmcp itself failed" not in outcome.text, (number, odd)
            assert outcome.is_error == (outcome.structured is None), (number, odd, outcome.text)
            if outcome.structured is not None:
                Draft202012Validator(schema).validate(outcome.structured)
