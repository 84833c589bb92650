"""Executors: made, found, stopped, and the positions that they leave behind."""

from collections.abc import Iterable

from hbmcp.paper.api.routes.base import Call, Json, Paper, Refusal, Routes, page
from hbmcp.paper.errors import PaperError
from hbmcp.paper.executors import Executors, view
from hbmcp.paper.executors import held_positions as positions
from hbmcp.paper.executors.config import TYPES, BadConfig, describe
from hbmcp.paper.executors.record import Record
from hbmcp.paper.executors.runner import AlreadyClosed, UnknownExecutor
from hbmcp.paper.market.clock import iso
from hbmcp.paper.market.listings import ACCOUNTS


def executors_of(paper: Paper) -> Executors:
    return paper.part("executors", lambda: Executors(paper.engine, paper.market, paper.store))


def catch_up(paper: Paper) -> None:
    """Lets the executors do what they had to do since the last request: before anything else is answered."""
    executors_of(paper).catch_up()


def create(call: Call) -> Json:
    account = call.body["account_name"] or ACCOUNTS[0]
    try:
        record = executors_of(call.paper).create(account, call.body["controller_id"], call.body["executor_config"])
    except BadConfig as error:
        raise Refusal(400, str(error)) from None
    except PaperError as error:
        raise Refusal(500, str(error)) from None
    return {
        "executor_id": record.id,
        "executor_type": record.kind,
        "connector_name": record.exchange,
        "trading_pair": record.pair,
        "controller_id": record.controller,
        "status": record.status,
        "created_at": iso(record.created),
    }


def search(call: Call) -> Json:
    wanted = call.body
    filters = {
        "account_name": wanted["account_names"],
        "connector_name": wanted["connector_names"],
        "trading_pair": wanted["trading_pairs"],
        "executor_type": wanted["executor_types"],
        "controller_id": wanted["controller_ids"],
        "status": wanted["status"] and [wanted["status"]],
    }
    rows = [
        row
        for row in _rows(call, executors_of(call.paper).shelf.all())
        if all(row[name] in values for name, values in filters.items() if values)
    ]
    shown, pagination = page(
        rows, wanted["limit"], wanted["cursor"], lambda row: f"{row['created_at']}:{row['executor_id']}"
    )
    return {"data": shown, "pagination": pagination}


def detail(call: Call) -> Json:
    return view.detail(_rows(call, [_known(call)])[0])


def logs(call: Call) -> Json:
    """None for an executor that nobody knows, as the real API has it."""
    record = executors_of(call.paper).shelf.get(call.path["executor_id"])
    level = call.query["level"]
    entries = [
        {"timestamp": iso(entry["at"]), "level": entry["level"], "message": entry["message"], "exc_info": None}
        for entry in (record.logs if record else [])
        if level is None or entry["level"] == level.upper()
    ]
    limit = call.query["limit"]
    return {
        "executor_id": call.path["executor_id"],
        "logs": entries[-limit:] if limit > 0 else [],
        "total_count": len(entries),
    }


def stop(call: Call) -> Json:
    keep = call.body["keep_position"]
    try:
        record = executors_of(call.paper).stop(call.path["executor_id"], keep=keep)
    except UnknownExecutor as error:
        raise Refusal(404, str(error)) from None
    except AlreadyClosed as error:
        raise Refusal(400, str(error)) from None
    return {"executor_id": record.id, "status": "stopping", "keep_position": keep}


def summary(call: Call) -> Json:
    return view.summary(_rows(call, executors_of(call.paper).shelf.active()))


def performance(call: Call) -> Json:
    controller = call.query["controller_id"]
    records = [
        record
        for record in executors_of(call.paper).shelf.all()
        if controller is None or record.controller == controller
    ]
    return view.performance(controller, _rows(call, records), _held_rows(call, records))


def types(_: Call) -> Json:
    return {
        "executor_types": [
            {"type": name, "description": model.description, "use_case": model.use_case}
            for name, model in TYPES.items()
        ]
    }


def config(call: Call) -> Json:
    kind = call.path["executor_type"]
    if kind not in TYPES:
        raise Refusal(404, f"Unknown executor type '{kind}'. Valid types: {list(TYPES)}")
    return describe(kind)


def held_summary(call: Call) -> Json:
    controller = call.query["controller_id"]
    rows = [
        row
        for row in _held_rows(call, executors_of(call.paper).shelf.all())
        if controller in (None, row["controller_id"])
    ]
    return {
        "total_positions": len(rows),
        "total_realized_pnl": sum(row["realized_pnl_quote"] for row in rows),
        "total_unrealized_pnl": sum(row["unrealized_pnl_quote"] for row in rows),
        "positions": rows,
    }


def held(call: Call) -> Json:
    key, records = _held(call)
    return positions.describe(key, records, call.market, executors_of(call.paper).engine.now())


def clear_held(call: Call) -> Json:
    key, records = _held(call)
    executors_of(call.paper).release(records)
    return {
        "message": f"Position hold for {key.exchange}/{key.pair} cleared",
        "connector_name": key.exchange,
        "trading_pair": key.pair,
    }


def _held(call: Call) -> tuple[positions.Key, list[Record]]:
    key = positions.Key(
        call.query["account_name"], call.path["connector_name"], call.path["trading_pair"], call.query["controller_id"]
    )
    records = positions.held(executors_of(call.paper).shelf.all()).get(key)
    if not records:
        raise Refusal(404, f"No position hold found for {key.exchange}/{key.pair}")
    return key, records


def _held_rows(call: Call, records: Iterable[Record]) -> list[view.Row]:
    now = executors_of(call.paper).engine.now()
    return [positions.describe(key, several, call.market, now) for key, several in positions.held(records).items()]


def _known(call: Call) -> Record:
    try:
        return executors_of(call.paper).get(call.path["executor_id"])
    except UnknownExecutor as error:
        raise Refusal(404, str(error)) from None


def _rows(call: Call, records: Iterable[Record]) -> list[view.Row]:
    executors = executors_of(call.paper)
    now = executors.engine.now()
    return [view.running(*executors.load(record, now)) if record.active else view.ended(record) for record in records]


ROUTES: Routes = {
    "POST /executors/": create,
    "POST /executors/search": search,
    "GET /executors/summary": summary,
    "GET /executors/performance": performance,
    "GET /executors/types/available": types,
    "GET /executors/types/{executor_type}/config": config,
    "GET /executors/positions/summary": held_summary,
    "GET /executors/positions/{connector_name}/{trading_pair}": held,
    "DELETE /executors/positions/{connector_name}/{trading_pair}": clear_held,
    "GET /executors/{executor_id}": detail,
    "GET /executors/{executor_id}/logs": logs,
    "POST /executors/{executor_id}/stop": stop,
}
