"""Measure, and print tables, ratios first, and README's. Each is printed once it is measured, the longest last: one
that breaks takes none of the others along. A bar that is missed is no failure."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from bench import guards, jobs, latency, many_clients, over_http, paper, readme, samples, tokens, triggers
from bench.peers import FROM_OPENAPI, HUMMINGBOT_MCP, ROOT
from bench.report import OURS, Row, ratio, table
from bench.session import Session, SessionError
from hbmcp.catalog import Catalog

STARTS = 31  # in turns; of a peer a quarter, the ratios with a bar are those to the bare server
CALLS = 500  # of every server, in turns
WARM_UP = 30

ORDERS = samples.orders(50)
BOOK = samples.order_book(50)
PAIR = {"connector_name": "binance", "trading_pair": "BTC-USDT"}

_SERVE = [sys.executable, "-m", "hbmcp", "serve"]
# By name: "all" leaves out what deletes and what runs code.
_TOOLSETS = [*_SERVE, "--toolsets", ",".join(Catalog.load().toolsets)]
# All toolsets, and the plain tools that are comparable to what others call.
_ALL = [*_TOOLSETS, "--tools", "list_accounts,search_orders"]
_BARE = [sys.executable, str(ROOT / "bench/servers/bare.py")]

DEFAULTS, EVERYTHING, PAPER = "hbmcp, default toolsets", "hbmcp, all toolsets", "hbmcp on paper"
BARE, BARE_HTTPX = "bare SDK", "bare SDK importing httpx"
OPENAPI, HAND_WRITTEN = FROM_OPENAPI.name, HUMMINGBOT_MCP.name

# What each server calls the same three questions, where it has them.
ONE_CALL = {OURS: "list_accounts", BARE: "get_accounts", OPENAPI: "list_accounts_accounts"}
HISTORY: dict[str, tuple[str, dict[str, Any]]] = {
    OURS: ("search_orders", {"limit": 50}),
    OPENAPI: ("get_orders_trading_orders_search_post", {"limit": 50}),
    HAND_WRITTEN: ("search_history", {"data_type": "orders", "limit": 50}),
}
DEPTH: dict[str, tuple[str, dict[str, Any]]] = {
    OURS: ("get_orderbook", PAIR | {"depth": 50}),
    OPENAPI: ("get_order_book_market_data_order_book_post", PAIR | {"depth": 50}),
    HAND_WRITTEN: ("get_market_data", PAIR | {"data_type": "order_book"}),
}


class Bench:
    """The servers that could be installed, and the null API that they all ask."""

    def __init__(self, api: str, folder: Path) -> None:
        # The folder is empty: a .env of yours would be read, and its API asked, if the servers ran in the repository.
        self._folder = folder
        self._env = {"HUMMINGBOT_API_URL": api, "HBMCP_PAPER": "", "HOME": str(folder), "LOG_LEVEL": "WARNING"}
        self._env |= {"HUMMINGBOT_API_USERNAME": "user", "HUMMINGBOT_API_PASSWORD": "password"}
        commands = {
            OURS: _ALL,
            DEFAULTS: _SERVE,
            EVERYTHING: _TOOLSETS,
            PAPER: [*_ALL, "--paper", "--paper-db", ":memory:"],
            BARE: _BARE,
            BARE_HTTPX: [*_BARE, "--httpx"],
            OPENAPI: FROM_OPENAPI.command(),
            HAND_WRITTEN: HUMMINGBOT_MCP.command(),
        }
        self.commands = {name: command for name, command in commands.items() if command}

    def open(self, server: str) -> Session:
        errors = self._folder / f"{server}.stderr"
        env = self._env | {"HUMMINGBOT_API_URL": ""} if server == PAPER else self._env
        return Session(self.commands[server], env=env, cwd=self._folder, errors=errors)

    def listings(self) -> dict[str, tuple[int, int]]:
        """How many tools each server lists, and the tokens of the list."""
        found = {}
        for server in self.commands:
            with self.open(server) as session:
                tools = session.tools()
            found[server] = len(tools), tokens.listing(tools)
        return found

    def starts(self) -> dict[str, float]:
        """Seconds from spawning to the answer of tools/list, the median of each server."""
        servers = [server for server in self.commands if server not in (DEFAULTS, EVERYTHING)]
        seconds: dict[str, list[float]] = {server: [] for server in servers}
        for number, turn in enumerate(_turns(servers, STARTS)):
            for server in turn:
                if number % 4 and server in (OPENAPI, HAND_WRITTEN):
                    continue
                begin = time.perf_counter()
                with self.open(server) as session:
                    session.tools()
                    seconds[server].append(time.perf_counter() - begin)
        return {server: median(values) for server, values in seconds.items()}

    def calls(self) -> tuple[dict[str, float], dict[str, float | None]]:
        """Seconds of one call, the median of each server; and its peak memory in MiB after them all."""
        servers = [server for server in ONE_CALL if server in self.commands]
        seconds: dict[str, list[float]] = {server: [] for server in servers}
        with ExitStack() as stack:
            sessions = {server: stack.enter_context(self.open(server)) for server in servers}
            for session in sessions.values():
                session.tools()
            for turn in _turns(servers, WARM_UP + CALLS):
                for server in turn:
                    begin = time.perf_counter()
                    sessions[server].call(ONE_CALL[server], {})
                    seconds[server].append(time.perf_counter() - begin)
            memory = {server: session.peak_memory() for server, session in sessions.items()}
        return {server: median(values[WARM_UP:]) for server, values in seconds.items()}, memory

    def answers(self, question: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, str]:
        """What a model reads, from each server that can be asked; a peer's failure is its answer."""
        found = {}
        for server, (tool, arguments) in question.items():
            if server in self.commands:
                with self.open(server) as session:
                    session.tools()
                    try:
                        found[server] = session.call(tool, arguments)
                    except SessionError:
                        if server == OURS:
                            raise
        return found


