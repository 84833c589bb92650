"""The key fields of each exchange, as the API's connectors name them. No key is ever stored: any is accepted."""

from collections.abc import Mapping
from typing import Any

from hbmcp.paper.errors import NotConnected, UnknownExchange
from hbmcp.paper.market.listings import EXCHANGES

_SECRET = {"type": "SecretStr", "required": True}

FIELDS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "binance": {"binance_api_key": _SECRET, "binance_api_secret": _SECRET},
    "kucoin": {"kucoin_api_key": _SECRET, "kucoin_passphrase": _SECRET, "kucoin_secret_key": _SECRET},
    "binance_perpetual": {"binance_perpetual_api_key": _SECRET, "binance_perpetual_api_secret": _SECRET},
    "bybit_perpetual": {"bybit_perpetual_api_key": _SECRET, "bybit_perpetual_secret_key": _SECRET},
    "hyperliquid_perpetual": {
        "hyperliquid_perpetual_mode": {
            "type": "Literal",
            "required": False,
            "allowed_values": ["arb_wallet", "api_wallet"],
        },
        "use_vault": {"type": "bool", "required": False},
        "hyperliquid_perpetual_address": _SECRET,
        "hyperliquid_perpetual_secret_key": _SECRET,
    },
}


def required(exchange: str) -> list[str]:
    """The fields that connecting needs."""
    return [name for name, field in FIELDS[exchange].items() if field["required"]]


def camel(exchange: str) -> str:
    """binance_perpetual -> BinancePerpetual"""
    return "".join(word.capitalize() for word in exchange.split("_"))


def class_name(exchange: str) -> str:
    """What the real API calls the connector, which shows in its errors."""
    return camel(exchange) + ("Derivative" if EXCHANGES[exchange].perpetual else "Exchange")


def no_connector(error: UnknownExchange | NotConnected) -> str:
    """How the real API says that it has no connector to trade with."""
    if isinstance(error, UnknownExchange):
        return (
            f"Failed to get chain/network info: Invalid network format '{error.exchange}'. "
            "Use format like 'solana-mainnet-beta'"
        )
    names = [f"'{name}'" for name in required(error.exchange)]
    listed = " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])}, and {names[-1]}"
    return f"{class_name(error.exchange)}.__init__() missing {len(names)} required positional arguments: {listed}"
