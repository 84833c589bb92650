from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.request import Request


def available_connectors() -> Request[list[str]]:
    """All supported connectors, connected or not.

    GET /connectors/
    """
    return Request("GET", "/connectors/", parse=decode.array(decode.text))


def get_connector_config_map(connector_name: str) -> Request[dict[str, dict[str, Any]]]:
    """Key fields that add_credential needs for a connector.

    GET /connectors/{connector_name}/config-map
    """
    return Request(
        "GET",
        encode.path("/connectors/{}/config-map", connector_name),
        parse=decode.mapping(decode.mapping(decode.anything)),
    )


def get_supported_order_types(connector_name: str) -> Request[Any]:
    """Order types a connector supports.

    GET /connectors/{connector_name}/order-types
    """
    return Request("GET", encode.path("/connectors/{}/order-types", connector_name), parse=decode.anything)


def get_trading_rules(connector_name: str, *, trading_pairs: list[str] | None = None) -> Request[Any]:
    """Minimum order sizes and values, price and amount steps.

    GET /connectors/{connector_name}/trading-rules
    """
    return Request(
        "GET",
        encode.path("/connectors/{}/trading-rules", connector_name),
        query=encode.form({"trading_pairs": trading_pairs}),
        parse=decode.anything,
    )
