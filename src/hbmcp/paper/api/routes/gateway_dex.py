"""The stand-in of Gateway: swaps and liquidity, and what the API remembers of them."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from hbmcp.paper.api.routes.base import Call, Json, Refusal, Routes
from hbmcp.paper.api.routes.gateway import asks, note, stand_in
from hbmcp.paper.gateway import CONNECTORS, NETWORKS, POOLS, made_address
from hbmcp.paper.market.clock import iso

NO_TRANSACTION = "No transaction hash returned from Gateway"
POOL_PAIR = "SOL-USDC"


def no_transaction(call: Call, why: str) -> NoReturn:
    """Whatever the cause, the API has one sentence; the log has the cause."""
    note(call, "error", why)
    raise Refusal(500, NO_TRANSACTION)


def amount(value: Any) -> Decimal:
    """0 for none. Refuses with 400 what isn't a number."""
    try:
        found = Decimal(str(value or 0))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refusal(400, f"Invalid number: {value}")
    return found


def chain_of(network: str) -> str:
    chain, dash, _ = network.partition("-")
    if not dash:
        raise Refusal(400, f"Invalid network_id format. Expected 'chain-network', got '{network}'")
    return chain


# swaps


def quoted(call: Call) -> tuple[Decimal, Decimal] | None:
    """What goes in and what comes out."""
    body, gateway = call.body, stand_in(call)
    connector = CONNECTORS.get(body["connector"])
    price = gateway.price(body["trading_pair"])
    if connector is None or "router" not in connector[0] or body["network"] not in NETWORKS or price is None:
        note(call, "error", f"No route found for {body['trading_pair']} on {body['connector']}")
        return None
    base = amount(body["amount"])
    return (base * price, base) if body["side"] == "BUY" else (base, base * price)


def quote(call: Call) -> Json:
    """A quote that failed has the price 0."""
    chain_of(call.body["network"])
    base, _, other = call.body["trading_pair"].partition("-")
    found = quoted(call)
    price = stand_in(call).price(call.body["trading_pair"]) if found else 0
    return {
        "base": base,
        "quote": other,
        "price": str(price),
        "amount": str(call.body["amount"]),
        "amount_in": str(found[0]) if found else None,
        "amount_out": str(found[1]) if found else None,
        "expected_amount": str(found[1]) if found else None,
        "slippage_pct": str(call.body["slippage_pct"]),
        "gas_estimate": None,
    }


def swap(call: Call) -> Json:
    body, gateway = call.body, stand_in(call)
    wallet = body["wallet_address"] or gateway.defaults.get(chain_of(body["network"]), "")
    if wallet not in gateway.wallets.get(chain_of(body["network"]), ()):
        no_transaction(call, f"Wallet not found: {wallet}")
    found = quoted(call)
    if found is None:
        raise Refusal(500, NO_TRANSACTION)
    if not amount(body["slippage_pct"]):
        no_transaction(call, "Slippage tolerance exceeded")
    base, _, other = body["trading_pair"].partition("-")
    late = body["connector"] == "0x"  # pending when it was submitted: the amounts are never learnt
    given, got = found
    row = {
        "transaction_hash": gateway.transaction(),
        "timestamp": iso(call.engine.now()),
        "network": body["network"],
        "connector": body["connector"],
        "wallet_address": wallet,
        "trading_pair": body["trading_pair"],
        "base_token": base,
        "quote_token": other,
        "side": body["side"],
        "input_amount": given,
        "output_amount": Decimal(0) if late else got,
        "price": Decimal(0) if late or not given else got / given,
        "slippage_pct": amount(body["slippage_pct"]),
        "gas_fee": None,
        "gas_token": None,
        "status": "SUBMITTED" if late else "CONFIRMED",
        "pool_address": None,
        "quote_id": None,
        "error_message": None,
    }
    gateway.swaps.insert(0, row)
    return {
        "transaction_hash": row["transaction_hash"],
        "trading_pair": body["trading_pair"],
        "side": body["side"],
        "amount": str(body["amount"]),
        "status": "submitted",
    }


def swaps(call: Call) -> list[Json]:
    """Those that fit the query; what was pending is confirmed when somebody looks."""
    found = stand_in(call).swaps
    for row in found:
        row["status"] = "CONFIRMED"
    since, until = call.query.get("start_time"), call.query.get("end_time")
    return [
        row
        for row in found
        if fits(call, row, "network", "connector", "wallet_address", "trading_pair", "status")
        and (since is None or since <= datetime.fromisoformat(row["timestamp"]).timestamp())
        and (until is None or until >= datetime.fromisoformat(row["timestamp"]).timestamp())
    ]


