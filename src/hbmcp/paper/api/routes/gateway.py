"""The stand-in of Gateway: its container, settings, tokens, pools and wallets."""

import re
from typing import Any

from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal, Routes
from hbmcp.paper.gateway import CHAINS, CONNECTORS, NETWORKS, POOLS, Gateway, made_address

NO_GATEWAY = "Gateway service is not available"
RESTART = {"restart_required": True, "restart_endpoint": "POST /gateway/restart"}
NOT_ALLOWED = "Gateway error: body/chain must be equal to one of the allowed values"

_KEYS = {"ethereum": re.compile(r"(0x)?[0-9a-fA-F]{64}"), "solana": re.compile(r"[1-9A-HJ-NP-Za-km-z]{64,90}")}


def stand_in(call: Call) -> Gateway:
    """The one of this paper exchange, running or not."""
    return call.paper.part("gateway", Gateway)


def asks(handler: Handler) -> Handler:
    """A handler that Gateway has to run for."""

    def handled(call: Call) -> Json:
        if not stand_in(call).running:
            raise Refusal(503, NO_GATEWAY)
        return handler(call)

    return handled


def note(call: Call, level: str, text: str) -> None:
    stand_in(call).log(call.engine.now(), level, text)


# the container


def status(call: Call) -> Json:
    running = stand_in(call).running
    there = {"container_id": "paper", "image": "hummingbot/gateway:latest", "created_at": None, "port": 15888}
    return {"running": running, **(there if running else dict.fromkeys(there))}


def start(call: Call) -> Json:
    stand_in(call).running = True
    note(call, "info", "Gateway version 2.13.0 starting at https://localhost:15888")
    for name in NETWORKS:
        note(call, "info", f"{name}: {stand_in(call).settings[name].get('node_url')}")
    return {"success": True, "message": "Gateway started successfully", "container_id": "paper", "port": 15888}


def stop(call: Call) -> Json:
    stand_in(call).running = False
    return {"success": True, "message": "Gateway stopped successfully"}


def logs(call: Call) -> Json:
    lines = stand_in(call).lines
    if not lines:
        raise Refusal(500, None)  # there is no container yet
    return {"success": True, "logs": "\n".join(lines[-call.query["tail"] :]) + "\n"}


# settings


def connectors(_: Call) -> Json:
    return {
        "connectors": [
            {"name": name, "trading_types": list(types), "chain": chain, "networks": list(CHAINS[chain])}
            for name, (types, chain) in CONNECTORS.items()
        ]
    }


def chains(_: Call) -> Json:
    return {"chains": [{"chain": chain, "networks": list(networks)} for chain, networks in CHAINS.items()]}


def networks(_: Call) -> Json:
    rows = [{"network_id": name, "chain": chain, "network": network} for name, (chain, network) in NETWORKS.items()]
    return {"networks": rows, "count": len(rows)}


def settings(call: Call) -> Json:
    name = call.path.get("connector_name") or call.path["network_id"]
    return stand_in(call).settings.get(name) or {"error": f"Namespace '{name}' not found", "status": 404}


def change_settings(call: Call) -> Json:
    """One after the other: who gives a wrong one among good ones gets the good ones changed."""
    name = call.path.get("connector_name") or call.path["network_id"]
    results = [_set(call, name, setting, value) for setting, value in call.body.items()]
    message = f"Updated {len(results)} config parameter(s) for {name}. Restart Gateway."
    return {"success": True, "message": message, **RESTART, "results": results}


def _set(call: Call, name: str, setting: str, value: Any) -> Json:
    kept = stand_in(call).settings.get(name, {})
    note(call, "info", f'Updating {name}.{setting} with value: "{value}"')
    if setting not in kept or not isinstance(value, type(kept[setting]) | float):
        return {"error": f"Cannot set {name}.{setting} to {value}: JSON schema violation.", "status": 400}
    kept[setting] = value
    return {"message": f"Configuration updated successfully: '{name}.{setting}' set to \"{value}\""}


