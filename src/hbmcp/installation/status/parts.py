"""What the answers about one part of an installation come to, in a few words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import ApiFailed, CallError, ConnectionLost, ReadTimedOut, ServiceDown, UnknownOperation
from hbmcp.figures import gigabytes
from hbmcp.installation.answer_fields import Fields, anything, array, boolean, mapping, number, optional, record, text
from hbmcp.text import named
from hummingbot_api.request import Json

_SHORT: dict[type[CallError], str] = {
    ReadTimedOut: "no answer in time",
    ConnectionLost: "the connection broke",
    ServiceDown: "not reached",
    ApiFailed: "the API failed at it",
    UnknownOperation: "this API can't tell",
}
_STARTER = "_init_order_books_task"  # the one task of an order book stream that ends


def unknown(error: CallError) -> str:
    """Why a part's state isn't known."""
    return f"unknown: {_SHORT.get(type(error)) or error.happened}"


def api(answer: Json) -> str:
    """From GET /: name and version."""
    name, version, status = (Fields(answer).needed(part, text) for part in ("name", "version", "status"))
    return f"{name} {version}, {status}"


def docker(running: bool | CallError) -> str:
    """From GET /docker/running. The API answers true, or not at all where it can't use Docker."""
    if isinstance(running, ServiceDown):
        return "not reached by the API"
    if isinstance(running, CallError):
        return unknown(running)
    return "running" if running else "not running"


def gateway(container: bool | CallError, chains: object) -> str:
    """From whether Gateway's container runs, which only Docker knows, and from whether Gateway itself answers."""
    if not isinstance(chains, CallError):
        return "answers"
    if not isinstance(chains, ServiceDown):
        return unknown(chains)
    if isinstance(container, CallError):
        return "not reached"  # whether it has a container can't be seen
    return "not reached, although its container runs" if container else "not running"


def broker(connected: bool | CallError) -> str:
    """Of the message broker."""
    if isinstance(connected, CallError):
        return unknown(connected)
    return "connected" if connected else "not connected"


def bots(
    found: Mapping[str, Json] | CallError, broker_connected: bool | CallError, docker_runs: bool | CallError
) -> str | list[dict[str, Any]]:
    """A row for each bot; "none" is said only where both that would tell of one were heard: the broker, and Docker."""
    if isinstance(found, CallError):
        return unknown(found)
    if found:
        return [{"bot_name": name, **_bot(Fields(bot))} for name, bot in found.items()]
    silent = {
        "the broker isn't connected": broker_connected is not True,
        "Docker isn't reached": docker_runs is not True,
    }
    reasons = [reason for reason, holds in silent.items() if holds]
    return f"unknown: {' and '.join(reasons)}" if reasons else "none"


def _bot(told: Fields) -> dict[str, Any]:
    logs = told.known("error_logs", array(anything))
    return {
        "status": told.known("status", text),
        "recently_active": told.known("recently_active", boolean),
        "error_logs": None if logs is None else len(logs),
    }


def machine(answer: Mapping[str, Any] | CallError) -> dict[str, Any]:
    """From GET /system/resources: shares in use in percent, sizes in GB (10^9 bytes). A disk's share is of what is used
    and free; its total isn't told, which has what it keeps for root, and fits neither."""
    if isinstance(answer, CallError):
        return {"machine": unknown(answer)}
    cpu, memory, disk = (Fields(answer).known(part, Fields) or Fields({}) for part in ("cpu", "memory", "disk"))
    return {
        "cpu_percent": cpu.known("percent", number),
        "memory_percent": memory.known("percent", number),
        "memory_used_gb": _gigabytes(memory.known("used", number)),
        "memory_total_gb": _gigabytes(memory.known("total", number)),
        "disk_percent": disk.known("percent", number),
        "disk_used_gb": _gigabytes(disk.known("used", number)),
        "disk_free_gb": _gigabytes(disk.known("free", number)),
    }


def connectors(found: list[dict[str, Any]] | CallError) -> str | list[dict[str, Any]]:
    """The rows of connectors that could be read; "none" where none is connected."""
    return unknown(found) if isinstance(found, CallError) else found or "none"


def order_books(answer: Json) -> str:
    """From a connector's diagnostics: whether its stream of order books is alive, and for how many pairs."""
    fields = Fields(answer)
    if not fields.needed("has_order_book_tracker", optional(boolean)):
        return "none tracked"
    ended = [
        name
        for name, task in (fields.given("tasks", mapping(record)) or {}).items()
        if task.get("exception") or (task.get("done") and name != _STARTER)
    ]
    if ended:
        return f"stuck: {', '.join(map(named, ended))} ended"
    pairs = fields.given("trading_pairs", array(text)) or []
    books = fields.given("order_books", record) or {}
    missing = [pair for pair in pairs if pair not in books]
    if missing and not fields.known("tracker_ready", boolean):
        return f"stuck: no book of {', '.join(map(named, missing))}"
    return f"{len(pairs)} live" if pairs else "none tracked"


def _gigabytes(size: Decimal | None) -> Decimal | None:
    return None if size is None else gigabytes(size)
