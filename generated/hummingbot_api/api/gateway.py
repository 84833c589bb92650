from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.gateway import (
    AddPoolRequest,
    AddTokenRequest,
    GatewayConfig,
    GatewayStatus,
    UpdateApiKeysRequest,
)
from hummingbot_api.request import Request


def add_network_pool(network_id: str, body: AddPoolRequest) -> Request[dict[str, Any]]:
    """Add a pool that import_network_pool can't find.

    POST /gateway/networks/{network_id}/pools
    """
    return Request(
        "POST",
        encode.path("/gateway/networks/{}/pools", network_id),
        json=body.to_dict(),
        parse=decode.mapping(decode.anything),
    )


def add_network_token(network_id: str, body: AddTokenRequest) -> Request[dict[str, Any]]:
    """Add a token that import_network_token can't find; wrong decimals make wrong amounts.

    POST /gateway/networks/{network_id}/tokens
    """
    return Request(
        "POST",
        encode.path("/gateway/networks/{}/tokens", network_id),
        json=body.to_dict(),
        parse=decode.mapping(decode.anything),
    )


def delete_network_pool(network_id: str, pool_address: str) -> Request[dict[str, Any]]:
    """Remove a pool from Gateway's list; liquidity in it stays.

    DELETE /gateway/networks/{network_id}/pools/{pool_address}
    """
    return Request(
        "DELETE",
        encode.path("/gateway/networks/{}/pools/{}", network_id, pool_address),
        parse=decode.mapping(decode.anything),
    )


def delete_network_token(network_id: str, token_address: str) -> Request[dict[str, Any]]:
    """Remove a token from Gateway's list; the wallet keeps it.

    DELETE /gateway/networks/{network_id}/tokens/{token_address}
    """
    return Request(
        "DELETE",
        encode.path("/gateway/networks/{}/tokens/{}", network_id, token_address),
        parse=decode.mapping(decode.anything),
    )


def get_api_keys() -> Request[dict[str, Any]]:
    """Providers that Gateway can have API keys for; values, even empty ones, are masked.

    GET /gateway/apiKeys
    """
    return Request("GET", "/gateway/apiKeys", parse=decode.mapping(decode.anything))


def get_connector_config(connector_name: str) -> Request[dict[str, Any]]:
    """A DEX connector's config.

    GET /gateway/connectors/{connector_name}
    """
    return Request("GET", encode.path("/gateway/connectors/{}", connector_name), parse=decode.mapping(decode.anything))


def get_gateway_logs(*, tail: int | None = None) -> Request[Any]:
    """Gateway's last log lines.

    GET /gateway/logs
    """
    return Request("GET", "/gateway/logs", query=encode.form({"tail": tail}), parse=decode.anything)


def get_gateway_status() -> Request[GatewayStatus]:
    """Whether Gateway's container runs, which all DEX tools need.

    GET /gateway/status
    """
    return Request("GET", "/gateway/status", parse=GatewayStatus.from_dict)


def get_network_config(network_id: str) -> Request[dict[str, Any]]:
    """A network's config: native token, fees.

    GET /gateway/networks/{network_id}
    """
    return Request("GET", encode.path("/gateway/networks/{}", network_id), parse=decode.mapping(decode.anything))


def get_network_pools(
    network_id: str, *, connector: str | None = None, pool_type: str | None = None, search: str | None = None
) -> Request[dict[str, Any]]:
    """Pools that Gateway knows on a network.

    GET /gateway/networks/{network_id}/pools
    """
    return Request(
        "GET",
        encode.path("/gateway/networks/{}/pools", network_id),
        query=encode.form({"connector": connector, "pool_type": pool_type, "search": search}),
        parse=decode.mapping(decode.anything),
    )


def get_network_tokens(network_id: str, *, search: str | None = None) -> Request[dict[str, Any]]:
    """Tokens that Gateway knows on a network, with addresses.

    GET /gateway/networks/{network_id}/tokens
    """
    return Request(
        "GET",
        encode.path("/gateway/networks/{}/tokens", network_id),
        query=encode.form({"search": search}),
        parse=decode.mapping(decode.anything),
    )


