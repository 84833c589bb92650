"""Bots: deploy, start, stop and watch Hummingbot bots.

One function per tool: it turns the tool's arguments into the request to send.
"""

from decimal import Decimal
from typing import Any, Literal

from hbmcp.times import to_iso
from hummingbot_api.api import bot_orchestration as bot_orchestration_api
from hummingbot_api.models.bot_orchestration import (
    StartBotAction,
    StopBotAction,
    V2ControllerDeployment,
    V2ScriptDeployment,
)
from hummingbot_api.request import Request


def list_bots() -> Request[Any]:
    """Connected bots by full name, with status; P&L: get_controller_performance, live get_bot_status.

    GET /bot-orchestration/status, risk: read.
    """
    return bot_orchestration_api.get_active_bots_status()


def get_bot_status(
    *,
    bot_name: str,
) -> Request[Any]:
    """One bot's status, P&L and positions by controller, and latest errors.

    GET /bot-orchestration/{bot_name}/status, risk: read.

    Args:
        bot_name: With its timestamp
    """
    return bot_orchestration_api.get_bot_status(
        bot_name=bot_name,
    )


def get_bot_logs(
    *,
    bot_name: str,
) -> Request[Any]:
    """A bot's last 100 log lines below ERROR; errors: get_bot_status.

    GET /bot-orchestration/{bot_name}/status, risk: read.
    """
    return bot_orchestration_api.get_bot_status(
        bot_name=bot_name,
    )


def get_broker_status() -> Request[Any]:
    """Whether the broker between API and bots is up, and which bots it hears.

    GET /bot-orchestration/mqtt, risk: read.
    """
    return bot_orchestration_api.get_mqtt_status()


def get_bot_history(
    *,
    bot_name: str,
    days: int | None = None,
) -> Request[Any]:
    """Fills of a connected bot; of archived ones: list_archived_trades.

    GET /bot-orchestration/{bot_name}/history, risk: read.

    Args:
        days: 0 = all
    """
    return bot_orchestration_api.get_bot_history(
        bot_name=bot_name,
        days=days,
    )


def get_controller_performance(
    *,
    bot_name: str | None = None,
) -> Request[Any]:
    """Latest stored P&L per bot and controller, stopped bots included; live: get_bot_status.

    GET /bot-orchestration/controller-performance-latest, risk: read.
    """
    return bot_orchestration_api.get_latest_controller_performance(
        bot_name=bot_name,
    )


def get_controller_performance_history(
    *,
    bot_name: str | None = None,
    controller_id: str | None = None,
    limit: int | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    interval: Literal["5m", "15m", "30m", "1h", "4h", "12h", "1d"] | None = None,
) -> Request[Any]:
    """P&L over time, newest first. For an interval above 5m name one bot and controller, else rows are lost.

    GET /bot-orchestration/controller-performance-history, risk: read.

    Args:
        start_time: e.g. 24h
    """
    return bot_orchestration_api.get_controller_performance_history(
        bot_name=bot_name,
        controller_id=controller_id,
        limit=limit,
        start_time=to_iso(start_time),
        end_time=to_iso(end_time),
        interval=interval,
    )


def submit_bot(
    *,
    instance_name: str,
    account_name: str,
    config_names: list[str],
    max_global_drawdown_quote: Decimal | None = None,
    max_controller_drawdown_quote: Decimal | None = None,
    image: str | None = None,
) -> Request[Any]:
    """Create a bot as deploy_bot does, unchecked: unknown or invalid configs aren't refused.

    POST /bot-orchestration/deploy-v2-controllers, risk: trade.
    """
    return bot_orchestration_api.deploy_v2_controllers(
        body=V2ControllerDeployment(
            instance_name=instance_name,
            credentials_profile=account_name,
            controllers_config=config_names,
            max_global_drawdown_quote=max_global_drawdown_quote,
            max_controller_drawdown_quote=max_controller_drawdown_quote,
            image=image,
        )
    )


