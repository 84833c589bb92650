"""hbmcp: a bridge that lets AI assistants run a Hummingbot trading installation over the Model Context Protocol."""

import sys

__version__ = "0.1.0"

INTERRUPTED = 130  # the exit code of a process that Ctrl-C ended

# httpx would import a command line of its own, and for it click, rich and pygments: a third of its time.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