def change_api_keys(call: Call) -> Json:
    given = call.body["api_keys"]
    stand_in(call).api_keys.update(given)
    for name, key in given.items():
        note(call, "info", f'Updating apiKeys.{name} with value: "{key}"')
    message = f"Updated {len(given)} API key(s). Restart Gateway for changes to take effect."
    return {"success": True, "message": message, **RESTART, "updated_keys": list(given)}


# tokens and pools


def tokens(call: Call) -> Json:
    network = call.path["network_id"]
    if network not in NETWORKS:
        return {"error": f"Token list not found for {network.replace('-', '/', 1)}", "status": 404}
    wanted = (call.query["search"] or "").lower()
    known = stand_in(call).tokens[network].values()
    return {"tokens": [one for one in known if wanted in one["symbol"].lower() or wanted in one["name"].lower()]}


def add_token(call: Call) -> Json:
    network, token = call.path["network_id"], call.body
    if network not in NETWORKS:
        raise Refusal(400, f"Failed to add token: Unsupported network: {network}")
    named = {"name": token["symbol"], **{name: value for name, value in token.items() if value is not None}}
    stand_in(call).tokens[network][token["address"]] = named
    return {
        "success": True,
        "message": f"Token {token['symbol']} added to {network}.",
        "token": {"symbol": token["symbol"], "address": token["address"], "network_id": network},
    }


def delete_token(call: Call) -> Json:
    network, address = call.path["network_id"], call.path["token_address"]
    if stand_in(call).tokens.get(network, {}).pop(address, None) is None:
        raise Refusal(404, f"Failed to delete token: Token {address} not found in {network}")
    message = f"Token {address} deleted from {network}."
    return {"success": True, "message": message, "token_address": address, "network_id": network}


def pools(call: Call) -> Json:
    """Without a connector the API takes Gateway's error for a list."""
    network, connector = call.path["network_id"], call.query["connector"]
    if connector is None:
        return {"pools": ["error", "status"], "count": 2, "network_id": network}
    wanted = (call.query["search"] or "").lower()
    own = [_own_pool(connector)] if connector in POOLS and network == "solana-mainnet-beta" else []
    added = [one for one in stand_in(call).pools if (one["connector"], one["network_id"]) == (connector, network)]
    found = [one for one in [*own, *added] if wanted in f"{one['trading_pair']} {one['address']}".lower()]
    return {"pools": found, "count": len(found), "network_id": network}


def _own_pool(connector: str) -> Json:
    return {
        "type": "clmm",
        "base": "SOL",
        "quote": "USDC",
        "fee_pct": 0.04,
        "address": POOLS[connector],
        "trading_pair": "SOL-USDC",
    }


def add_pool(call: Call) -> Json:
    network, pool = call.path["network_id"], call.body
    if pool["connector_name"] not in CONNECTORS:
        raise Refusal(400, f"Failed to add pool: Unsupported connector: {pool['connector_name']}")
    if pool["connector_name"] == "meteora":  # it looks each up, and there is none but its own
        raise Refusal(404, f"Failed to add pool: Pool not found or unable to fetch pool info: {pool['address']}")
    pair = f"{pool['base']}-{pool['quote']}"
    told = {
        "trading_pair": pair,
        "connector": pool["connector_name"],
        "type": pool["type"],
        "address": pool["address"],
        "network_id": network,
    }
    stand_in(call).pools.append(told)
    return {"success": True, "message": f"Pool {pair} added to {network}.", "pool": told}


def cant_save(what: str, why: str) -> Handler:
    """No GeckoTerminal is asked from here."""

    def handler(call: Call) -> Json:
        note(call, "error", f"GeckoTerminal request failed for {what}: getaddrinfo ENOTFOUND")
        raise Refusal(400, f"Failed to save {what}: {why}")

    return handler