def list_chains() -> Request[dict[str, Any]]:
    """Chains, each with its networks; ready network ids: list_networks.

    GET /gateway/chains
    """
    return Request("GET", "/gateway/chains", parse=decode.mapping(decode.anything))


def list_connectors() -> Request[dict[str, Any]]:
    """DEX connectors: trading types (router, amm, clmm), chain, networks.

    GET /gateway/connectors
    """
    return Request("GET", "/gateway/connectors", parse=decode.mapping(decode.anything))


def list_networks() -> Request[dict[str, Any]]:
    """Network ids as the DEX tools take them.

    GET /gateway/networks
    """
    return Request("GET", "/gateway/networks", parse=decode.mapping(decode.anything))


def list_pools_legacy(*, connector_name: str, network: str) -> Request[list[dict[str, Any]]]:
    """GET /gateway/pools"""
    return Request(
        "GET",
        "/gateway/pools",
        query=encode.form({"connector_name": connector_name, "network": network}),
        parse=decode.array(decode.mapping(decode.anything)),
    )


def restart_gateway(*, body: GatewayConfig | None = None) -> Request[Any]:
    """Restart Gateway: changes of config, keys, tokens or pools take effect.

    POST /gateway/restart
    """
    return Request("POST", "/gateway/restart", json=None if body is None else body.to_dict(), parse=decode.anything)


def save_network_pool(network_id: str, pool_address: str) -> Request[dict[str, Any]]:
    """Add a pool by address alone, with its tokens, from GeckoTerminal.

    POST /gateway/networks/{network_id}/pools/save/{pool_address}
    """
    return Request(
        "POST",
        encode.path("/gateway/networks/{}/pools/save/{}", network_id, pool_address),
        parse=decode.mapping(decode.anything),
    )


def save_network_token(network_id: str, token_address: str) -> Request[dict[str, Any]]:
    """Add a token by address alone, its details from GeckoTerminal.

    POST /gateway/networks/{network_id}/tokens/save/{token_address}
    """
    return Request(
        "POST",
        encode.path("/gateway/networks/{}/tokens/save/{}", network_id, token_address),
        parse=decode.mapping(decode.anything),
    )


def start_gateway(body: GatewayConfig) -> Request[Any]:
    """Start Gateway's container; DEX tools answer some seconds later.

    POST /gateway/start
    """
    return Request("POST", "/gateway/start", json=body.to_dict(), parse=decode.anything)


def stop_gateway() -> Request[Any]:
    """Stop Gateway; on-chain positions stay open, unmanaged.

    POST /gateway/stop
    """
    return Request("POST", "/gateway/stop", parse=decode.anything)


def update_api_keys(body: UpdateApiKeysRequest) -> Request[dict[str, Any]]:
    """Set RPC and data providers' keys; then restart_gateway. They pass through this conversation: better
    the user enters them on the API's own page, /docs.

    POST /gateway/apiKeys
    """
    return Request("POST", "/gateway/apiKeys", json=body.to_dict(), parse=decode.mapping(decode.anything))


def update_connector_config(connector_name: str, body: dict[str, Any]) -> Request[dict[str, Any]]:
    """Send settings as they are; update_dex_connector tells which were taken.

    POST /gateway/connectors/{connector_name}
    """
    return Request(
        "POST", encode.path("/gateway/connectors/{}", connector_name), json=body, parse=decode.mapping(decode.anything)
    )


def update_network_config(network_id: str, body: dict[str, Any]) -> Request[dict[str, Any]]:
    """Send settings as they are; update_network tells which were taken.

    POST /gateway/networks/{network_id}
    """
    return Request(
        "POST", encode.path("/gateway/networks/{}", network_id), json=body, parse=decode.mapping(decode.anything)
    )