def _turns(servers: list[str], rounds: int) -> Iterator[list[str]]:
    """The servers over and over, each round the other way round, so that drift of the machine hits all alike."""
    for number in range(rounds):
        yield servers[:: 1 if number % 2 else -1]


def regeneration() -> float:
    """Seconds of `codegen regen`, in a copy of what it reads and writes."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("codegen", "overrides", "generated", "src"):
            shutil.copytree(ROOT / part, Path(folder) / part)
        shutil.copy(ROOT / "pyproject.toml", folder)
        begin = time.perf_counter()
        own = {"PYTHONPATH": os.pathsep.join(str(Path(folder) / part) for part in ("src", "generated"))}
        command = [sys.executable, "-m", "codegen", "regen"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, **own})
        return time.perf_counter() - begin


def lost(rows: list[dict[str, Any]], text: str) -> int:
    """How many values of the rows can't be found in the text.

    0.05 may be written .05, 2.0 as 2, and a text as JSON quotes it. Times are left out: they may be written in too many
    ways to look for.
    """
    values = [value for row in rows for key, value in row.items() if value is not None and not key.endswith("_at")]
    return sum(not any(written in text for written in _written(value)) for value in values)


def _written(value: str | float) -> list[str]:
    if isinstance(value, str):
        return [value, json.dumps(value)[1:-1]]
    return [str(value).removesuffix(".0").removeprefix("0")]


def shrinking(
    what: str, answer: dict[str, Any], rows: list[dict[str, Any]], texts: dict[str, str], *, bar: float
) -> Row:
    """The tokens of each server's text of an answer, to those of the answer as the API sends it."""
    sizes = {"API": tokens.count(samples.compact(answer))}
    sizes |= {server: tokens.count(text) for server, text in texts.items()}
    missing = {server: lost(rows, text) for server, text in texts.items()}
    return ratio(f"{what}, to the API's JSON", sizes, "API", "{:,} tokens".format, bar=bar, missing=missing)


def listed(what: str, listings: dict[str, tuple[int, int]], ours: str, *, bar: int) -> Row:
    """The tokens of each list of tools, and how many tools are on it."""
    sizes = {OURS: listings[ours]} | {peer: listings[peer] for peer in (OPENAPI, HAND_WRITTEN) if peer in listings}
    cells = {server: f"{size:,} tokens, {count} tools" for server, (count, size) in sizes.items()}
    return Row(what, cells, f"≤ {bar:,} tokens", listings[ours][1] <= bar)


def answered(what: str, sizes: Mapping[str, int], *, bar: float | None = None) -> Row:
    """The tokens of each server's answers, to those of hummingbot-mcp's."""
    return ratio(what, sizes, HAND_WRITTEN, "{:,} tokens".format, bar=bar)


