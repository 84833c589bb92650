"""The part that is shown, taken apart into its tables and the JSON around them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hbmcp.results.cells import compact
from hbmcp.results.paths import Json, Way
from hbmcp.results.result_spec import ResultSpec
from hbmcp.results.tables import Table, like_rows, table


def blocks(shown: Json, spec: ResultSpec) -> tuple[str, list[Table]]:
    """What isn't a table as JSON, or "", and the tables of an object or list."""
    if isinstance(shown, list):
        return ("", [table((), shown, spec)]) if like_rows(shown) else (compact(shown), [])
    tables: list[tuple[Way, list[Any]]] = []
    rest = _without_tables(shown, (), tables)
    tables = [(way, rows) for way, rows in tables if ".".join(way) not in spec.omit]
    if rest and not tables and spec.columns:
        rest = {key: rest[key] for key in spec.columns if key in rest} or rest
    rest = {key: value for key, value in rest.items() if key not in spec.omit}
    return compact(rest) if rest or not tables else "", [table(way, rows, spec) for way, rows in tables]


def rows_in(shown: Json, omit: Collection[str] = ()) -> dict[Way, int]:
    """How many rows its tables have, by the ways to them."""
    tables: list[tuple[Way, list[Any]]] = []
    if isinstance(shown, dict):
        _without_tables(shown, (), tables)
    elif isinstance(shown, list) and like_rows(shown):
        tables.append(((), shown))
    return {way: len(rows) for way, rows in tables if ".".join(way) not in omit}


def join(head: str, tables: Sequence[Table]) -> str:
    """The text of the blocks."""
    return "\n".join([*([head] if head else []), *map(str, tables)])


def _without_tables(value: Mapping[str, Json], way: Way, tables: list[tuple[Way, list[Any]]]) -> dict[str, Json]:
    """An object without its lists of rows, at any depth; those are added to `tables`."""
    rest: dict[str, Json] = {}
    for key, inner in value.items():
        if isinstance(inner, list) and like_rows(inner):
            tables.append(((*way, key), inner))
        elif isinstance(inner, dict) and inner:
            before = len(tables)
            left = _without_tables(inner, (*way, key), tables)
            if left or len(tables) == before:
                rest[key] = left
        else:
            rest[key] = inner
    return rest
