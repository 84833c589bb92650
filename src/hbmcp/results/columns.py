"""The columns of a table: their headers, their cells, and times as short as they can be."""

from collections.abc import Iterator
from decimal import Decimal

from hbmcp import times
from hbmcp.results.cells import ABSENT, ERRORS, ISO_UTC, NUMBERS, cell, worded
from hbmcp.results.paths import Json, Way

_MARKS = ("(UTC)", "(UTC,s)", "(UTC,ms)")


def flattened(way: Way, values: list[Json]) -> Iterator[tuple[Way, list[Json]]]:
    """A column, or the columns of the objects in it where they all have the same keys; none where all is null."""
    inner = [value for value in values if value is not None]
    if not inner:
        return
    first = inner[0]
    if (
        len(values) > 1
        and isinstance(first, dict)
        and first
        and all(isinstance(value, dict) and value.keys() == first.keys() for value in inner)
    ):
        for key in first:
            yield from flattened((*way, key), [None if value is None else value[key] for value in values])
    else:
        yield way, values


def column(key: str, values: list[Json]) -> tuple[str, list[str]]:
    """The mark of a column, and its cells; times with their dates."""
    if times.means_time(key):
        epochs = list(map(times.epoch, values))
        units = {epoch[1] for epoch in epochs if epoch}
        if len(units) == 1 and all(epoch or _is_number(value) for epoch, value in zip(epochs, values, strict=True)):
            pairs = zip(epochs, values, strict=True)
            return f"(UTC,{units.pop()})", [epoch[0][:-1] if epoch else cell(value) for epoch, value in pairs]
    if all(value is None or (isinstance(value, str) and ISO_UTC.fullmatch(value)) for value in values):
        return "(UTC)", [ABSENT if value is None else value[:19] + _fraction(value) for value in values]
    return "", list(map(cell, map(worded, values) if key in ERRORS else values))


def carried(headers: list[str], columns: list[list[str]]) -> list[list[str]]:
    """The columns, the times shortened to what differs from the time before: in the row, or in the rows above.

    A date is left out only where it is that of the last time, row by row, and of the one right above in its own column:
    it is read alike whichever way the eye goes, and not taken for today's below a cell without a time. So each column
    begins with a date.
    """
    marked = [at for at, header in enumerate(headers) if header.endswith(_MARKS)]
    columns = [list(column) if at in marked else column for at, column in enumerate(columns)]
    date, above = "", dict.fromkeys(marked, "")
    for row in range(len(columns[0]) if marked else 0):
        before = ""
        for at in marked:
            text = columns[at][row]
            if text[10:11] != "T":
                above[at] = ABSENT
                continue
            if text[:17] == before[:17] and text >= before:
                after = Decimal(text[17:]) - Decimal(before[17:])
                columns[at][row] = f"+{after.normalize():f}s"
            elif text[:10] == date == above[at]:
                columns[at][row] = text[11:]
            before, date, above[at] = text, text[:10], text[:10]
    return columns


def _fraction(iso: str) -> str:
    return iso[19:].removesuffix("Z").removesuffix("+00:00")


def _is_number(value: Json) -> bool:
    """Whether a value can stand in a column of epochs without being one: null, or a number such as 0 for never."""
    if isinstance(value, str):
        return value.isdecimal() and value.isascii()
    return value is None or (isinstance(value, NUMBERS) and not isinstance(value, bool))
