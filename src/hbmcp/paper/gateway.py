"""A stand-in of Gateway, which a paper exchange starts when it is asked to: invented chains, tokens, pools and prices.

It keeps what it was told until the process ends, and no key. Nothing that is done here touches a chain or the paper
exchange's balances. It behaves, and fails, as Gateway 2.13 does behind the API.
"""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attrs import Factory, define

CHAINS = {"ethereum": ("base", "mainnet"), "solana": ("devnet", "mainnet-beta")}
NETWORKS = {f"{chain}-{network}": (chain, network) for chain, networks in CHAINS.items() for network in networks}
# name -> trading types, chain
CONNECTORS = {
    "0x": (("router",), "ethereum"),
    "jupiter": (("router",), "solana"),
    "meteora": (("clmm",), "solana"),
    "raydium": (("amm", "clmm"), "solana"),
    "uniswap": (("amm", "clmm", "router"), "ethereum"),
}
PRICES = {"SOL": Decimal(150), "JUP": Decimal("0.5"), "WETH": Decimal(3000), "USDC": Decimal(1)}  # in USDC
# The pool of SOL-USDC of each connector that has one.
POOLS = {"meteora": "PaperPooLMeteoraSoLUSDC", "raydium": "PaperPooLRaydiumSoLUSDC"}


def _tokens() -> dict[str, dict[str, dict[str, Any]]]:
    """network -> address -> token"""
    known: dict[str, dict[str, dict[str, Any]]] = {network: {} for network in NETWORKS}
    for symbol, decimals, network in (
        ("SOL", 9, "solana-mainnet-beta"),
        ("JUP", 6, "solana-mainnet-beta"),
        ("USDC", 6, "solana-mainnet-beta"),
        ("WETH", 18, "ethereum-mainnet"),
        ("USDC", 6, "ethereum-mainnet"),
    ):
        address = made_address(network.partition("-")[0], f"{network} {symbol}")
        known[network][address] = {"name": symbol, "symbol": symbol, "address": address, "decimals": decimals}
    return known


def _settings() -> dict[str, dict[str, Any]]:
    """Of connectors, chains' networks: name -> setting -> value."""
    networks = {
        name: {
            "default_network": network,
            "default_wallet": placeholder(chain),
            "rpc_provider": "url",
            "node_url": f"https://{name}.paper.invalid/v1/paper-node-key",
            "native_currency_symbol": "SOL" if chain == "solana" else "ETH",
        }
        for name, (chain, network) in NETWORKS.items()
    }
    return {**{name: {"slippage_pct": 1} for name in CONNECTORS}, **networks}


def placeholder(chain: str) -> str:
    """The default wallet of a chain that never had one."""
    return f"<{chain}-wallet-address>"


def made_address(chain: str, seed: str) -> str:
    """An address that looks like one of the chain."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    return f"0x{digest[:40]}" if chain == "ethereum" else f"Paper{digest[:39]}".replace("0", "x")


@define
class Gateway:
    """What it was told. `swaps`, `positions` and `events` are the API's records, newest first."""

    running: bool = False
    lines: list[str] = Factory(list)
    wallets: dict[str, list[str]] = Factory(lambda: {chain: [] for chain in CHAINS})
    defaults: dict[str, str] = Factory(lambda: {chain: placeholder(chain) for chain in CHAINS})
    api_keys: dict[str, str] = Factory(lambda: dict.fromkeys(("helius", "infura"), ""))
    settings: dict[str, dict[str, Any]] = Factory(_settings)
    tokens: dict[str, dict[str, dict[str, Any]]] = Factory(_tokens)
    pools: list[dict[str, Any]] = Factory(list)
    swaps: list[dict[str, Any]] = Factory(list)
    positions: list[dict[str, Any]] = Factory(list)
    events: dict[str, list[dict[str, Any]]] = Factory(dict)
    sent: int = 0

    def log(self, now: int, level: str, text: str) -> None:
        """A line at `now`, in milliseconds."""
        self.lines.append(f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%d %H:%M:%S} | {level} | \t{text}")

    def transaction(self) -> str:
        """The hash of one more."""
        self.sent += 1
        return f"PaperTx{self.sent:04d}{hashlib.sha256(str(self.sent).encode()).hexdigest()}"

    def price(self, trading_pair: str) -> Decimal | None:
        """In quote per base; None for a token that it doesn't know."""
        base, _, quote = trading_pair.partition("-")
        return PRICES[base] / PRICES[quote] if base in PRICES and quote in PRICES else None