def _sum(several: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for sizes in several:
        total.update(sizes)
    return total


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 0.1 else f"{seconds * 1000:,.0f} ms"


@contextmanager
def null_api(folder: Path) -> Iterator[str]:
    """Runs the null API; yields its address."""
    answers = folder / "answers.json"
    routes = {"/trading/orders/search": ORDERS, "/market-data/order-book": BOOK}
    answers.write_text(json.dumps({path: samples.compact(answer) for path, answer in routes.items()}))
    command = [sys.executable, str(ROOT / "bench/servers/null_api.py"), str(answers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


def beside_peers(bench: Bench, folder: Path, console: Console, progress: Console) -> dict[str, float]:
    """What peers do too, and README's table of it. Gives the seconds of the starts."""
    progress.print(f"Listing the tools of {len(bench.commands)} servers")
    listings = bench.listings()
    progress.print(f"Starting each {STARTS} times")
    starts = bench.starts()
    progress.print(f"Calling each {CALLS} times")
    calls, memory = bench.calls()
    progress.print("Reading 50 orders, and an order book of 50 levels a side")
    history, depth = bench.answers(HISTORY), bench.answers(DEPTH)
    progress.print("Doing everyday jobs on a paper exchange")
    everyday = jobs.measured(folder)
    rows = [
        ratio("spawn to tools/list, all tools", starts, BARE, milliseconds, bar=1.10),
        ratio("  to a bare server importing httpx", starts, BARE_HTTPX, milliseconds),
        ratio("one call over stdio, p50", calls, BARE, milliseconds, bar=1.15),
        ratio("peak memory after list and calls", memory, BARE, "{:.0f} MiB".format, bar=1.10),
        shrinking("50 orders of history", ORDERS, ORDERS["data"], history, bar=0.46),
        shrinking("order book, 50 levels a side", BOOK, [*BOOK["bids"], *BOOK["asks"]], depth, bar=0.74),
        listed("all toolsets listed", listings, EVERYTHING, bar=16_000),
        listed("default toolsets listed", listings, DEFAULTS, bar=4_500),
        answered("everyday jobs, all of these", _sum(everyday.values()), bar=0.50),
        *(answered(f"  {job}", sizes) for job, sizes in everyday.items()),
    ]
    console.print(table(rows, [BARE, OPENAPI, HAND_WRITTEN], bench.commands))
    vocabulary = "o200k" if tokens.exact else "estimated at 4 characters each"
    console.print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores. Medians of {STARTS} starts and {CALLS} calls, the"
        f" servers in turns. Tokens ({vocabulary}) of what a model is shown.\nfrom_openapi reads the pinned contract,"
        " which has no prose; hummingbot-mcp shows 10 levels of the book, and has no tool for the one call."
    )
    figures = readme.Figures(
        listings={**listings, OURS: listings[EVERYTHING]},
        by_default=listings[DEFAULTS],
        starts=starts,
        calls=calls,
        memory=memory,
        history={server: tokens.count(text) for server, text in history.items()},
        depth={server: tokens.count(text) for server, text in depth.items()},
        everyday=_sum(everyday.values()),
    )
    print(f"\nFor README:\n\n{readme.table(figures, BARE)}\n", flush=True)
    return starts


def by_itself(starts: Mapping[str, float], console: Console, progress: Console) -> None:
    """What only this server does, or is measured for alone."""
    progress.print("Trading on the paper exchange")
    orders, year = paper.orders_per_second(), paper.year_of_candles()
    progress.print("Asking slow exchanges")
    slow = latency.rows(milliseconds)
    progress.print("Sending orders with and without policy and audit")
    guarded = guards.rows(milliseconds)
    progress.print("Regenerating a copy")
    regen = regeneration()
    on_paper = {OURS: starts[PAPER], "without": starts[OURS]}
    rows = [
        *slow,
        *guarded,
        ratio("spawn to tools/list with --paper, to without", on_paper, "without", milliseconds, bar=1.15),
        Row("paper: market orders matched, in memory", {OURS: f"{orders:,.0f} a second"}),
        Row("paper: a year of one-minute candles", {OURS: f"{year:.2f} s"}, "≤ 1 s", year <= 1),
        Row("regen of the pinned contract", {OURS: f"{regen:.1f} s"}, "≤ 20 s", regen <= 20),
    ]
    console.print(table(rows, [BARE], {BARE}))
    console.print("The year is the market's columns of numbers; written as the API's JSON it would be 119 MB.")


def many_at_once(api: str, folder: Path, console: Console, progress: Console) -> None:
    """Clients over HTTP, and triggers."""
    progress.print(f"Calling over HTTP, {over_http.CLIENTS} clients at once")
    console.print(table(over_http.rows(api, folder), [BARE], {BARE}))
    progress.print("Watching triggers")
    console.print(table(triggers.rows(), [BARE], {BARE}))
    progress.print(f"Calling over HTTP, {many_clients.CLIENTS} clients at once")
    console.print(table([many_clients.row(folder / "many")], [BARE], {BARE}))


def main() -> None:
    console = Console(width=None if sys.stdout.isatty() else 160)
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory() as name, null_api(Path(name)) as api:
        home = Path(name) / "home"
        home.mkdir()
        starts = beside_peers(Bench(api, home), Path(name), console, progress)
        by_itself(starts, console, progress)
        many_at_once(api, Path(name), console, progress)


if __name__ == "__main__":
    main()