def submit_script_bot(
    *,
    instance_name: str,
    account_name: str,
    script_config: str,
    image: str | None = None,
    script: str | None = None,
) -> Request[Any]:
    """Create a bot as deploy_script_bot does, unchecked: an unknown config isn't refused.

    POST /bot-orchestration/deploy-v2-script, risk: trade.

    Args:
        script_config: With .yml
        script: The config's script, only a label here
    """
    return bot_orchestration_api.deploy_v2_script(
        body=V2ScriptDeployment(
            instance_name=instance_name,
            credentials_profile=account_name,
            image=image,
            script=script,
            script_config=script_config,
        )
    )


def start_bot(
    *,
    bot_name: str,
    script: str,
    script_config: str,
) -> Request[Any]:
    """Resume a bot that stop_bot stopped, with strategy_name and config_name of list_bot_runs.

    POST /bot-orchestration/start-bot, risk: trade.

    Args:
        script: With .py
        script_config: With .yml
    """
    return bot_orchestration_api.start_bot(
        body=StartBotAction(
            bot_name=bot_name,
            script=script,
            conf=script_config,
        )
    )


def stop_bot(
    *,
    bot_name: str,
    skip_order_cancellation: bool | None = None,
) -> Request[Any]:
    """Stop a bot's strategy and cancel its orders, keeping its container. It may close positions at market.

    POST /bot-orchestration/stop-bot, risk: destructive.

    Args:
        bot_name: With its timestamp
        skip_order_cancellation: Leave orders open
    """
    return bot_orchestration_api.stop_bot(
        body=StopBotAction(
            bot_name=bot_name,
            skip_order_cancellation=skip_order_cancellation,
        )
    )


def stop_and_archive_bot(
    *,
    bot_name: str,
    skip_order_cancellation: bool = False,
) -> Request[Any]:
    """End a bot for good: stop it, cancel its orders, archive its data, remove its container. It may close positions at
    market.

    POST /bot-orchestration/stop-and-archive-bot/{bot_name}, risk: destructive.

    Args:
        skip_order_cancellation: Leave orders open
    """
    return bot_orchestration_api.stop_and_archive_bot(
        bot_name=bot_name,
        skip_order_cancellation=skip_order_cancellation,
    )


def list_bot_runs(
    *,
    bot_name: str | None = None,
    account_name: str | None = None,
    run_status: Literal["CREATED", "STOPPED", "ERROR"] | None = None,
    deployment_status: Literal["DEPLOYED", "FAILED", "ARCHIVED"] | None = None,
    limit: int | None = None,
) -> Request[Any]:
    """Deployments, newest first: bot, account, config, how it ended.

    GET /bot-orchestration/bot-runs, risk: read.
    """
    return bot_orchestration_api.get_bot_runs(
        bot_name=bot_name,
        account_name=account_name,
        run_status=run_status,
        deployment_status=deployment_status,
        limit=limit,
    )


def get_bot_run(
    *,
    bot_run_id: int,
) -> Request[Any]:
    """One deployment in full: settings, final P&L, last logs.

    GET /bot-orchestration/bot-runs/{bot_run_id}, risk: read.
    """
    return bot_orchestration_api.get_bot_run_by_id(
        bot_run_id=bot_run_id,
    )


def get_bot_run_stats() -> Request[Any]:
    """Count deployments by strategy type and status.

    GET /bot-orchestration/bot-runs/stats, risk: read.
    """
    return bot_orchestration_api.get_bot_run_stats()


def delete_bot_run(
    *,
    bot_run_id: int,
) -> Request[Any]:
    """Delete a deployment's record and its archived data.

    DELETE /bot-orchestration/bot-runs/{bot_run_id}, risk: destructive.
    """
    return bot_orchestration_api.delete_bot_run(
        bot_run_id=bot_run_id,
    )
