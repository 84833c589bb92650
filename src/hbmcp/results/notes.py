"""What is said about an answer, in plain English: that it is empty, cut, or only a page."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hbmcp.figures import number
from hbmcp.results.cells import NESTED, key, plain
from hbmcp.results.paths import Json, Way, find, split
from hbmcp.results.result_spec import ResultSpec
from hbmcp.secret_names import names_secret
from hbmcp.text import NAMED, cut, named, visible
from hbmcp.times import epoch, means_time, to_milliseconds, utc


def nothing_in(shown: Json, spec: ResultSpec, arguments: Mapping[str, Any]) -> str:
    """In place of the part that is shown, where it holds nothing; else ""."""
    if shown is None:
        return "The API sent no content."
    if isinstance(shown, NESTED) and not shown:
        return no_rows(spec, arguments)
    if isinstance(shown, str) and not visible(shown):
        return spec.empty or "The API sent an empty text."
    return ""


def remarks(
    spec: ResultSpec,
    arguments: Mapping[str, Any],
    *,
    answer: Json,
    shown: Json,
    holds: bool,
    missing: str,
    rows: int,
    hollow: Sequence[Way],
    page: tuple[int | None, int | None],
) -> list[str]:
    """What is said under an answer: of one that holds something what was cut from it, or that it is only a page, whose
    size is by default and at most that; what levels hold nothing; and what is said of every one."""
    more = was_cut(missing, spec) if missing else full_page(rows, spec, arguments, *page) if holds else ""
    said = [more] if more else []
    if spec.window and holds and isinstance(shown, list):
        said.append(window(shown, arguments, whole=not more))
    if holds and spec.extremes and isinstance(shown, list):
        said += extremes(shown, *spec.extremes)
    if holds and spec.row_note:
        said.append(spec.row_note)
    if hollow:
        said.append(nothing_under(hollow))
    if spec.elsewhere and any(find(answer, split(spec.elsewhere["path"]))):
        said.append(spec.elsewhere["say"])
    if spec.note:
        said.append(spec.note)
    return said


def window(rows: Sequence[Json], arguments: Mapping[str, Any], *, whole: bool) -> str:
    """Which time these rows, newest first, are of, and how far back they go; `whole` if no older one is missing."""
    start, end = (to_milliseconds(arguments.get(name)) for name in ("start_time", "end_time"))
    said = f"Window: {'all' if start is None else utc(start)} until {'now' if end is None else utc(end)}"
    oldest = rows[-1] if isinstance(rows[-1], dict) else {}
    times = (_moment(value) for name, value in oldest.items() if means_time(name))
    if (first := next(filter(None, times), None)) is None:
        return f"{said}."
    return f"{said}; {'the oldest recorded' if whole and start is None else 'the oldest here'} is of {first}."


def extremes(rows: Sequence[Json], high: str, low: str) -> list[str]:
    """The highest of one column of all these rows and the lowest of another; nothing where that isn't in each."""
    highs, lows = _numbers(rows, high), _numbers(rows, low)
    if not len(rows) == len(highs) == len(lows):
        return []
    return [f"Of all {len(rows)}: highest {high} {max(highs):f}, lowest {low} {min(lows):f}."]


def _numbers(rows: Sequence[Json], column: str) -> list[Decimal]:
    found = (number(row.get(column)) for row in rows if isinstance(row, dict))
    return [one for one in found if one is not None]


def _moment(value: Json) -> str | None:
    """A time as the API sends it, an epoch or ISO text, to the second."""
    if found := epoch(value):
        return f"{found[0][:19]}Z"
    try:
        return utc(to_milliseconds(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def no_rows(spec: ResultSpec, arguments: Mapping[str, Any]) -> str:
    """In place of an answer without rows: that there are none, and the arguments that may be why."""
    asked = ", ".join(
        f"{name}={named(value) if isinstance(value, str) else cut(plain(value), NAMED)}"
        for name, value in arguments.items()
        if value is not None
        and value != []
        and name != spec.page
        and not isinstance(value, dict)
        and not names_secret(name)
    )
    if spec.empty:
        return f"{spec.empty} Asked with {asked}." if asked else spec.empty
    return f"No rows for {asked}." if asked else "No rows."


def nothing_under(hollow: Sequence[Way]) -> str:
    """That some levels of nested objects hold nothing."""
    names = sorted({"/".join(map(key, way)) for way in hollow})
    return cut(f"Nothing under {', '.join(names)}", 500) + "."


def was_cut(missing: str, spec: ResultSpec) -> str:
    """What was cut, and what narrows it."""
    return f"Cut: {missing}." + (f" Narrow with {' or '.join(spec.narrow)}." if spec.narrow else "")


def full_page(
    rows: int, spec: ResultSpec, arguments: Mapping[str, Any], default: int | None, largest: int | None
) -> str:
    """That there may be more, where as many rows came as the page holds, or more; else "". A page that is the `largest`
    can't be raised."""
    size = _page_size(spec, arguments, default)
    if size is None or rows < size:
        return ""
    came = f"{rows} rows are all that {spec.page}={size} lets through"
    if rows > size:
        came = f"The API sent {rows} rows, more than {spec.page}={size} asks for"
    narrower = " or ".join(name for name in spec.narrow if name != spec.page)
    ways = [
        "" if largest is not None and size >= largest else f"raise {spec.page}",
        f"narrow with {narrower}" if narrower else "",
    ]
    way = " or ".join(filter(None, ways)) or "that is the most at once"
    return f"{came}: there may be more. {way[0].upper()}{way[1:]}."


def _page_size(spec: ResultSpec, arguments: Mapping[str, Any], default: int | None) -> int | None:
    if not spec.page:
        return None
    try:
        return int(arguments.get(spec.page) or default or 0) or None
    except (TypeError, ValueError):
        return default
