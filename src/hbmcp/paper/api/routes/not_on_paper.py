"""What a paper exchange doesn't have: bots, a broker, Docker, archives.

It answers as a real installation does where none of them runs. The system's own figures are real ones.
"""

import posixpath

from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal, Routes
from hbmcp.paper.api.system_resources import resources, storage

NO_DOCKER = "('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))"
ARCHIVES = "bots/archived"


def always(answer: Json) -> Handler:
    return lambda _: answer


def refused(status: int, detail: str | None) -> Handler:
    """The detail may name parameters: "Bot {bot_name} not found"."""

    def handler(call: Call) -> Json:
        raise Refusal(status, detail and detail.format(**call.path, **call.query))

    return handler


crash = refused(500, None)


# bots


def unknown_bot(call: Call) -> Json:
    name = call.body["bot_name"] if call.body else call.path["bot_name"]
    return {"status": "success", "response": {"success": False, "message": f"Bot {name} not found"}}


def bot_status(call: Call) -> Json:
    return {"status": "success", "data": {"status": "not_found", "error": f"Bot {call.path['bot_name']} not found"}}


def bot_runs(call: Call) -> Json:
    return {
        "status": "success",
        "data": [],
        "total": 0,
        "limit": call.query["limit"],
        "offset": call.query["offset"],
    }


def performance_history(call: Call) -> Json:
    return {
        "status": "success",
        "data": [],
        "pagination": {
            "next_cursor": None,
            "has_more": False,
            "limit": call.query["limit"],
            "interval": call.query["interval"],
        },
    }


def stop_and_archive(call: Call) -> Json:
    name = call.path["bot_name"]
    return {
        "status": "error",
        "message": f"Bot '{name}' not found in active bots. Active bots: []. Cannot perform graceful shutdown.",
        "details": {
            "input_name": name,
            "actual_bot_name": name,
            "container_name": name,
            "active_bots": [],
            "reason": "Bot must be actively managed via MQTT for graceful shutdown",
        },
    }


def deploy(call: Call) -> Json:
    """Needs Docker, and before that an account of this name."""
    if "/" in call.body["instance_name"]:
        raise Refusal(500, None)
    profile = call.body["credentials_profile"]
    if profile not in call.engine.accounts():
        raise Refusal(500, f"[Errno 2] No such file or directory: 'bots/credentials/{profile}'")
    raise Refusal(500, NO_DOCKER)


BOTS: Routes = {
    "GET /bot-orchestration/status": always({"status": "success", "data": {}}),
    "GET /bot-orchestration/mqtt": always(
        {
            "status": "success",
            "data": {
                "mqtt_connected": False,
                "discovered_bots": [],
                "active_bots": [],
                "broker_host": "localhost",
                "broker_port": 1883,
                "broker_username": "admin",
                "client_state": "disconnected",
            },
        }
    ),
    "GET /bot-orchestration/{bot_name}/status": bot_status,
    "GET /bot-orchestration/{bot_name}/history": unknown_bot,
    "POST /bot-orchestration/start-bot": unknown_bot,
    "POST /bot-orchestration/stop-bot": unknown_bot,
    "POST /bot-orchestration/stop-and-archive-bot/{bot_name}": stop_and_archive,
    "POST /bot-orchestration/deploy-v2-controllers": deploy,
    "POST /bot-orchestration/deploy-v2-script": deploy,
    "GET /bot-orchestration/bot-runs": bot_runs,
    "GET /bot-orchestration/bot-runs/stats": always(
        {
            "status": "success",
            "data": {"total_runs": 0, "active_runs": 0, "strategy_type_counts": {}, "status_counts": {}},
        }
    ),
    "GET /bot-orchestration/bot-runs/{bot_run_id}": refused(404, "Bot run {bot_run_id} not found"),
    "DELETE /bot-orchestration/bot-runs/{bot_run_id}": refused(404, "Bot run {bot_run_id} not found"),
    "GET /bot-orchestration/controller-performance-latest": always({"status": "success", "data": []}),
    "GET /bot-orchestration/controller-performance-history": performance_history,
}


# archived bots


def no_archive(call: Call) -> Json:
    path = call.path["db_path"]
    if not posixpath.normpath(path).startswith(f"{ARCHIVES}/"):
        raise Refusal(400, f"Path '{path}' is outside the archived bots directory")
    raise Refusal(404, f"Database path '{path}' not found")


ARCHIVED: Routes = {
    "GET /archived-bots/": always([]),
    "DELETE /archived-bots/{db_path}": no_archive,
    "GET /archived-bots/{db_path}/status": no_archive,
    "GET /archived-bots/{db_path}/summary": no_archive,
    "GET /archived-bots/{db_path}/performance": no_archive,
    "GET /archived-bots/{db_path}/trades": no_archive,
    "GET /archived-bots/{db_path}/orders": no_archive,
    "GET /archived-bots/{db_path}/executors": no_archive,
    "GET /archived-bots/{db_path}/positions": no_archive,
    "GET /archived-bots/{db_path}/controllers": no_archive,
}


# backtesting: what would run one has no route, so that it is refused with the reason which is curated


no_task = refused(404, "Task {task_id} not found")

BACKTESTING: Routes = {
    "GET /backtesting/tasks": always([]),
    "GET /backtesting/tasks/{task_id}": no_task,
    "DELETE /backtesting/tasks/{task_id}": no_task,
}


# Docker


def pulls(call: Call) -> dict[str, Json]:
    kept: dict[str, Json] = call.paper.part("pulls", dict)
    return kept


def pull_image(call: Call) -> Json:
    """Is begun, and has failed when one looks."""
    image, now = call.body["image_name"], call.engine.now() / 1000
    pulls(call)[image] = {
        "status": "failed",
        "started_at": now,
        "failed_at": now,
        "error": NO_DOCKER,
        "duration_seconds": 0.0,
    }
    return {"message": f"Pull started for {image}", "status": "started", "image_name": image}


def remove_container(call: Call) -> Json:
    name = call.path["container_name"]
    if not name.startswith("hummingbot"):
        raise Refusal(
            400,
            f"This endpoint only removes Hummingbot containers. Container '{name}' is not a Hummingbot container.",
        )
    raise Refusal(500, f"[Errno 2] No such file or directory: 'bots/instances/{name}'")


DOCKER: Routes = {
    "GET /docker/running": crash,
    "GET /docker/available-images/": crash,
    "GET /docker/active-containers": crash,
    "GET /docker/exited-containers": crash,
    "POST /docker/clean-exited-containers": crash,
    "POST /docker/start-container/{container_name}": crash,
    "POST /docker/stop-container/{container_name}": crash,
    "POST /docker/remove-container/{container_name}": remove_container,
    "POST /docker/pull-image/": pull_image,
    "GET /docker/pull-status/": lambda call: {"pull_operations": pulls(call), "total_operations": len(pulls(call))},
}


# the computer


def system_resources(call: Call) -> Json:
    try:
        return resources(call.paper.folder)
    except OSError:
        raise Refusal(500, None) from None


ROUTES: Routes = {
    **BOTS,
    **ARCHIVED,
    **BACKTESTING,
    **DOCKER,
    "GET /system/resources": system_resources,
    "GET /storage/": lambda call: storage(call.paper.folder),
}
