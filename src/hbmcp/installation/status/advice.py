"""What is to be done about an installation's status: pure."""

from typing import Any

FULL = 90  # percent

PAPER = (
    "On the paper exchange there is no broker, bot or Docker, and nothing to repair; start_gateway starts a stand-in "
    "of Gateway."
)
NO_BROKER = "Without the broker bots neither show nor obey: a person must start it."
NO_DOCKER = "Without Docker no bot and no Gateway can be started: a person must let the API use it."
SILENT = "Stopped means that no controller reports: a plain script bot shows that even while it trades."
STUCK = "Stuck order books: remove_trading_pair of what has no book, then restart_orderbook."


def advice(summary: dict[str, Any], *, on_paper: bool) -> tuple[str, ...]:
    """A sentence for each thing. The paper exchange lacks most parts by nature."""
    return (*((PAPER,) if on_paper else _repairs(summary)), *_shortages(summary))


def _repairs(summary: dict[str, Any]) -> list[str]:
    needed = {
        NO_BROKER: summary["broker"] == "not connected",
        NO_DOCKER: summary["docker"] == "not reached by the API",
        SILENT: "stopped" in _column(summary["bots"], "status"),
        STUCK: any(books.startswith("stuck") for books in _column(summary["connectors"], "order_books")),
    }
    return [sentence for sentence, holds in needed.items() if holds]


def _column(part: str | list[dict[str, Any]], name: str) -> list[str]:
    return [] if isinstance(part, str) else [str(row.get(name)) for row in part]


def _shortages(summary: dict[str, Any]) -> list[str]:
    return [
        f"The API's {part} is nearly full."
        for part in ("memory", "disk")
        if (summary.get(f"{part}_percent") or 0) > FULL
    ]