def fits(call: Call, row: dict[str, Json], *names: str) -> bool:
    """Whether the row has what the query asks for under these names."""
    return all(call.query.get(name) in (None, row[name]) for name in names)


def page(call: Call, rows: list[Json]) -> Json:
    limit, offset = call.query["limit"], call.query["offset"]
    shown = rows[offset : offset + limit] if limit > 0 <= offset else []
    more = len(shown) == limit
    count = None if more else len(rows)
    return {"data": shown, "pagination": {"limit": limit, "offset": offset, "has_more": more, "total_count": count}}


def swap_status(call: Call) -> Json:
    wanted = call.path["transaction_hash"]
    for row in swaps(call):
        if row["transaction_hash"] == wanted:
            return row
    raise Refusal(404, f"Swap not found: {wanted}")


def summary(call: Call) -> Json:
    found = [row for row in swaps(call) if fits(call, row, "network", "wallet_address")]
    return {
        "total_swaps": len(found),
        "confirmed_swaps": len(found),
        "failed_swaps": 0,
        "pending_swaps": 0,
        "success_rate": 1.0 if found else 0,
        "total_volume": sum((row["output_amount"] for row in found), Decimal(0)),
        "total_gas_fees": 0,
    }


# liquidity


def pool_info(call: Call) -> Json:
    connector, pool = call.query["connector"], call.query["pool_address"]
    if connector == "raydium":
        raise Refusal(503, "Failed to get pool info from Raydium API")
    if POOLS.get(connector) != pool:
        note(call, "error", f"Pool not found: {pool}")
        raise Refusal(
            400,
            "1 validation error for CLMMPoolInfoResponse\naddress\n  Field required [type=missing, "
            "input_value={'error': 'Pool not found', 'status': 404}, input_type=dict]",
        )
    price = stand_in(call).price(POOL_PAIR)
    return {
        "address": pool,
        "baseTokenAddress": made_address("solana", "solana-mainnet-beta SOL"),
        "quoteTokenAddress": made_address("solana", "solana-mainnet-beta USDC"),
        "binStep": 4,
        "feePct": "0.04",
        "price": str(price),
        "baseTokenAmount": "1000",
        "quoteTokenAmount": "150000",
        "activeBinId": 0,
        "bins": [],
    }


def wallet_of(call: Call) -> str:
    """Refuses with 400 where the chain has none."""
    chain, gateway = chain_of(call.body["network"]), stand_in(call)
    wallet: str = call.body.get("wallet_address") or gateway.defaults.get(chain, "")
    if wallet not in gateway.wallets.get(chain, ()):
        raise Refusal(400, f"No wallet configured for chain '{chain}'")
    return wallet


def open_position(call: Call) -> Json:
    """Raydium's comes later: its position is there, and Gateway didn't name it."""
    body, gateway, wallet = call.body, stand_in(call), wallet_of(call)
    lower, upper, base, quote = (
        amount(body[name]) for name in ("lower_price", "upper_price", "base_token_amount", "quote_token_amount")
    )
    if POOLS.get(body["connector"]) != body["pool_address"]:
        no_transaction(call, f"Pool not found: {body['pool_address']}")
    if lower >= upper or (not base and not quote):
        no_transaction(call, "Invalid range or amounts")
    transaction = gateway.transaction()
    price = gateway.price(POOL_PAIR) or Decimal(0)
    row = {
        "position_address": made_address("solana", transaction),
        "pool_address": body["pool_address"],
        "network": body["network"],
        "connector": body["connector"],
        "wallet_address": wallet,
        "trading_pair": POOL_PAIR,
        "base_token": "SOL",
        "quote_token": "USDC",
        "created_at": iso(call.engine.now()),
        "closed_at": None,
        "status": "OPEN",
        "lower_price": lower,
        "upper_price": upper,
        "entry_price": price,
        "current_price": price,
        "base_token_amount": base,
        "quote_token_amount": quote,
        "in_range": "IN_RANGE" if lower <= price <= upper else "OUT_OF_RANGE",
        "base_fee_collected": 0,
        "quote_fee_collected": 0,
        "base_fee_pending": Decimal("0.001"),
        "quote_fee_pending": Decimal("0.2"),
        "last_updated": iso(call.engine.now()),
    }
    gateway.positions.insert(0, row)
    late = body["connector"] == "raydium"
    happen(call, row, f"discovered_{row['position_address'][:16]}" if late else transaction, late)
    if late:
        raise Refusal(500, "No position address returned from Gateway")
    return {
        "transaction_hash": transaction,
        "position_address": row["position_address"],
        "trading_pair": POOL_PAIR,
        "pool_address": body["pool_address"],
        "lower_price": str(body["lower_price"]),
        "upper_price": str(body["upper_price"]),
        "status": "submitted",
    }


