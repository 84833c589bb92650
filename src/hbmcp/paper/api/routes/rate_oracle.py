"""The rate oracle: what tokens are worth in one another, and where it looks."""

from hbmcp.paper.api.routes.base import Call, Json, Refusal, Routes
from hbmcp.paper.api.routes.token_values import Oracle, oracle, rate
from hbmcp.paper.market.listings import EXCHANGES


def sources(_: Call) -> Json:
    return list(EXCHANGES)


def config(call: Call) -> Json:
    return {**_config(oracle(call.paper)), "available_sources": list(EXCHANGES)}


def update_config(call: Call) -> Json:
    kept, source, token = oracle(call.paper), call.body["rate_oracle_source"], call.body["global_token"]
    changes = []
    if source:
        if source["name"] not in EXCHANGES:
            raise Refusal(400, f"Invalid rate oracle source: {source['name']}. Available sources: {list(EXCHANGES)}")
        kept.source = source["name"]
        changes.append(f"rate_oracle_source updated to {kept.source}")
    if token:
        kept.token, kept.symbol = token["global_token_name"], token["global_token_symbol"]
        changes += [f"global_token_name updated to {kept.token}", f"global_token_symbol updated to {kept.symbol}"]
    return {"success": True, "message": "; ".join(changes) or "No changes made", "config": _config(kept)}


def rates(call: Call) -> Json:
    return {**_source(call), "rates": {pair: _rate(call, pair) for pair in call.body["trading_pairs"]}}


def one_rate(call: Call) -> Json:
    pair = call.path["trading_pair"]
    return {"trading_pair": pair, "rate": _rate(call, pair), **_source(call)}


def prices(call: Call) -> Json:
    found = {pair: _rate(call, pair) for pair in EXCHANGES[oracle(call.paper).source].pairs}
    return {**_source(call), "prices_count": len(found), "prices": found}


def _rate(call: Call, pair: str) -> Json:
    return rate(call.market, oracle(call.paper).source, pair, call.engine.now())


def _source(call: Call) -> Json:
    kept = oracle(call.paper)
    return {"source": kept.source, "quote_token": kept.token}


def _config(kept: Oracle) -> Json:
    return {
        "rate_oracle_source": {"name": kept.source},
        "global_token": {"global_token_name": kept.token, "global_token_symbol": kept.symbol},
    }


ROUTES: Routes = {
    "GET /rate-oracle/sources": sources,
    "GET /rate-oracle/config": config,
    "PUT /rate-oracle/config": update_config,
    "POST /rate-oracle/rates": rates,
    "GET /rate-oracle/rate/{trading_pair}": one_rate,
    "GET /rate-oracle/rate-async/{trading_pair}": one_rate,
    "GET /rate-oracle/prices": prices,
}
