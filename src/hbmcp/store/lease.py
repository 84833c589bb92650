"""Leases: what one process does for all, until it lets go or isn't heard of any more."""

import os
import socket
from uuid import uuid4


def new_holder() -> str:
    """A name for who takes leases that nobody else has; where it runs can be read from it."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
