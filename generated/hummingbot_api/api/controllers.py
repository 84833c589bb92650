from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.controllers import Controller, ControllerType
from hummingbot_api.request import Request


def create_or_update_controller(
    controller_type: ControllerType, controller_name: str, body: Controller
) -> Request[Any]:
    """Create or overwrite a controller's Python file, unchecked.

    POST /controllers/{controller_type}/{controller_name}
    """
    return Request(
        "POST",
        encode.path("/controllers/{}/{}", controller_type, controller_name),
        json=body.to_dict(),
        parse=decode.anything,
    )


def create_or_update_controller_config(config_name: str, body: dict[str, Any]) -> Request[Any]:
    """Create or overwrite a controller config, unchecked: save_controller_config checks it first.

    POST /controllers/configs/{config_name}
    """
    return Request("POST", encode.path("/controllers/configs/{}", config_name), json=body, parse=decode.anything)


def delete_controller(controller_type: ControllerType, controller_name: str) -> Request[Any]:
    """Delete a controller's code; its configs stay and then can't run.

    DELETE /controllers/{controller_type}/{controller_name}
    """
    return Request("DELETE", encode.path("/controllers/{}/{}", controller_type, controller_name), parse=decode.anything)


def delete_controller_config(config_name: str) -> Request[Any]:
    """Delete a saved controller config; running bots keep their copy.

    DELETE /controllers/configs/{config_name}
    """
    return Request("DELETE", encode.path("/controllers/configs/{}", config_name), parse=decode.anything)


def get_bot_controller_configs(bot_name: str) -> Request[list[dict[str, Any]]]:
    """Controller configs that a deployed bot has.

    GET /controllers/bots/{bot_name}/configs
    """
    return Request(
        "GET",
        encode.path("/controllers/bots/{}/configs", bot_name),
        parse=decode.array(decode.mapping(decode.anything)),
    )


def get_controller(controller_type: ControllerType, controller_name: str) -> Request[dict[str, str]]:
    """A controller's Python source, cut where it is long.

    GET /controllers/{controller_type}/{controller_name}
    """
    return Request(
        "GET", encode.path("/controllers/{}/{}", controller_type, controller_name), parse=decode.mapping(decode.text)
    )


def get_controller_config(config_name: str) -> Request[dict[str, Any]]:
    """One saved controller config.

    GET /controllers/configs/{config_name}
    """
    return Request("GET", encode.path("/controllers/configs/{}", config_name), parse=decode.mapping(decode.anything))


def get_controller_config_template(controller_type: ControllerType, controller_name: str) -> Request[Any]:
    """A controller's config fields as the API lists them; get_controller_template explains them.

    GET /controllers/{controller_type}/{controller_name}/config/template
    """
    return Request(
        "GET",
        encode.path("/controllers/{}/{}/config/template", controller_type, controller_name),
        parse=decode.anything,
    )


def list_controller_configs() -> Request[list[dict[str, Any]]]:
    """Saved controller configs: name (id), controller, market, amount.

    GET /controllers/configs/
    """
    return Request("GET", "/controllers/configs/", parse=decode.array(decode.mapping(decode.anything)))


def list_controllers() -> Request[dict[str, list[str]]]:
    """Strategy controllers by controller_type.

    GET /controllers/
    """
    return Request("GET", "/controllers/", parse=decode.mapping(decode.array(decode.text)))


def update_bot_controller_config(bot_name: str, controller_name: str, body: dict[str, Any]) -> Request[Any]:
    """Change a running bot's controller config, unchecked; {"manual_kill_switch": true} stops that
    controller and its executors.

    POST /controllers/bots/{bot_name}/{controller_name}/config
    """
    return Request(
        "POST",
        encode.path("/controllers/bots/{}/{}/config", bot_name, controller_name),
        json=body,
        parse=decode.anything,
    )


def validate_controller_config(
    controller_type: ControllerType, controller_name: str, body: dict[str, Any]
) -> Request[Any]:
    """Check a config that has its id; validate_controller_config says by which class.

    POST /controllers/{controller_type}/{controller_name}/config/validate
    """
    return Request(
        "POST",
        encode.path("/controllers/{}/{}/config/validate", controller_type, controller_name),
        json=body,
        parse=decode.anything,
    )
