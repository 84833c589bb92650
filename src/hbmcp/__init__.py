"""hbmcp: a bridge that lets AI assistants run a Hummingbot trading installation over the Model Context Protocol."""

__version__ = "0.1.0"
