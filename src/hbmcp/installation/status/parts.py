"""What the answers about one part of an installation come to, in a few words."""

from typing import Any

from hbmcp.errors import ApiFailed, CallError, ConnectionLost, ReadTimedOut, ServiceDown, UnknownOperation
from hbmcp.figures import number

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


def api(answer: Any) -> str:
    """From GET /: name and version."""
    if isinstance(answer, CallError):
        return unknown(answer)
    return f"{answer.get('name')} {answer.get('version')}, {answer.get('status')}"


def docker(answer: Any) -> str:
    """From GET /docker/running. The API answers true, or not at all where it can't use Docker."""
    if isinstance(answer, ServiceDown):
        return "not reached by the API"
    if isinstance(answer, CallError):
        return unknown(answer)
    return "running" if answer is True else "not running"


def gateway(container: Any, chains: Any) -> str:
    """From the state of Gateway's container, which only Docker knows, and from whether Gateway itself answers."""
    if not isinstance(chains, CallError):
        return "answers"
    if not isinstance(chains, ServiceDown):
        return unknown(chains)
    if isinstance(container, CallError):
        return "not reached"  # whether it has a container can't be seen
    return "not reached, although its container runs" if container.get("running") else "not running"


def broker(answer: Any) -> str:
    """From GET /bot-orchestration/mqtt."""
    if isinstance(answer, CallError):
        return unknown(answer)
    return "connected" if answer["data"].get("mqtt_connected") else "not connected"


def bots(answer: Any, broker_answer: Any, docker_answer: Any) -> str | list[dict[str, Any]]:
    """A row for each bot; "none" is said only where both that would tell of one were heard: the broker, and Docker."""
    if isinstance(answer, CallError):
        return unknown(answer)
    if found := answer["data"]:
        return [
            {
                "bot_name": name,
                "status": bot.get("status"),
                "recently_active": bot.get("recently_active"),
                "error_logs": len(bot.get("error_logs") or ()),
            }
            for name, bot in found.items()
        ]
    silent = {
        "the broker isn't connected": broker(broker_answer) != "connected",
        "Docker isn't reached": docker(docker_answer) != "running",
    }
    reasons = [reason for reason, holds in silent.items() if holds]
    return f"unknown: {' and '.join(reasons)}" if reasons else "none"


def machine(answer: Any) -> dict[str, Any]:
    """From GET /system/resources: shares in use in percent, sizes in GB (10^9 bytes). What a disk keeps for root is
    neither used nor free, and not in the share."""
    if isinstance(answer, CallError):
        return {"machine": unknown(answer)}
    cpu, memory, disk = (answer.get(part) or {} for part in ("cpu", "memory", "disk"))
    return {
        "cpu_percent": cpu.get("percent"),
        "memory_percent": memory.get("percent"),
        "memory_used_gb": _gigabytes(memory.get("used")),
        "memory_total_gb": _gigabytes(memory.get("total")),
        "disk_percent": disk.get("percent"),
        "disk_used_gb": _gigabytes(disk.get("used")),
        "disk_total_gb": _gigabytes(disk.get("total")),
        "disk_free_gb": _gigabytes(disk.get("free")),
    }


def connectors(answer: Any) -> str | list[dict[str, Any]]:
    """The rows of connectors that could be read; "none" where none is connected."""
    return unknown(answer) if isinstance(answer, CallError) else answer or "none"


def order_books(answer: Any) -> str:
    """From a connector's diagnostics: whether its stream of order books is alive, and for how many pairs."""
    if isinstance(answer, CallError):
        return unknown(answer)
    if not answer.get("has_order_book_tracker"):
        return "none tracked"
    ended = [
        name
        for name, task in (answer.get("tasks") or {}).items()
        if task.get("exception") or (task.get("done") and name != _STARTER)
    ]
    if ended:
        return f"stuck: {', '.join(ended)} ended"
    pairs: list[str] = answer.get("trading_pairs") or []
    missing = [pair for pair in pairs if pair not in (answer.get("order_books") or {})]
    if missing and not answer.get("tracker_ready"):
        return f"stuck: no book of {', '.join(missing)}"
    return f"{len(pairs)} live" if pairs else "none tracked"


def _gigabytes(size: Any) -> Any:
    found = number(size)
    return None if found is None else round(found / 10**9, 1)
