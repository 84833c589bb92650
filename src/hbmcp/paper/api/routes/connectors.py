"""Exchanges: which there are, their key fields, order types and trading rules."""

from decimal import Decimal

from hbmcp.paper.api.routes.base import Call, Json, Refusal, Routes
from hbmcp.paper.api.routes.credentials import FIELDS
from hbmcp.paper.market.listings import EXCHANGES, Exchange, Pair

UNBOUNDED, INFINITESIMAL = Decimal("1E+56"), Decimal("1E-56")  # how the connectors say "no limit"


def list_connectors(_: Call) -> Json:
    return list(EXCHANGES)


def config_map(call: Call) -> Json:
    name = call.path["connector_name"]
    if name not in FIELDS:
        raise Refusal(500, None)
    return FIELDS[name]


def order_types(call: Call) -> Json:
    exchange = _exchange(call, "")
    types = ["LIMIT", "MARKET", "LIMIT_MAKER"] if exchange.perpetual else ["LIMIT", "LIMIT_MAKER", "MARKET"]
    return {"connector": exchange.name, "supported_order_types": types}


def trading_rules(call: Call) -> Json:
    """An unknown pair is told in its place, with status 200, as the real API does."""
    exchange = _exchange(call, " or error")
    return {
        name: _rules(exchange.pairs[name]) if name in exchange.pairs else {"error": f"Trading pair {name} not found"}
        for name in call.query["trading_pairs"] or exchange.pairs
    }


def _exchange(call: Call, words: str) -> Exchange:
    name = call.path["connector_name"]
    if name not in EXCHANGES:
        raise Refusal(404, f"Connector '{name}' not found{words}: Connector {name} not found")
    return EXCHANGES[name]


def _rules(pair: Pair) -> Json:
    return {
        "min_order_size": pair.min_size,
        "max_order_size": UNBOUNDED,
        "min_price_increment": pair.tick,
        "min_base_amount_increment": pair.lot,
        "min_quote_amount_increment": INFINITESIMAL,
        "min_notional_size": pair.min_notional,
        "min_order_value": Decimal(0),
        "max_price_significant_digits": UNBOUNDED,
        "supports_limit_orders": True,
        "supports_market_orders": True,
        "buy_order_collateral_token": pair.quote,
        "sell_order_collateral_token": pair.quote,
    }


ROUTES: Routes = {
    "GET /connectors/": list_connectors,
    "GET /connectors/{connector_name}/config-map": config_map,
    "GET /connectors/{connector_name}/order-types": order_types,
    "GET /connectors/{connector_name}/trading-rules": trading_rules,
}
