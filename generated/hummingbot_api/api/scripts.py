from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.scripts import Script
from hummingbot_api.request import Request


def create_or_update_script(script_name: str, body: Script) -> Request[Any]:
    """Create or overwrite a script, unchecked.

    POST /scripts/{script_name}
    """
    return Request("POST", encode.path("/scripts/{}", script_name), json=body.to_dict(), parse=decode.anything)


def create_or_update_script_config(config_name: str, body: dict[str, Any]) -> Request[Any]:
    """Create or overwrite a script config, unchecked; its fields are in get_script_template.

    POST /scripts/configs/{config_name}
    """
    return Request("POST", encode.path("/scripts/configs/{}", config_name), json=body, parse=decode.anything)


def delete_script(script_name: str) -> Request[Any]:
    """Delete a script's code; its configs stay and then can't run.

    DELETE /scripts/{script_name}
    """
    return Request("DELETE", encode.path("/scripts/{}", script_name), parse=decode.anything)


def delete_script_config(config_name: str) -> Request[Any]:
    """Delete a saved script config.

    DELETE /scripts/configs/{config_name}
    """
    return Request("DELETE", encode.path("/scripts/configs/{}", config_name), parse=decode.anything)


def get_script(script_name: str) -> Request[dict[str, str]]:
    """A script's Python source, cut where it is long.

    GET /scripts/{script_name}
    """
    return Request("GET", encode.path("/scripts/{}", script_name), parse=decode.mapping(decode.text))


def get_script_config(config_name: str) -> Request[dict[str, Any]]:
    """One saved script config.

    GET /scripts/configs/{config_name}
    """
    return Request("GET", encode.path("/scripts/configs/{}", config_name), parse=decode.mapping(decode.anything))


def get_script_config_template(script_name: str) -> Request[dict[str, Any]]:
    """A script's config fields with their defaults.

    GET /scripts/{script_name}/config/template
    """
    return Request(
        "GET", encode.path("/scripts/{}/config/template", script_name), parse=decode.mapping(decode.anything)
    )


def list_script_configs() -> Request[list[dict[str, Any]]]:
    """Saved script configs with their script and controllers.

    GET /scripts/configs/
    """
    return Request("GET", "/scripts/configs/", parse=decode.array(decode.mapping(decode.anything)))


def list_scripts() -> Request[list[str]]:
    """Strategy scripts by name.

    GET /scripts/
    """
    return Request("GET", "/scripts/", parse=decode.array(decode.text))
