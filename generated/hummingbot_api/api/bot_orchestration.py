from decimal import Decimal
from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.bot_orchestration import (
    StartBotAction,
    StopBotAction,
    V2ControllerDeployment,
    V2ScriptDeployment,
)
from hummingbot_api.request import Request


def delete_bot_run(bot_run_id: int) -> Request[Any]:
    """Delete a deployment's record and its archived data.

    DELETE /bot-orchestration/bot-runs/{bot_run_id}
    """
    return Request("DELETE", encode.path("/bot-orchestration/bot-runs/{}", bot_run_id), parse=decode.anything)


def deploy_v2_controllers(body: V2ControllerDeployment) -> Request[Any]:
    """Create a bot as deploy_bot does, unchecked: unknown or invalid configs aren't refused.

    POST /bot-orchestration/deploy-v2-controllers
    """
    return Request("POST", "/bot-orchestration/deploy-v2-controllers", json=body.to_dict(), parse=decode.anything)


def deploy_v2_script(body: V2ScriptDeployment) -> Request[Any]:
    """Create a bot as deploy_script_bot does, unchecked: an unknown config isn't refused.

    POST /bot-orchestration/deploy-v2-script
    """
    return Request("POST", "/bot-orchestration/deploy-v2-script", json=body.to_dict(), parse=decode.anything)


def get_active_bots_status() -> Request[Any]:
    """Connected bots by full name, with status; P&L: get_controller_performance, live get_bot_status.

    GET /bot-orchestration/status
    """
    return Request("GET", "/bot-orchestration/status", parse=decode.anything)


def get_bot_history(
    bot_name: str,
    *,
    days: int | None = None,
    verbose: bool | None = None,
    precision: int | None = None,
    timeout: Decimal | None = None,
) -> Request[Any]:
    """Fills of a connected bot; of archived ones: list_archived_trades.

    GET /bot-orchestration/{bot_name}/history
    """
    return Request(
        "GET",
        encode.path("/bot-orchestration/{}/history", bot_name),
        query=encode.form({"days": days, "verbose": verbose, "precision": precision, "timeout": timeout}),
        parse=decode.anything,
    )


def get_bot_run_by_id(bot_run_id: int) -> Request[Any]:
    """One deployment in full: settings, final P&L, last logs.

    GET /bot-orchestration/bot-runs/{bot_run_id}
    """
    return Request("GET", encode.path("/bot-orchestration/bot-runs/{}", bot_run_id), parse=decode.anything)


def get_bot_run_stats() -> Request[Any]:
    """Count deployments by strategy type and status.

    GET /bot-orchestration/bot-runs/stats
    """
    return Request("GET", "/bot-orchestration/bot-runs/stats", parse=decode.anything)


def get_bot_runs(
    *,
    bot_name: str | None = None,
    account_name: str | None = None,
    strategy_type: str | None = None,
    strategy_name: str | None = None,
    run_status: str | None = None,
    deployment_status: str | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Request[Any]:
    """Deployments, newest first: bot, account, config, how it ended.

    GET /bot-orchestration/bot-runs
    """
    return Request(
        "GET",
        "/bot-orchestration/bot-runs",
        query=encode.form(
            {
                "bot_name": bot_name,
                "account_name": account_name,
                "strategy_type": strategy_type,
                "strategy_name": strategy_name,
                "run_status": run_status,
                "deployment_status": deployment_status,
                "limit": limit,
                "offset": offset,
            }
        ),
        parse=decode.anything,
    )


def get_bot_status(bot_name: str) -> Request[Any]:
    """One bot's status, P&L and positions by controller, and latest errors.

    GET /bot-orchestration/{bot_name}/status
    """
    return Request("GET", encode.path("/bot-orchestration/{}/status", bot_name), parse=decode.anything)


def get_controller_performance_history(
    *,
    bot_name: str | None = None,
    controller_id: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    interval: str | None = None,
) -> Request[Any]:
    """P&L over time, newest first. For an interval above 5m name one bot and controller, else rows are
    lost.

    GET /bot-orchestration/controller-performance-history
    """
    return Request(
        "GET",
        "/bot-orchestration/controller-performance-history",
        query=encode.form(
            {
                "bot_name": bot_name,
                "controller_id": controller_id,
                "limit": limit,
                "cursor": cursor,
                "start_time": start_time,
                "end_time": end_time,
                "interval": interval,
            }
        ),
        parse=decode.anything,
    )


def get_latest_controller_performance(*, bot_name: str | None = None) -> Request[Any]:
    """Latest stored P&L per bot and controller, stopped bots included; live: get_bot_status.

    GET /bot-orchestration/controller-performance-latest
    """
    return Request(
        "GET",
        "/bot-orchestration/controller-performance-latest",
        query=encode.form({"bot_name": bot_name}),
        parse=decode.anything,
    )


def get_mqtt_status() -> Request[Any]:
    """Whether the broker between API and bots is up, and which bots it hears.

    GET /bot-orchestration/mqtt
    """
    return Request("GET", "/bot-orchestration/mqtt", parse=decode.anything)


def start_bot(body: StartBotAction) -> Request[Any]:
    """Resume a bot that stop_bot stopped, with strategy_name and config_name of list_bot_runs.

    POST /bot-orchestration/start-bot
    """
    return Request("POST", "/bot-orchestration/start-bot", json=body.to_dict(), parse=decode.anything)


def stop_and_archive_bot(
    bot_name: str,
    *,
    skip_order_cancellation: bool | None = None,
    archive_locally: bool | None = None,
    s3_bucket: str | None = None,
) -> Request[Any]:
    """End a bot for good: stop it, cancel its orders, archive its data, remove its container. It may close
    positions at market.

    POST /bot-orchestration/stop-and-archive-bot/{bot_name}
    """
    return Request(
        "POST",
        encode.path("/bot-orchestration/stop-and-archive-bot/{}", bot_name),
        query=encode.form(
            {
                "skip_order_cancellation": skip_order_cancellation,
                "archive_locally": archive_locally,
                "s3_bucket": s3_bucket,
            }
        ),
        parse=decode.anything,
    )


def stop_bot(body: StopBotAction) -> Request[Any]:
    """Stop a bot's strategy and cancel its orders, keeping its container. It may close positions at
    market.

    POST /bot-orchestration/stop-bot
    """
    return Request("POST", "/bot-orchestration/stop-bot", json=body.to_dict(), parse=decode.anything)
