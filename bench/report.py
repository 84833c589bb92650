"""The table that `make bench` prints: one row per measure, one column per server."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

OURS = "hbmcp"


@dataclass(frozen=True)
class Row:
    """`cells`: what to show for each server that was measured. `holds`: whether ours is within the bar."""

    what: str
    cells: Mapping[str, str]
    bar: str = ""
    holds: bool | None = None


def ratio(
    what: str,
    measured: Mapping[str, float | None],
    base: str,
    show: Callable[[float], str],
    *,
    bar: float | None = None,
    missing: Mapping[str, int] | None = None,
) -> Row:
    """Every value with its ratio to the base's. `missing`: how many values each one's answer leaves out; ours none."""
    known = {server: value for server, value in measured.items() if value is not None}
    if base not in known or OURS not in known:
        return Row(what, {})
    missing = missing or {}
    cells = {server: f"{value / known[base]:.3f} x ({show(value)})" for server, value in known.items()}
    cells |= {server: f"{cells[server]}, {count} values missing" for server, count in missing.items() if count}
    if bar is None:
        return Row(what, cells)
    return Row(what, cells, f"≤ {bar:.2f} x", known[OURS] / known[base] <= bar and not missing.get(OURS))


def table(rows: Sequence[Row], peers: Sequence[str], installed: Collection[str]) -> Table:
    """The table; a peer that isn't in `installed` says so in every row."""
    drawn = Table("", OURS, "bar", "", *peers)
    verdicts = {None: "", True: "[green]ok", False: "[bold red]over"}
    for row in rows:
        theirs = [row.cells.get(peer, "-") if peer in installed else "not installed" for peer in peers]
        drawn.add_row(row.what, row.cells.get(OURS, "-"), row.bar, verdicts[row.holds], *theirs)
    return drawn
