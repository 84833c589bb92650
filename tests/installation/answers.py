"""What the answer of a workflow says: its value, and the sentences under it."""

from typing import Any

from tests.results.reader import read


def value(text: str) -> Any:
    """The object with its tables, or the rows, over the notes; every cell is text."""
    return read(text.split("\n\n", maxsplit=1)[0])


def notes(text: str) -> str:
    return text.partition("\n\n")[2]
