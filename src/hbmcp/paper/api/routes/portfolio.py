"""What everything is worth: now, over time, and by token and account."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from hbmcp.paper.api.routes.base import Call, Json, Refusal, Routes, connected, moment
from hbmcp.paper.api.routes.token_values import in_dollars, oracle
from hbmcp.paper.exchange.records import Balance

MINUTE = 60_000
INTERVALS = {"5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720, "1d": 1440}

State = dict[str, dict[str, list[dict[str, Json]]]]  # account -> exchange -> one object for each token


def state(call: Call) -> Json:
    return _state(call, call.body["account_names"], call.body["connector_names"])


def history(call: Call) -> Json:
    """Snapshots on the grid of the interval, newest first; `next_cursor` is the time of the last one shown."""
    wanted = call.body
    interval = wanted["interval"] or "5m"
    if interval not in INTERVALS:
        raise Refusal(500, None)
    step, limit, now = INTERVALS[interval] * MINUTE, wanted["limit"], call.engine.now()
    last = min(now, now if wanted["end_time"] is None else wanted["end_time"])
    if wanted["cursor"]:
        last = min(last, _time(wanted["cursor"]) - 1)
    last -= last % step
    first = max(moment(wanted["start_time"]) or 0, last - limit * step)  # one more than is shown, to know of it
    first += -first % step
    found: dict[int, State] = {}
    for account, exchange in connected(call.engine, wanted["account_names"], wanted["connector_names"]):
        for snapshot in call.engine.reported_history(account, exchange, first, last, step) if first <= last else ():
            found.setdefault(snapshot.at, {}).setdefault(account, {})[exchange] = _tokens(
                call, snapshot.balances, snapshot.at
            )
    times = sorted(found, reverse=True)
    shown, more = times[:limit], len(times) > limit
    return {
        "data": [{"timestamp": _iso(at), "state": found[at]} for at in shown],
        "pagination": {
            "limit": limit,
            "has_more": more,
            "next_cursor": _iso(shown[-1]) if more else None,
            "current_cursor": wanted["cursor"],
            "filters": {name: wanted[name] for name in ("account_names", "connector_names", "start_time", "end_time")}
            | {"interval": interval},
        },
    }


def distribution(call: Call) -> Json:
    """By token, the most valuable first."""
    names = call.body["account_names"]
    held = _state(call, names, call.body["connector_names"])
    total = _sum(row["value"] for exchanges in held.values() for rows in exchanges.values() for row in rows)
    tokens: dict[str, Json] = {}
    for account, exchanges in held.items():
        for exchange, rows in exchanges.items():
            for row in rows:
                token = tokens.setdefault(row["token"], {})
                token.setdefault(account, {})[exchange] = {"value": row["value"], "units": row["units"]}
    listed: list[dict[str, Json]] = []
    for token, accounts in tokens.items():
        by_account: dict[str, Json] = {}
        for account, by_exchange in accounts.items():
            value = _sum(part["value"] for part in by_exchange.values())
            by_account[account] = {
                "value": _rounded(value),
                "units": _sum(part["units"] for part in by_exchange.values()),
                "percentage": _share(value, total),
                "connectors": {
                    name: {"value": _rounded(part["value"]), "units": part["units"]}
                    for name, part in by_exchange.items()
                },
            }
        value = _sum(part["value"] for by_exchange in accounts.values() for part in by_exchange.values())
        listed.append(
            {
                "token": token,
                "total_value": _rounded(value),
                "total_units": _sum(one["units"] for one in by_account.values()),
                "percentage": _share(value, total),
                "accounts": by_account,
            }
        )
    listed.sort(key=lambda one: one["total_value"], reverse=True)
    return {
        "total_portfolio_value": _rounded(total),
        "token_count": len(listed),
        "distribution": listed,
        "account_filter": ", ".join(names) if names else "all_accounts",
    }


def accounts_distribution(call: Call) -> Json:
    """By account, the most valuable first."""
    values = {
        account: {exchange: _sum(row["value"] for row in rows) for exchange, rows in exchanges.items()}
        for account, exchanges in _state(call, None, None).items()
    }
    totals = {account: _sum(by_exchange.values()) for account, by_exchange in values.items()}
    total = _sum(totals.values())
    return {
        "total_portfolio_value": _rounded(total),
        "account_count": len(values),
        "distribution": [
            {
                "account": account,
                "total_value": _rounded(totals[account]),
                "percentage": _share(totals[account], total),
                "connectors": {
                    exchange: {"value": _rounded(value), "percentage": _share(value, total)}
                    for exchange, value in values[account].items()
                },
            }
            for account in sorted(totals, key=lambda one: totals[one], reverse=True)
        ],
    }


def _state(call: Call, accounts: Sequence[str] | None, exchanges: Sequence[str] | None) -> State:
    held: State = {}
    for account, exchange in connected(call.engine, accounts, exchanges):
        balances = call.engine.reported(account, exchange)
        held.setdefault(account, {})[exchange] = _tokens(call, balances, call.engine.now())
    return held


def _tokens(call: Call, balances: Mapping[str, Balance], at: int) -> list[dict[str, Json]]:
    rows = []
    for token, balance in balances.items():
        if balance.total:
            price = in_dollars(call.market, oracle(call.paper).source, token, at) or Decimal(0)
            rows.append(
                {
                    "token": token,
                    "units": balance.total,
                    "price": price,
                    "value": balance.total * price,
                    "available_units": balance.available,
                }
            )
    return rows


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _rounded(value: Decimal) -> Decimal:
    return round(value, 6)


def _share(value: Decimal, total: Decimal) -> Decimal:
    return round(value / total * 100, 4) if total else Decimal(0)


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).isoformat()


def _time(cursor: str) -> int:
    try:
        read = datetime.fromisoformat(cursor)
    except ValueError:
        raise Refusal(500, None) from None
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


ROUTES: Routes = {
    "POST /portfolio/state": state,
    "POST /portfolio/history": history,
    "POST /portfolio/distribution": distribution,
    "GET /portfolio/accounts-distribution": accounts_distribution,
}
