"""Controllers: trading controllers, their code and configurations.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any, Literal

from hummingbot_api.api import controllers as controllers_api
from hummingbot_api.models.controllers import Controller
from hummingbot_api.request import Request


def list_controllers() -> Request[dict[str, list[str]]]:
    """Strategy controllers by controller_type.

    GET /controllers/, risk: read.
    """
    return controllers_api.list_controllers()


def read_controller_code(
    *,
    controller_type: Literal["directional_trading", "market_making", "generic"],
    controller_name: str,
) -> Request[dict[str, str]]:
    """A controller's Python source, cut where it is long.

    GET /controllers/{controller_type}/{controller_name}, risk: read.
    """
    return controllers_api.get_controller(
        controller_type=controller_type,
        controller_name=controller_name,
    )


def write_controller_code(
    *,
    controller_type: Literal["directional_trading", "market_making", "generic"],
    controller_name: str,
    content: str,
) -> Request[Any]:
    """Create or overwrite a controller's Python file, unchecked.

    POST /controllers/{controller_type}/{controller_name}, risk: destructive.

    Args:
        content: Whole Python source
    """
    return controllers_api.create_or_update_controller(
        controller_type=controller_type,
        controller_name=controller_name,
        body=Controller(
            content=content,
        ),
    )


def remove_controller(
    *,
    controller_type: Literal["directional_trading", "market_making", "generic"],
    controller_name: str,
) -> Request[Any]:
    """Delete a controller's code; its configs stay and then can't run.

    DELETE /controllers/{controller_type}/{controller_name}, risk: destructive.
    """
    return controllers_api.delete_controller(
        controller_type=controller_type,
        controller_name=controller_name,
    )


def read_controller_template(
    *,
    controller_type: Literal["directional_trading", "market_making", "generic"],
    controller_name: str,
) -> Request[Any]:
    """A controller's config fields as the API lists them; get_controller_template explains them.

    GET /controllers/{controller_type}/{controller_name}/config/template, risk: read.
    """
    return controllers_api.get_controller_config_template(
        controller_type=controller_type,
        controller_name=controller_name,
    )


def check_controller_config(
    *,
    controller_type: Literal["directional_trading", "market_making", "generic"],
    controller_name: str,
    config: dict[str, Any],
) -> Request[Any]:
    """Check a config that has its id; validate_controller_config says by which class.

    POST /controllers/{controller_type}/{controller_name}/config/validate, risk: read.
    """
    return controllers_api.validate_controller_config(
        controller_type=controller_type,
        controller_name=controller_name,
        body=config,
    )


def list_controller_configs() -> Request[list[dict[str, Any]]]:
    """Saved controller configs: name (id), controller, market, amount.

    GET /controllers/configs/, risk: read.
    """
    return controllers_api.list_controller_configs()


def get_controller_config(
    *,
    config_name: str,
) -> Request[dict[str, Any]]:
    """One saved controller config.

    GET /controllers/configs/{config_name}, risk: read.
    """
    return controllers_api.get_controller_config(
        config_name=config_name,
    )


def write_controller_config(
    *,
    config_name: str,
    config: dict[str, Any],
) -> Request[Any]:
    """Create or overwrite a controller config, unchecked: save_controller_config checks it first.

    POST /controllers/configs/{config_name}, risk: write.

    Args:
        config_name: Without .yml
        config: All fields; id = config_name
    """
    return controllers_api.create_or_update_controller_config(
        config_name=config_name,
        body=config,
    )


def remove_controller_config(
    *,
    config_name: str,
) -> Request[Any]:
    """Delete a saved controller config; running bots keep their copy.

    DELETE /controllers/configs/{config_name}, risk: destructive.
    """
    return controllers_api.delete_controller_config(
        config_name=config_name,
    )


def list_bot_configs(
    *,
    bot_name: str,
) -> Request[list[dict[str, Any]]]:
    """Controller configs that a deployed bot has.

    GET /controllers/bots/{bot_name}/configs, risk: read.
    """
    return controllers_api.get_bot_controller_configs(
        bot_name=bot_name,
    )


def write_bot_config(
    *,
    bot_name: str,
    config_name: str,
    updates: dict[str, Any],
) -> Request[Any]:
    """Change a running bot's controller config, unchecked; {"manual_kill_switch": true} stops that controller and its
    executors.

    POST /controllers/bots/{bot_name}/{controller_name}/config, risk: trade.

    Args:
        updates: Only fields to change
    """
    return controllers_api.update_bot_controller_config(
        bot_name=bot_name,
        controller_name=config_name,
        body=updates,
    )
