"""The stand-in of Gateway: nothing runs before it is started, and it fails as the real one does behind the API."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hbmcp.paper.api.routes import gateway, gateway_dex
from hbmcp.paper.gateway import POOLS, placeholder
from tests.paper.paper_api import PaperApi

ROUTES = gateway.ROUTES | gateway_dex.ROUTES
KEY = "0x" + "ab" * 32
SOLANA_KEY = "4" * 88
NETWORK = "solana-mainnet-beta"
SWAP = {"connector": "jupiter", "network": NETWORK, "trading_pair": "SOL-USDC", "side": "SELL", "amount": 2}
RANGE = {"connector": "meteora", "network": NETWORK, "pool_address": POOLS["meteora"]}
RANGE |= {"lower_price": 100, "upper_price": 200, "base_token_amount": 1}
NO_HASH = {"detail": "No transaction hash returned from Gateway"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PaperApi]:
    with PaperApi(tmp_path / "folder") as exchange:
        yield exchange


@pytest.fixture
def started(api: PaperApi) -> PaperApi:
    """With Gateway, and a wallet on solana."""
    api.good("POST", "/gateway/start", {})
    api.good("POST", "/accounts/gateway/add-wallet", {"chain": "solana", "private_key": SOLANA_KEY})
    return api


@pytest.mark.parametrize(
    "key",
    sorted(
        key for key in gateway.ROUTES | gateway_dex.ROUTES if key.startswith("GET") and not re.search("{|clmm", key)
    ),
)
def test_gateway_isnt_there(api: PaperApi, key: str) -> None:
    answer = api.request("GET", key.split()[1], params={"connector_name": "jupiter", "network": "solana"})
    if key == "GET /gateway/status":
        assert not answer.json()["running"]
    elif key == "GET /gateway/logs":
        assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    elif key == "GET /gateway/swaps/summary":
        assert answer.json()["total_swaps"] == 0
    else:
        assert (answer.status_code, answer.json()) == (503, {"detail": "Gateway service is not available"})


def test_what_the_api_itself_would_know_of_gateway_is_empty(api: PaperApi) -> None:
    nothing = {"data": [], "pagination": {"limit": 7, "offset": 3, "has_more": False, "total_count": 0}}
    for path in ("/gateway/swaps/search", "/gateway/clmm/positions/search"):
        assert api.good("POST", path, params={"limit": 7, "offset": 3}) == nothing
    assert api.good("GET", "/gateway/clmm/positions/x/events") == {"data": [], "total_count": 0}
    assert api.request("GET", "/gateway/swaps/abc/status").json() == {"detail": "Swap not found: abc"}
    pools = api.request("GET", "/gateway/clmm/pools", params={"connector": "meteora"})
    assert (pools.status_code, pools.json()["detail"]) == (503, "Failed to fetch pools from Gateway for meteora")


def log(api: PaperApi) -> str:
    text: str = api.good("GET", "/gateway/logs")["logs"]
    return text


def test_it_runs_once_it_is_started_and_until_it_is_stopped(api: PaperApi) -> None:
    assert api.good("POST", "/gateway/start", {})["success"]
    assert api.good("GET", "/gateway/status")["running"]
    assert [one["chain"] for one in api.good("GET", "/gateway/chains")["chains"]] == ["ethereum", "solana"]
    for _ in range(2):  # stopping twice succeeds
        assert api.good("POST", "/gateway/stop")["success"]
    assert api.request("GET", "/gateway/chains").status_code == 503
    assert "starting at" in log(api)


def test_wallets(api: PaperApi) -> None:
    api.good("POST", "/gateway/start", {})
    fresh = api.good("GET", "/accounts/gateway/wallets")
    assert {one["default_address"] for one in fresh} == {placeholder("ethereum"), placeholder("solana")}
    address = api.good("POST", "/accounts/gateway/add-wallet", {"chain": "ethereum", "private_key": KEY})["address"]
    assert KEY not in str(api.paper.parts)
    api.good("DELETE", f"/accounts/gateway/ethereum/{address}")
    api.good("DELETE", "/accounts/gateway/ethereum/0xunknown")
    assert api.good("GET", "/accounts/gateway/wallets")[0] == {
        "chain": "ethereum",
        "walletAddresses": [],
        "default_address": address,
    }
    unknown = api.request("POST", "/accounts/gateway/wallet/set-default", {"chain": "ethereum", "address": address})
    assert (unknown.status_code, "not found" in unknown.text) == (400, True)
    bad = api.request("POST", "/accounts/gateway/add-wallet", {"chain": "ethereum", "private_key": "0xfeed"})
    assert (bad.status_code, "0xfee..." in bad.text) == (400, True)
    for body in ({"chain": "bitcoin", "private_key": KEY},):
        assert api.request("POST", "/accounts/gateway/add-wallet", body).status_code == 400


def test_settings_are_changed_one_by_one(started: PaperApi) -> None:
    path = f"/gateway/networks/{NETWORK}"
    answer = started.good("POST", path, {"node_url": "https://node.invalid/key", "nosuch": 1})
    assert [set(one) for one in answer["results"]] == [{"message"}, {"error", "status"}]
    assert started.good("GET", path)["node_url"] == "https://node.invalid/key"
    assert started.good("GET", "/gateway/networks/ethereum-nosuch")["status"] == 404
    started.good("POST", "/gateway/apiKeys", {"api_keys": {"helius": "hlx"}})
    assert started.good("GET", "/gateway/apiKeys")["helius"] == "hlx"
    assert 'with value: "hlx"' in log(started)


def test_tokens_and_pools(started: PaperApi) -> None:
    tokens, pools = (f"/gateway/networks/{NETWORK}/{what}" for what in ("tokens", "pools"))
    started.good("POST", tokens, {"address": "PaperDog", "symbol": "DOG", "decimals": 6})
    assert [one["address"] for one in started.good("GET", tokens, params={"search": "dog"})["tokens"]] == ["PaperDog"]
    started.good("DELETE", f"{tokens}/PaperDog")
    assert started.request("DELETE", f"{tokens}/PaperDog").status_code == 404
    assert started.good("GET", pools)["pools"] == ["error", "status"]
    assert started.good("GET", pools, params={"connector": "meteora"})["count"] == 1
    pool = {"connector_name": "raydium", "type": "clmm", "address": "PaperPool", "base": "SOL", "quote": "DOG"}
    pool |= {"base_address": "a", "quote_address": "b"}
    started.good("POST", pools, pool)
    assert started.good("GET", pools, params={"connector": "raydium", "search": "dog"})["count"] == 1
    for connector, status in (("meteora", 404), ("nosuch", 400)):
        assert started.request("POST", pools, pool | {"connector_name": connector}).status_code == status
    assert "required property" in started.request("DELETE", f"{pools}/PaperPool").text
    assert "GeckoTerminal" in started.request("POST", f"{pools}/save/x").text
    assert started.request("POST", f"{tokens}/save/x").status_code == 400


def test_a_swap_and_how_it_fails(started: PaperApi) -> None:
    assert started.good("POST", "/gateway/swap/quote", SWAP)["amount_out"] == "300"
    for wrong in ({"connector": "jupiter/router"}, {"trading_pair": "SOL-NOPE"}, {"network": "solana-nope"}):
        answer = started.good("POST", "/gateway/swap/quote", SWAP | wrong)
        assert (answer["price"], answer["amount_in"]) == ("0", None)
        assert started.request("POST", "/gateway/swap/execute", SWAP | wrong).json() == NO_HASH
    assert "No route found" in log(started)
    assert started.request("POST", "/gateway/swap/execute", SWAP | {"slippage_pct": 0}).json() == NO_HASH
    done = started.good("POST", "/gateway/swap/execute", SWAP)["transaction_hash"]
    row = started.good("GET", f"/gateway/swaps/{done}/status")
    assert (row["status"], row["output_amount"], row["price"]) == ("CONFIRMED", 300, 150)
    assert started.good("GET", "/gateway/swaps/summary")["total_swaps"] == 1
    none = started.good("POST", "/gateway/swaps/search", params={"end_time": 1})
    assert none["data"] == []


def test_a_swap_that_was_pending_never_learns_its_amounts(started: PaperApi) -> None:
    started.good("POST", "/accounts/gateway/add-wallet", {"chain": "ethereum", "private_key": KEY})
    body = SWAP | {"connector": "0x", "network": "ethereum-mainnet", "trading_pair": "WETH-USDC"}
    done = started.good("POST", "/gateway/swap/execute", body)["transaction_hash"]
    row = started.good("GET", f"/gateway/swaps/{done}/status")
    assert (row["status"], row["output_amount"], row["price"]) == ("CONFIRMED", 0, 0)


def owned(api: PaperApi, connector: str) -> Any:
    pool = POOLS.get(connector, "any")
    body = {"connector": connector, "network": NETWORK, "pool_address": pool}
    return api.good("POST", "/gateway/clmm/positions_owned", body)


def test_a_position_from_its_opening_to_its_end(started: PaperApi) -> None:
    address = started.good("POST", "/gateway/clmm/open", RANGE)["position_address"]
    late = started.request(
        "POST", "/gateway/clmm/open", {**RANGE, "connector": "raydium", "pool_address": POOLS["raydium"]}
    )
    assert (late.status_code, late.json()["detail"]) == (500, "No position address returned from Gateway")
    assert len(owned(started, "meteora")) == len(owned(started, "raydium")) == 2  # of all pools
    assert owned(started, "nosuch") == []
    body = {"connector": "meteora", "network": NETWORK, "position_address": address}
    for verb, more in (("add", {"base_token_amount": 1}), ("remove", {"percentage": 50})):
        assert started.request("POST", f"/gateway/clmm/{verb}", body | more).json() == NO_HASH
    started.good("POST", "/gateway/clmm/collect-fees", body)
    started.good("POST", "/gateway/clmm/close", body)
    assert started.request("POST", "/gateway/clmm/close", body).status_code == 404
    kinds = [one["event_type"] for one in started.good("GET", f"/gateway/clmm/positions/{address}/events")["data"]]
    assert kinds == ["CLOSE", "COLLECT_FEES", "OPEN"]
    closed = started.good("POST", "/gateway/clmm/positions/search", params={"status": "CLOSED"})["data"]
    assert [one["position_address"] for one in closed] == [address]


def test_pools_and_wallets_that_arent_there(started: PaperApi) -> None:
    assert started.request("POST", "/gateway/clmm/open", RANGE | {"pool_address": "x"}).json() == NO_HASH
    assert started.request("POST", "/gateway/clmm/open", RANGE | {"upper_price": 1}).json() == NO_HASH
    elsewhere = started.request("POST", "/gateway/clmm/open", RANGE | {"network": "ethereum-mainnet"})
    assert elsewhere.json() == {"detail": "No wallet configured for chain 'ethereum'"}
    where = {"network": NETWORK, "pool_address": POOLS["meteora"]}
    assert started.good("GET", "/gateway/clmm/pool-info", params={**where, "connector": "meteora"})["price"] == "150"
    for connector, status in (("raydium", 503), ("jupiter", 400)):
        answer = started.request("GET", "/gateway/clmm/pool-info", params={**where, "connector": connector})
        assert answer.status_code == status
