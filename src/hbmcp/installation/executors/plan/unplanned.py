"""Executors whose orders nobody can tell beforehand."""

from collections.abc import Mapping
from types import MappingProxyType

from hbmcp.errors import Refused

WHY: Mapping[str, str] = MappingProxyType(
    {
        "lp_executor": "it puts tokens into a pool on a chain and places no orders; the pool's price decides "
        "what becomes of them",
        "arbitrage_executor": "it trades only once its two markets are far enough apart, at the prices of that moment",
        "xemm_executor": "its orders follow the price of another market",
    }
)


def refuse_unplanned(kind: str) -> None:
    """Raises Refused for what has no preview, with the reason."""
    if why := WHY.get(kind):
        raise Refused(
            f"There is no preview of {kind}: {why}.",
            "Nothing was sent.",
            "get_executor_fields explains its config, and create_executor checks that before it starts it.",
        )
