"""Executors: small robots that trade for whoever made them, on top of the engine."""

from hbmcp.paper.executors.runner import Executors

__all__ = ["Executors"]
