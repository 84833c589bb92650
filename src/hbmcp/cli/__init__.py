"""hbmcp on the command line, a module for each command.

What a command needs it imports itself: serve must be quick, and has no use for tables.
"""

from hbmcp.cli.app import main

__all__ = ["main"]
