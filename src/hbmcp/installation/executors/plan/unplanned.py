"""Executors whose orders nobody can tell beforehand."""

from collections.abc import Mapping
from types import MappingProxyType

WHY: Mapping[str, str] = MappingProxyType(
    {
        "lp_executor": "it puts tokens into a pool on a chain and places no orders; the pool's price decides "
        "what becomes of them",
        "arbitrage_executor": "it trades only once its two markets are far enough apart, at the prices of that moment",
        "xemm_executor": "its orders follow the price of another market",
    }
)
ON_A_CHAIN = "it trades on a chain, at the price of a pool"


def unplanned(kind: str) -> str:
    """What is said of it instead."""
    return f"The config is good. What {kind} will trade can't be told beforehand: {WHY.get(kind, ON_A_CHAIN)}."
