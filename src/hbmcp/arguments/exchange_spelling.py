"""Exchanges as assistants write them: Binance. Hummingbot names its connectors in small letters, all of them."""

from typing import Any

EXCHANGE = "connector_name"
EXCHANGES = "connector_names"


def fit_exchanges(fitted: dict[str, Any]) -> None:
    """Put the exchanges among the arguments into small letters."""
    if isinstance(exchange := fitted.get(EXCHANGE), str):
        fitted[EXCHANGE] = exchange.strip().lower()
    if isinstance(exchanges := fitted.get(EXCHANGES), list):
        fitted[EXCHANGES] = [one.strip().lower() if isinstance(one, str) else one for one in exchanges]
