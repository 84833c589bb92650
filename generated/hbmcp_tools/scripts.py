"""Scripts: strategy scripts, their code and configurations.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any

from hummingbot_api.api import scripts as scripts_api
from hummingbot_api.models.scripts import Script
from hummingbot_api.request import Request


def list_scripts() -> Request[list[str]]:
    """Strategy scripts by name.

    GET /scripts/, risk: read.
    """
    return scripts_api.list_scripts()


def read_script_code(
    *,
    script_name: str,
) -> Request[dict[str, str]]:
    """A script's Python source, cut where it is long.

    GET /scripts/{script_name}, risk: read.

    Args:
        script_name: Without .py
    """
    return scripts_api.get_script(
        script_name=script_name,
    )


def write_script_code(
    *,
    script_name: str,
    content: str,
) -> Request[Any]:
    """Create or overwrite a script, unchecked.

    POST /scripts/{script_name}, risk: destructive.

    Args:
        script_name: Without .py
        content: Whole Python source
    """
    return scripts_api.create_or_update_script(
        script_name=script_name,
        body=Script(
            content=content,
        ),
    )


def remove_script(
    *,
    script_name: str,
) -> Request[Any]:
    """Delete a script's code; its configs stay and then can't run.

    DELETE /scripts/{script_name}, risk: destructive.
    """
    return scripts_api.delete_script(
        script_name=script_name,
    )


def get_script_template(
    *,
    script_name: str,
) -> Request[dict[str, Any]]:
    """A script's config fields with their defaults.

    GET /scripts/{script_name}/config/template, risk: read.
    """
    return scripts_api.get_script_config_template(
        script_name=script_name,
    )


def list_script_configs() -> Request[list[dict[str, Any]]]:
    """Saved script configs with their script and controllers.

    GET /scripts/configs/, risk: read.
    """
    return scripts_api.list_script_configs()


def get_script_config(
    *,
    config_name: str,
) -> Request[dict[str, Any]]:
    """One saved script config.

    GET /scripts/configs/{config_name}, risk: read.
    """
    return scripts_api.get_script_config(
        config_name=config_name,
    )


def write_script_config(
    *,
    config_name: str,
    config: dict[str, Any],
) -> Request[Any]:
    """Create or overwrite a script config, unchecked; its fields are in get_script_template.

    POST /scripts/configs/{config_name}, risk: write.

    Args:
        config_name: Without .yml
        config: All fields; script_file_name as my_script.py
    """
    return scripts_api.create_or_update_script_config(
        config_name=config_name,
        body=config,
    )


def remove_script_config(
    *,
    config_name: str,
) -> Request[Any]:
    """Delete a saved script config.

    DELETE /scripts/configs/{config_name}, risk: destructive.
    """
    return scripts_api.delete_script_config(
        config_name=config_name,
    )
