"""A list of objects as a table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hbmcp.results.cells import ABSENT, NESTED, NUMBERS, key, name
from hbmcp.results.columns import carried, column, flattened
from hbmcp.results.paths import Json, Way, get, split
from hbmcp.results.result_spec import ResultSpec

_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")  # as the API writes amounts in strings
_SPARSE_END = re.compile(r"(?<=.)(?: -)+\Z")


@dataclass(slots=True)
class Table:
    """A table as lines; `rows` may be fewer than `total` after a cut."""

    name: str
    constants: list[str]
    header: str
    rows: list[str]
    total: int

    def __str__(self) -> str:
        count = f"{len(self.rows)} of {self.total}" if len(self.rows) < self.total else f"{self.total}"
        title = f"# {self.name}: {count} row" if self.name else f"# {count} row"
        title += "" if self.total == 1 else "s"
        if self.constants:
            title += f", in every row: {' '.join(self.constants)}"
        return "\n".join([title, self.header, *self.rows])


def like_rows(value: list[Json]) -> bool:
    """Whether a list can be the rows of a table."""
    return bool(value) and all(isinstance(row, dict) and row for row in value)


def table(way: Way, rows: list[Mapping[str, Json]], spec: ResultSpec) -> Table:
    """The table of the rows that stand at the end of a way."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    varying: list[tuple[str, list[str]]] = []
    constant: list[tuple[str, list[str]]] = []
    for at in _chosen(keys, rows, spec):
        raw = [row.get(at[0]) for row in rows] if len(at) == 1 else [get(row, at) for row in rows]
        for inner, values in flattened(at, raw):
            if ".".join(inner) not in spec.omit:
                mark, cells = column(inner[-1], values)
                said_once = len(rows) > 1 and _is_constant(cells) and not _is_weighty(values[0])
                (constant if said_once else varying).append((name(inner) + mark, cells))
    if not varying:  # something must make the rows, be it nothing but nulls
        varying, constant = constant[:1] or [(key(keys[0]), [ABSENT] * len(rows))], constant[1:]
    if not spec.columns:
        varying.sort(key=lambda column: absent if (absent := column[1].count(ABSENT)) > len(rows) / 4 else 0)
    headers = [header for header, _ in varying]
    body = carried(headers, [cells for _, cells in varying])
    lines = [_SPARSE_END.sub("", line) for line in map(" ".join, zip(*body, strict=True))]
    said = [f"{header}={cells[0]}" for header, cells in constant]
    return Table(name(way), said, " ".join(headers), lines, len(rows))


def _chosen(keys: list[str], rows: list[Mapping[str, Json]], spec: ResultSpec) -> list[Way]:
    """The ways to the columns: those of the curation after the levels of `unnest`, or all where it names none."""
    ways: list[Way] = [(key,) for key in keys]
    if spec.columns:
        named = [way for way in map(split, spec.columns) if any(get(row, way) is not None for row in rows)]
        levels = [(level,) for level in spec.unnest if level in keys and level not in spec.columns]
        ways = [*levels, *named] if named else ways
    return [way for way in ways if ".".join(way) not in spec.omit]


def _is_constant(cells: list[str]) -> bool:
    return cells[0] != ABSENT and cells.count(cells[0]) == len(cells)


def _is_weighty(value: Json) -> bool:
    """Whether a value is an object or list with numbers in it, amounts perhaps, that a title would hide."""
    return isinstance(value, NESTED) and _has_number(value)


def _has_number(value: Json) -> bool:
    if isinstance(value, dict):
        return any(map(_has_number, value.values()))
    if isinstance(value, list):
        return any(map(_has_number, value))
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, NUMBERS) and not isinstance(value, bool)
