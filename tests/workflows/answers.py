"""What the answer of a workflow says: its value, exact where a test reckons with it, and the sentences under it."""

import json
from decimal import Decimal
from typing import Any

from tests.results.answer_reader import read


def value(text: str) -> Any:
    """The object with its tables, or the rows, over the notes; every cell is text."""
    return read(text.split("\n\n", maxsplit=1)[0])


def flat(text: str) -> dict[str, Any]:
    """An answer that is one JSON object, its numbers exact."""
    found = json.loads(text.split("\n\n", maxsplit=1)[0], parse_float=Decimal, parse_int=Decimal)
    assert isinstance(found, dict)
    return found


def head(text: str) -> dict[str, Any]:
    """The object in an answer's first line, over tables or notes, its numbers exact."""
    return flat(text.split("\n", maxsplit=1)[0])


def notes(text: str) -> str:
    return text.partition("\n\n")[2]


def numbers(row: dict[str, Any], *names: str) -> tuple[Decimal, ...]:
    """Some cells of a row, exact."""
    return tuple(Decimal(row[name]) for name in names)
