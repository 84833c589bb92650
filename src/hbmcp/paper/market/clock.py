"""What time it is for the paper exchange: integer milliseconds since the epoch (UTC), and how the API writes them."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Never goes backwards while the process runs."""

    def now(self) -> int: ...


class FastClock:
    """Starts at the real time, or at `start`, and goes `speed` times as fast.

    The system's clock is read once, so that setting it moves nothing. ValueError for a speed that isn't above zero.
    """

    def __init__(self, speed: float = 1.0, start: int | None = None) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError(f"A clock can't go {speed} times as fast: give a number above 0, such as 60.")
        self.speed = speed
        self._start = time.time_ns() // 1_000_000 if start is None else start
        self._began = time.monotonic_ns()

    def now(self) -> int:
        elapsed = time.monotonic_ns() - self._began
        return self._start + int(elapsed * self.speed) // 1_000_000


class RealClock:
    """The system's time, held where it is while the system's clock is set back."""

    def __init__(self) -> None:
        self._latest = 0

    def now(self) -> int:
        self._latest = max(self._latest, time.time_ns() // 1_000_000)
        return self._latest


class ManualClock:
    """Stands still until it is told to go on: for tests."""

    def __init__(self, at: int) -> None:
        self._at = at

    def now(self) -> int:
        return self._at

    def advance(self, milliseconds: int) -> int:
        """Go on, and say what time it is then. ValueError for going back."""
        if milliseconds < 0:
            raise ValueError(f"A clock doesn't go back: {milliseconds} ms.")
        self._at += milliseconds
        return self._at


def iso(at: int) -> str:
    """Milliseconds -> "2026-11-22T08:43:28.164000+00:00" """
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="microseconds")