def cant_delete_pool(_: Call) -> Json:
    raise Refusal(400, "Failed to delete pool: querystring must have required property 'connector'")


# wallets


def wallets(call: Call) -> Json:
    gateway = stand_in(call)
    return [
        {"chain": chain, "walletAddresses": list(addresses), "default_address": gateway.defaults[chain]}
        for chain, addresses in gateway.wallets.items()
    ]


def add_wallet(call: Call) -> Json:
    chain, key = call.body["chain"], call.body["private_key"]
    if chain not in CHAINS:
        raise Refusal(400, NOT_ALLOWED)
    if not _KEYS[chain].fullmatch(key):
        told = f"Unable to retrieve wallet address for provided private key: {key[:5]}..."
        note(call, "error", told)
        raise Refusal(400, f"Gateway error: {told}")
    gateway, address = stand_in(call), made_address(chain, key)
    if address not in gateway.wallets[chain]:
        gateway.wallets[chain].append(address)
    if call.body["set_default"]:
        gateway.defaults[chain] = address
    return {"address": address}


def set_default_wallet(call: Call) -> Json:
    chain, address = call.body["chain"], call.body["address"]
    if address not in stand_in(call).wallets.get(chain, ()):
        raise Refusal(
            400,
            f"Failed to set default wallet: Wallet {address} not found for chain {chain}. Please add the wallet first.",
        )
    stand_in(call).defaults[chain] = address
    message = f"Set {address} as default wallet for {chain}"
    return {"success": True, "message": message, "chain": chain, "address": address}


def remove_wallet(call: Call) -> Json:
    """What isn't there is removed too, and a default stays one."""
    chain, address = call.path["chain"], call.path["address"]
    if chain not in CHAINS:
        raise Refusal(400, NOT_ALLOWED)
    held = stand_in(call).wallets[chain]
    if address in held:
        held.remove(address)
    return {"success": True, "message": f"Successfully removed {chain} wallet"}


_ASKING: Routes = {
    "GET /gateway/apiKeys": lambda call: dict(stand_in(call).api_keys),
    "POST /gateway/apiKeys": change_api_keys,
    "GET /gateway/chains": chains,
    "GET /gateway/connectors": connectors,
    "GET /gateway/connectors/{connector_name}": settings,
    "POST /gateway/connectors/{connector_name}": change_settings,
    "GET /gateway/networks": networks,
    "GET /gateway/networks/{network_id}": settings,
    "POST /gateway/networks/{network_id}": change_settings,
    "GET /gateway/networks/{network_id}/pools": pools,
    "POST /gateway/networks/{network_id}/pools": add_pool,
    "POST /gateway/networks/{network_id}/pools/save/{pool_address}": cant_save(
        "pool", "Failed to fetch pools from GeckoTerminal"
    ),
    "DELETE /gateway/networks/{network_id}/pools/{pool_address}": cant_delete_pool,
    "GET /gateway/networks/{network_id}/tokens": tokens,
    "POST /gateway/networks/{network_id}/tokens": add_token,
    "POST /gateway/networks/{network_id}/tokens/save/{token_address}": cant_save(
        "token", "Failed to process token operation"
    ),
    "DELETE /gateway/networks/{network_id}/tokens/{token_address}": delete_token,
    "GET /gateway/pools": lambda call: list(stand_in(call).pools),
    "POST /accounts/gateway/add-wallet": add_wallet,
    "POST /accounts/gateway/wallet/set-default": set_default_wallet,
    "GET /accounts/gateway/wallets": wallets,
    "DELETE /accounts/gateway/{chain}/{address}": remove_wallet,
}

ROUTES: Routes = {
    **{key: asks(handler) for key, handler in _ASKING.items()},
    "GET /gateway/status": status,
    "GET /gateway/logs": logs,
    "POST /gateway/start": start,
    "POST /gateway/stop": stop,
    "POST /gateway/restart": start,
}
