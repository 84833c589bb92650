"""How a server ends: soon, whatever doesn't answer."""

import os
import threading

SHUTDOWN = 3  # seconds that open streams get, and then what is to be closed


def end_by(seconds: float) -> None:
    """End the process then, whatever thread still waits: for a store that stalls, or a client that doesn't read."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()
