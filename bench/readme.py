"""The table under "Measured" in README, in Markdown: printed whole by `make bench`, so that its figures agree."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.peers import FROM_OPENAPI, HUMMINGBOT_MCP
from bench.report import OURS

SERVERS = (OURS, FROM_OPENAPI.name, HUMMINGBOT_MCP.name)
TITLES = ("hbmcp", "from_openapi of FastMCP 4", "hummingbot-mcp 1.0.4")


@dataclass(frozen=True)
class Figures:
    """What was measured, by server: tools and tokens of a list, seconds, MiB, tokens of answers."""

    listings: Mapping[str, tuple[int, int]]
    by_default: tuple[int, int]
    starts: Mapping[str, float]
    calls: Mapping[str, float]
    memory: Mapping[str, float | None]
    history: Mapping[str, int]
    depth: Mapping[str, int]
    everyday: Mapping[str, int]


def table(figures: Figures, base: str) -> str:
    """A row per measure, a column per server; times and memory are ratios to the base's."""
    tools, tokens = figures.by_default
    count = {server: f"{size:,}" for server, (size, _) in figures.listings.items()}
    cost = {server: f"{size:,}" for server, (_, size) in figures.listings.items()}
    count[OURS] += f" ({tools} by default)"
    cost[OURS] += f" ({tokens:,} by default)"
    rows = [
        ("tools listed", count),
        ("tokens of the list", cost),
        ("start, to a bare server of the SDK", _ratios(figures.starts, base)),
        ("one call, to that server", _ratios(figures.calls, base)),
        ("peak memory, to that server", _ratios(figures.memory, base)),
        ("50 orders, in tokens", _numbers(figures.history)),
        ("order book, 50 levels a side, in tokens", _numbers(figures.depth)),
        ("eight everyday jobs, tokens of the answers", _numbers(figures.everyday)),
    ]
    lines = [("", *TITLES), ("---",) * (len(TITLES) + 1)]
    lines += [(what, *(cells.get(server, "") for server in SERVERS)) for what, cells in rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


def _ratios(measured: Mapping[str, float | None], base: str) -> dict[str, str]:
    by = measured.get(base)
    return {server: f"{value / by:.2f} x" for server, value in measured.items() if value and by}


def _numbers(sizes: Mapping[str, int]) -> dict[str, str]:
    return {server: f"{size:,}" for server, size in sizes.items()}