def happen(call: Call, position: dict[str, Json], transaction: str, discovered: bool, kind: str = "OPEN") -> None:
    stand_in(call).events.setdefault(position["position_address"], []).insert(
        0,
        {
            "transaction_hash": transaction,
            "timestamp": iso(call.engine.now()),
            "event_type": "DISCOVERED" if discovered else kind,
            "status": "CONFIRMED",
            "error_message": None,
        },
    )


def found_position(call: Call) -> dict[str, Json]:
    wallet_of(call)
    wanted = call.body["position_address"]
    for row in stand_in(call).positions:
        if row["position_address"] == wanted and row["status"] == "OPEN":
            return row
    raise Refusal(404, f"Position {wanted} not found in database. Pool address is required.")


def collect(call: Call, kind: str = "COLLECT_FEES") -> Json:
    row = found_position(call)
    transaction = stand_in(call).transaction()
    for token in ("base", "quote"):
        row[f"{token}_fee_collected"] += row[f"{token}_fee_pending"]
    happen(call, row, transaction, False, kind)
    return {
        "transaction_hash": transaction,
        "position_address": row["position_address"],
        "base_fee_collected": str(row["base_fee_collected"]),
        "quote_fee_collected": str(row["quote_fee_collected"]),
        "status": "submitted",
    }


def close(call: Call) -> Json:
    row = found_position(call)
    answer = collect(call, "CLOSE")
    row["status"], row["closed_at"] = "CLOSED", iso(call.engine.now())
    return answer


def no_such_operation(call: Call) -> Json:
    wallet_of(call)
    raise Refusal(500, NO_TRANSACTION)


def owned(call: Call) -> Json:
    """Those of all pools, and none where Gateway failed."""
    wallet = wallet_of(call)
    if call.body["connector"] not in POOLS:
        note(call, "error", f"Unsupported connector: {call.body['connector']}")
        return []
    return [
        {
            **{name: row[name] for name in ("position_address", "pool_address")},
            "trading_pair": "xxxxxSoL-xxxxUSDC",  # the ends of the tokens' addresses
            "base_token": "xxxxxSoL",
            "quote_token": "xxxxUSDC",
            **{
                name: str(row[name])
                for name in ("base_token_amount", "quote_token_amount", "current_price", "lower_price", "upper_price")
            },
            "base_fee_amount": str(row["base_fee_pending"]),
            "quote_fee_amount": str(row["quote_fee_pending"]),
            "in_range": row["in_range"] == "IN_RANGE",
        }
        for row in stand_in(call).positions
        if (row["wallet_address"], row["status"]) == (wallet, "OPEN")
    ]


def positions(call: Call) -> Json:
    wanted = call.query["position_addresses"]
    return page(
        call,
        [
            row
            for row in stand_in(call).positions
            if fits(call, row, "network", "connector", "wallet_address", "trading_pair", "status")
            and (not wanted or row["position_address"] in wanted)
        ],
    )


def events(call: Call) -> Json:
    found = stand_in(call).events.get(call.path["position_address"], [])
    shown = [one for one in found if fits(call, one, "event_type")][: max(call.query["limit"], 0)]
    return {"data": shown, "total_count": len(shown)}


def no_pools(call: Call) -> Json:
    """The API asks without its certificate, whether Gateway runs or not."""
    raise Refusal(503, f"Failed to fetch pools from Gateway for {call.query['connector']}")


_ASKING: Routes = {
    "POST /gateway/swap/quote": quote,
    "POST /gateway/swap/execute": swap,
    "GET /gateway/clmm/pool-info": pool_info,
    "POST /gateway/clmm/open": open_position,
    "POST /gateway/clmm/add": no_such_operation,
    "POST /gateway/clmm/remove": no_such_operation,
    "POST /gateway/clmm/close": close,
    "POST /gateway/clmm/collect-fees": collect,
    "POST /gateway/clmm/positions_owned": owned,
}

ROUTES: Routes = {
    **{key: asks(handler) for key, handler in _ASKING.items()},
    "GET /gateway/clmm/pools": no_pools,
    "POST /gateway/swaps/search": lambda call: page(call, swaps(call)),
    "GET /gateway/swaps/summary": summary,
    "GET /gateway/swaps/{transaction_hash}/status": swap_status,
    "POST /gateway/clmm/positions/search": positions,
    "GET /gateway/clmm/positions/{position_address}/events": events,
}
