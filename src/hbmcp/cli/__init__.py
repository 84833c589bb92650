"""hbmcp on the command line, a module for each command.

A command is imported where it is asked for, and imports what it needs itself: serve must be quick, and has no use for
tables.
"""

from hbmcp.cli.app import main

__all__ = ["main"]
