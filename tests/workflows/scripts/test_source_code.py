"""The source of scripts and controllers: all of it can be read, and what is saved is the author's alone."""

from typing import Any

import pytest

from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

LONG = "".join(f"x{number} = '{'y' * 60}'\n" for number in range(1200))  # more than two answers hold
KINDS = [
    ("script", {"script_name": "mine"}),
    ("controller", {"controller_type": "generic", "controller_name": "mine"}),
]


@pytest.fixture
def talk(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda: assistant(api, monkeypatch)


def code(text: str) -> str:
    """What stands between the marks."""
    return text.split("\n", 1)[1].rpartition("\nEND OF OUTSIDE TEXT")[0]


@pytest.mark.parametrize(("kind", "where"), KINDS)
async def test_a_long_source_is_read_in_parts_that_make_all_of_it(talk: Any, kind: str, where: dict[str, str]) -> None:
    async with talk() as ask:
        await ask.good(f"save_{kind}_code", **where, content=LONG)
        parts, offset = [], 1
        while offset:
            text = await ask.good(f"get_{kind}_code", **where, offset=offset)
            parts.append(code(text))
            offset = int(text.rpartition("offset=")[2].rstrip(".") or 0) if "offset=" in text else 0
    assert len(parts) > 2
    assert "".join(parts) == LONG


async def test_some_lines_can_be_asked_for_and_none_that_are_not_there(talk: Any) -> None:
    async with talk() as ask:
        await ask.good("save_script_code", script_name="mine", content="a = 1\nb = 2\nc = 3\n")
        text = await ask.good("get_script_code", script_name="mine", offset=2, lines=1)
        assert code(text) == "b = 2\n"
        assert "Lines 2 to 2 of 3. For more: offset=3." in text
        assert "has 3 lines" in await ask.bad("get_script_code", script_name="mine", offset=4)


@pytest.mark.parametrize(("kind", "where"), KINDS)
async def test_what_was_copied_with_our_marks_is_not_saved(talk: Any, kind: str, where: dict[str, str]) -> None:
    async with talk() as ask:
        await ask.good(f"save_{kind}_code", **where, content="a = 1\n")
        shown = await ask.good(f"get_{kind}_code", **where)
        for copied in (
            shown,
            f"a = 1\n{'b' * 9}…(+31000 characters)",
            "a = 1\n\nLines 1 to 1 of 9. For more: offset=2.",
        ):
            said = await ask.bad(f"save_{kind}_code", **where, content=copied)
            assert "Nothing was saved" in said
            assert "offset" in said
        assert code(await ask.good(f"get_{kind}_code", **where)) == "a = 1\n"
