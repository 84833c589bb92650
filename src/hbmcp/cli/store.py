"""What commands open hbmcp's store by."""

from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hbmcp.settings import Settings
    from hbmcp.store import Store


def store_of(told: "Settings") -> "aclosing[Store]":
    """The store of an installation, while it is open."""
    from hbmcp.identity import Identity
    from hbmcp.store import Store

    return aclosing(Store.open(told, Identity.of(told)))
