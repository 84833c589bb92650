"""Text of at most so many characters, and what was left out of it."""

from collections.abc import Sequence
from typing import NamedTuple

from hbmcp.results.blocks import blocks, join
from hbmcp.results.cells import NESTED, plain
from hbmcp.results.paths import Json
from hbmcp.results.result_spec import ResultSpec
from hbmcp.results.tables import Table, like_rows
from hbmcp.text import cut, visible

_HALVINGS = 12  # how often long texts and lists are halved to make an answer fit


class Fitted(NamedTuple):
    """The text of the part that is shown; what was cut from it, or ""; and how many rows there were before."""

    text: str
    missing: str
    rows: int


def fitted(shown: Json, spec: ResultSpec, limit: int) -> Fitted:
    """The text of a part that holds something, in at most `limit` characters."""
    if isinstance(shown, str):
        text = visible(shown)
        return Fitted(cut(text, limit), f"{limit} of {len(text)} characters are shown" if len(text) > limit else "", 0)
    if not isinstance(shown, NESTED):
        return Fitted(cut(plain(shown), limit), "", 0)
    head, tables = blocks(shown, spec)
    rows = max((table.total for table in tables), default=len(shown) if isinstance(shown, list) else 0)
    text = join(head, tables)
    if len(text) <= limit:
        return Fitted(text, "", rows)
    if spec.newest_last and isinstance(shown, list) and (last := _last_rows(shown, spec, limit)):
        return Fitted(*last, rows)
    return Fitted(*_squeezed(shown, spec, limit, head, tables), rows)


def shortened(value: Json, characters: int, items: int, *, keep_rows: bool = False) -> Json:
    """A copy in which long strings, lists and objects end in a mark that says how much is missing."""
    if isinstance(value, str):
        return cut(value, characters)
    if isinstance(value, list):
        rows = keep_rows and like_rows(value)
        kept = [shortened(inner, characters, items) for inner in (value if rows else value[:items])]
        return kept if len(kept) == len(value) else [*kept, f"…(+{len(value) - items} items)"]
    if isinstance(value, dict):
        most = len(value) if keep_rows else items * 5
        short = {
            cut(key, characters): shortened(inner, characters, items, keep_rows=keep_rows)
            for key, inner in list(value.items())[:most]
        }
        return short if len(value) <= most else {**short, "…": f"(+{len(value) - most} keys)"}
    return value


def _last_rows(shown: list[Json], spec: ResultSpec, limit: int) -> tuple[str, str] | None:
    """The last rows, as many as fit, and what was cut; None where not one does. They are written anew, since a time's
    date stands only where it changes."""
    kept = len(shown)
    while kept > 0:
        head, tables = blocks(shown[-kept:], spec)
        for table in tables:
            table.total = len(shown)
        text = join(head, tables)
        if len(text) <= limit:
            return text, f"the last {kept} of {len(shown)} rows are shown"
        kept = min(kept - 1, kept * limit // len(text))
    return None


def _squeezed(shown: Json, spec: ResultSpec, limit: int, head: str, tables: list[Table]) -> tuple[str, str]:
    """The blocks cut to the limit, and what was cut: rows from the end; where one is too long, values within too."""
    full, step = len(join(head, tables)), 0
    while not _drop_rows(tables, limit - len(head)) and step < _HALVINGS:
        step += 1
        short = shortened(shown, limit >> step, limit >> step + 2, keep_rows=True)
        head, tables = blocks(short, spec)
    cuts = [
        f"{len(table.rows)} of {table.total} rows{f' of {table.name}' if table.name else ''} are shown"
        for table in tables
        if len(table.rows) < table.total
    ]
    if step:
        cuts.append(f"of {full} characters, long texts and lists end in … where something is missing")
    return cut(join(head, tables), limit), "; ".join(cuts)


def _drop_rows(tables: Sequence[Table], room: int) -> bool:
    """Drop rows from the end of the tables so that all fit, the small ones whole.

    False where that isn't possible, or would drop the rest of a table because of one long row.
    """
    done = room >= 0
    waiting = sorted(tables, key=lambda table: len(str(table)))
    for at, table in enumerate(waiting):
        share = room // (len(waiting) - at) - 1  # 1 for the newline
        used = len(str(table))
        if used > share:
            used -= sum(len(row) + 1 for row in table.rows) - len(f" of {table.total}")
            kept = 0
            while used + len(table.rows[kept]) + 1 <= share:
                used += len(table.rows[kept]) + 1
                kept += 1
            done = done and kept > 0 and len(table.rows[kept]) < share // 4
            table.rows = table.rows[:kept]
        room -= used + 1
    return done
