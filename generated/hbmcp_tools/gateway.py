"""Gateway: hummingbot Gateway: connectors, networks, tokens, pools, wallets and keys for DEX trading.

One function per tool: it turns the tool's arguments into the request to send.
"""

from decimal import Decimal
from typing import Any, Literal

from hummingbot_api.api import accounts as accounts_api
from hummingbot_api.api import gateway as gateway_api
from hummingbot_api.models.accounts import GatewayWalletCredential, SetDefaultWalletRequest
from hummingbot_api.models.gateway import (
    AddPoolRequest,
    AddTokenRequest,
    GatewayConfig,
    GatewayStatus,
    UpdateApiKeysRequest,
)
from hummingbot_api.request import Request


def get_gateway_status() -> Request[GatewayStatus]:
    """Whether Gateway's container runs, which all DEX tools need.

    GET /gateway/status, risk: read.
    """
    return gateway_api.get_gateway_status()


def start_gateway(
    *,
    image: str | None = None,
) -> Request[Any]:
    """Start Gateway's container; DEX tools answer some seconds later.

    POST /gateway/start, risk: write.
    """
    return gateway_api.start_gateway(
        body=GatewayConfig(
            image=image,
        )
    )


def stop_gateway() -> Request[Any]:
    """Stop Gateway; on-chain positions stay open, unmanaged.

    POST /gateway/stop, risk: destructive.
    """
    return gateway_api.stop_gateway()


def restart_gateway(
    *,
    image: str | None = None,
) -> Request[Any]:
    """Restart Gateway: changes of config, keys, tokens or pools take effect.

    POST /gateway/restart, risk: destructive.

    Args:
        image: Only to change it
    """
    return gateway_api.restart_gateway(
        body=GatewayConfig(
            image=image,
        )
        if image is not None
        else None
    )


def get_gateway_logs(
    *,
    lines: int | None = None,
) -> Request[Any]:
    """Gateway's last log lines.

    GET /gateway/logs, risk: read.
    """
    return gateway_api.get_gateway_logs(
        tail=lines,
    )


def list_dex_connectors() -> Request[dict[str, Any]]:
    """DEX connectors: trading types (router, amm, clmm), chain, networks.

    GET /gateway/connectors, risk: read.
    """
    return gateway_api.list_connectors()


def get_dex_connector(
    *,
    connector_name: str,
) -> Request[dict[str, Any]]:
    """A DEX connector's config.

    GET /gateway/connectors/{connector_name}, risk: read.
    """
    return gateway_api.get_connector_config(
        connector_name=connector_name,
    )


def write_dex_connector(
    *,
    connector_name: str,
    updates: dict[str, Any],
) -> Request[dict[str, Any]]:
    """Send settings as they are; update_dex_connector tells which were taken.

    POST /gateway/connectors/{connector_name}, risk: write.

    Args:
        updates: e.g. {"slippage_pct": 0.5}
    """
    return gateway_api.update_connector_config(
        connector_name=connector_name,
        body=updates,
    )


def list_gateway_api_keys() -> Request[dict[str, Any]]:
    """Providers that Gateway can have API keys for; values, even empty ones, are masked.

    GET /gateway/apiKeys, risk: secret.
    """
    return gateway_api.get_api_keys()


def set_gateway_api_keys(
    *,
    api_keys: dict[str, Any],
) -> Request[dict[str, Any]]:
    """Set RPC and data providers' keys; then restart_gateway. They pass through this conversation: better the user
    enters them on the API's own page, /docs.

    POST /gateway/apiKeys, risk: secret.

    Args:
        api_keys: Provider to key, e.g. {"helius": "…"}
    """
    return gateway_api.update_api_keys(
        body=UpdateApiKeysRequest(
            api_keys=api_keys,
        )
    )


def list_chains() -> Request[dict[str, Any]]:
    """Chains, each with its networks; ready network ids: list_networks.

    GET /gateway/chains, risk: read.
    """
    return gateway_api.list_chains()


def list_networks() -> Request[dict[str, Any]]:
    """Network ids as the DEX tools take them.

    GET /gateway/networks, risk: read.
    """
    return gateway_api.list_networks()


def get_network(
    *,
    network_id: str,
) -> Request[dict[str, Any]]:
    """A network's config: native token, fees.

    GET /gateway/networks/{network_id}, risk: read.
    """
    return gateway_api.get_network_config(
        network_id=network_id,
    )


def write_network(
    *,
    network_id: str,
    updates: dict[str, Any],
) -> Request[dict[str, Any]]:
    """Send settings as they are; update_network tells which were taken.

    POST /gateway/networks/{network_id}, risk: write.

    Args:
        network_id: e.g. solana-mainnet-beta
        updates: e.g. {"node_url": "https://…"}
    """
    return gateway_api.update_network_config(
        network_id=network_id,
        body=updates,
    )


def list_network_tokens(
    *,
    network_id: str,
    search: str | None = None,
) -> Request[dict[str, Any]]:
    """Tokens that Gateway knows on a network, with addresses.

    GET /gateway/networks/{network_id}/tokens, risk: read.

    Args:
        search: Symbol or name
    """
    return gateway_api.get_network_tokens(
        network_id=network_id,
        search=search,
    )


