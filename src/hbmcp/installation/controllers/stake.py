"""What a controller's configuration is about."""

from collections.abc import Mapping
from typing import Any

from hbmcp.installation.planned_request import Stake


def controller_stake(config: Mapping[str, Any], account: str | None = None) -> Stake:
    """Its controller, exchange and pair, where it names them."""
    given = {name: config.get(name) for name in ("connector_name", "trading_pair", "controller_name")}
    exchange, pair, controller = (value if isinstance(value, str) else None for value in given.values())
    return Stake(account=account, exchange=exchange, pair=pair, type=controller)
