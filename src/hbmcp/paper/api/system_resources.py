"""The computer that the paper exchange runs on: processors, memory, disk."""

import os
import shutil
from pathlib import Path
from typing import Any

_CPUS = Path("/sys/devices/system/cpu")


def resources(folder: Path) -> dict[str, Any]:
    """Sizes in bytes, percentages of the whole. Raises OSError where the system doesn't tell."""
    total, available = _memory()
    place = next(path for path in (folder, *folder.parents) if path.exists())
    disk = shutil.disk_usage(place)
    minute, five, fifteen = os.getloadavg() if hasattr(os, "getloadavg") else (0.0, 0.0, 0.0)
    logical = os.cpu_count() or 1
    return {
        "cpu": {
            "percent": _busy(minute, logical),
            "count_logical": logical,
            "count_physical": len({path.read_text() for path in _CPUS.glob("cpu[0-9]*/topology/thread_siblings_list")})
            or logical,
            "load_avg_1m": minute,
            "load_avg_5m": five,
            "load_avg_15m": fifteen,
        },
        "memory": {
            "total": total,
            "available": available,
            "used": total - available,
            "percent": _share(total - available, total),
        },
        "disk": {
            "mountpoint": next((str(path) for path in (place, *place.parents) if path.is_mount()), str(place)),
            "total": disk.total,
            "used": disk.used,
            "free": disk.free,
            "percent": _share(disk.used, disk.used + disk.free),
        },
    }


def storage(folder: Path) -> dict[str, Any]:
    """What lies in the folders of archived bots, of bots' instances and of configurations."""
    directories = {name: _directory(folder / name) for name in ("archived", "instances", "conf")}
    total = sum(directory["size_bytes"] for directory in directories.values())
    return {"total_size_bytes": total, "total_size_human": human(total), "directories": directories}


def _directory(folder: Path) -> dict[str, Any]:
    items = [{"name": path.name, **_sized(_size(path))} for path in sorted(folder.iterdir())] if folder.is_dir() else []
    return {**_sized(sum(item["size_bytes"] for item in items)), "item_count": len(items), "items": items}


def _sized(size: int) -> dict[str, Any]:
    return {"size_bytes": size, "size_human": human(size)}


def human(size: float) -> str:
    """ "19.54 KB" """
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(_size(inner) for inner in path.iterdir())
    return path.lstat().st_size


def _memory() -> tuple[int, int]:
    """(all, what can be had)"""
    told = Path("/proc/meminfo")
    if told.exists():
        lines = dict(line.split(":", 1) for line in told.read_text().splitlines())
        return int(lines["MemTotal"].split()[0]) * 1024, int(lines["MemAvailable"].split()[0]) * 1024
    try:
        size = os.sysconf("SC_PAGE_SIZE")
        return os.sysconf("SC_PHYS_PAGES") * size, os.sysconf("SC_AVPHYS_PAGES") * size
    except (AttributeError, ValueError) as error:
        raise OSError("This system doesn't say how much memory it has.") from error


def _busy(load: float, processors: int) -> float:
    """Since the system was started, in percent; by the load where it doesn't count."""
    told = Path("/proc/stat")
    if not told.exists():
        return round(min(100.0, 100 * load / processors), 1)
    times = [int(time) for time in told.read_text().splitlines()[0].split()[1:9]]
    return _share(sum(times) - times[3] - times[4], sum(times))


def _share(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