def import_network_token(
    *,
    network_id: str,
    token_address: str,
) -> Request[dict[str, Any]]:
    """Add a token by address alone, its details from GeckoTerminal.

    POST /gateway/networks/{network_id}/tokens/save/{token_address}, risk: write.
    """
    return gateway_api.save_network_token(
        network_id=network_id,
        token_address=token_address,
    )


def add_network_token(
    *,
    network_id: str,
    address: str,
    symbol: str,
    decimals: int,
    name: str | None = None,
) -> Request[dict[str, Any]]:
    """Add a token that import_network_token can't find; wrong decimals make wrong amounts.

    POST /gateway/networks/{network_id}/tokens, risk: write.
    """
    return gateway_api.add_network_token(
        network_id=network_id,
        body=AddTokenRequest(
            address=address,
            symbol=symbol,
            decimals=decimals,
            name=name,
        ),
    )


def delete_network_token(
    *,
    network_id: str,
    token_address: str,
) -> Request[dict[str, Any]]:
    """Remove a token from Gateway's list; the wallet keeps it.

    DELETE /gateway/networks/{network_id}/tokens/{token_address}, risk: destructive.
    """
    return gateway_api.delete_network_token(
        network_id=network_id,
        token_address=token_address,
    )


def list_network_pools(
    *,
    network_id: str,
    connector: str,
    pool_type: Literal["amm", "clmm"] | None = None,
    search: str | None = None,
) -> Request[dict[str, Any]]:
    """Pools that Gateway knows on a network.

    GET /gateway/networks/{network_id}/pools, risk: read.

    Args:
        search: Pair or address
    """
    return gateway_api.get_network_pools(
        network_id=network_id,
        connector=connector,
        pool_type=pool_type,
        search=search,
    )


def import_network_pool(
    *,
    network_id: str,
    pool_address: str,
) -> Request[dict[str, Any]]:
    """Add a pool by address alone, with its tokens, from GeckoTerminal.

    POST /gateway/networks/{network_id}/pools/save/{pool_address}, risk: write.
    """
    return gateway_api.save_network_pool(
        network_id=network_id,
        pool_address=pool_address,
    )


def add_network_pool(
    *,
    network_id: str,
    connector_name: str,
    type: Literal["amm", "clmm"],
    address: str,
    base: str,
    quote: str,
    base_address: str,
    quote_address: str,
    fee_pct: Decimal | None = None,
) -> Request[dict[str, Any]]:
    """Add a pool that import_network_pool can't find.

    POST /gateway/networks/{network_id}/pools, risk: write.
    """
    return gateway_api.add_network_pool(
        network_id=network_id,
        body=AddPoolRequest(
            connector_name=connector_name,
            type=type,
            address=address,
            base=base,
            quote=quote,
            base_address=base_address,
            quote_address=quote_address,
            fee_pct=fee_pct,
        ),
    )


def delete_network_pool(
    *,
    network_id: str,
    pool_address: str,
) -> Request[dict[str, Any]]:
    """Remove a pool from Gateway's list; liquidity in it stays.

    DELETE /gateway/networks/{network_id}/pools/{pool_address}, risk: destructive.
    """
    return gateway_api.delete_network_pool(
        network_id=network_id,
        pool_address=pool_address,
    )


def read_wallets() -> Request[Any]:
    """Wallets by chain; list_wallets tells a default that isn't there.

    GET /accounts/gateway/wallets, risk: read.
    """
    return accounts_api.list_gateway_wallets()


def add_wallet(
    *,
    chain: str,
    private_key: str,
    set_default: bool | None = None,
) -> Request[Any]:
    """Import a wallet into Gateway. Its private key passes through this conversation: better the user enters it on the
    API's own page, /docs.

    POST /accounts/gateway/add-wallet, risk: secret.

    Args:
        chain: solana or ethereum (all EVM)
    """
    return accounts_api.add_gateway_wallet(
        body=GatewayWalletCredential(
            chain=chain,
            private_key=private_key,
            set_default=set_default,
        )
    )


def set_default_wallet(
    *,
    chain: str,
    address: str,
) -> Request[dict[str, Any]]:
    """Set the wallet of a chain's trades that name none.

    POST /accounts/gateway/wallet/set-default, risk: write.

    Args:
        chain: solana or ethereum (all EVM)
    """
    return accounts_api.set_default_gateway_wallet(
        body=SetDefaultWalletRequest(
            chain=chain,
            address=address,
        )
    )


def delete_wallet_key(
    *,
    chain: str,
    address: str,
) -> Request[Any]:
    """Delete a wallet's key; Gateway says yes for unknown wallets too, remove_wallet looks.

    DELETE /accounts/gateway/{chain}/{address}, risk: destructive.

    Args:
        chain: solana or ethereum (all EVM)
    """
    return accounts_api.remove_gateway_wallet(
        chain=chain,
        address=address,
    )
