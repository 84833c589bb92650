"""Controllers, scripts and their configurations: files that are saved unchecked, as the real API does."""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

from attrs import frozen
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from hbmcp.paper.api.config_files import BadFileName, Configs, Folder, Shelf
from hbmcp.paper.api.routes.base import Call, Json, Refusal, Routes


def folder(call: Call) -> Folder:
    return call.paper.part("folder", lambda: Folder(call.paper.folder))


# controllers


def list_controllers(call: Call) -> Json:
    return {kind: shelf.names() for kind, shelf in folder(call).controllers.items()}


def get_controller(call: Call) -> Json:
    kind, name, shelf = _controller(call)
    content = _found(shelf.read(name), f"Controller '{name}' not found in '{kind}'")
    return {"name": name, "type": kind, "content": content}


def save_controller(call: Call) -> Json:
    kind, name, shelf = _controller(call)
    _write(shelf, name, call.body["content"])
    return {"message": f"Controller '{name}' saved successfully in '{kind}'"}


def delete_controller(call: Call) -> Json:
    kind, name, shelf = _controller(call)
    _found(shelf.delete(name) or None, f"Controller '{name}' not found in '{kind}'")
    return {"message": f"Controller '{name}' deleted successfully from '{kind}'"}


def controller_template(call: Call) -> Json:
    """Of each field its default, its type in Python's words, and "required", which the real API never says."""
    return {
        name: {"default": _shown(field.default), "type": str(field.annotation), "required": False}
        for name, field in _controller_class(call).model_fields.items()
    }


def validate_controller_config(call: Call) -> Json:
    try:
        _controller_class(call).model_validate(call.body)
    except ValidationError as error:
        raise Refusal(400, str(error)) from None
    return {"message": "Configuration is valid"}


def list_controller_configs(call: Call) -> Json:
    return list(folder(call).controller_configs.all().values())


def bot_controller_configs(call: Call) -> Json:
    """No bot runs."""
    raise Refusal(404, f"Bot '{call.path['bot_name']}' not found")


# scripts


def list_scripts(call: Call) -> Json:
    return folder(call).scripts.names()


def get_script(call: Call) -> Json:
    name = call.path["script_name"]
    content = _found(folder(call).scripts.read(name), f"Script '{name}' not found")
    return {"name": name, "content": content}


def save_script(call: Call) -> Json:
    name = call.path["script_name"]
    _write(folder(call).scripts, name, call.body["content"])
    return {"message": f"Script '{name}' saved successfully"}


def delete_script(call: Call) -> Json:
    name = call.path["script_name"]
    _found(folder(call).scripts.delete(name) or None, f"Script '{name}' not found")
    return {"message": f"Script '{name}' deleted successfully"}


def script_template(call: Call) -> Json:
    name = call.path["script_name"]
    model = _found(folder(call).script_config_class(name), f"Script configuration class for '{name}' not found")
    return {field: _shown(info.default) for field, info in model.model_fields.items()}


def list_script_configs(call: Call) -> Json:
    return [
        {
            "config_name": name,
            "script_file_name": config.get("script_file_name", ""),
            "controllers_config": config.get("controllers_config", []),
            "candles_config": config.get("candles_config", []),
            "markets": config.get("markets", {}),
        }
        for name, config in folder(call).script_configs.all().items()
    ]


@frozen
class ConfigRoutes:
    """Reading, saving and deleting configurations of one kind."""

    configs: Callable[[Folder], Configs]

    def get(self, call: Call) -> Json:
        name = call.path["config_name"]
        return _found(self.configs(folder(call)).get(name), f"Configuration '{name}' not found")

    def save(self, call: Call) -> Json:
        name, config = call.path["config_name"], call.body
        try:
            self.configs(folder(call)).put(name, config)
        except (BadFileName, ValueError):
            raise Refusal(400, f"Configuration '{name}' can't be saved") from None
        return {"message": f"Configuration '{name}' saved successfully"}

    def delete(self, call: Call) -> Json:
        name = call.path["config_name"]
        _found(self.configs(folder(call)).delete(name) or None, f"Configuration '{name}' not found")
        return {"message": f"Configuration '{name}' deleted successfully"}


controller_configs = ConfigRoutes(lambda folder: folder.controller_configs)
script_configs = ConfigRoutes(lambda folder: folder.script_configs)


def _controller(call: Call) -> tuple[str, str, Shelf]:
    kind = str(call.path["controller_type"])
    return kind, call.path["controller_name"], folder(call).controllers[kind]


def _controller_class(call: Call) -> type[BaseModel]:
    kind, name, _ = _controller(call)
    found = folder(call).controller_config_class(kind, name)
    if found is None:
        raise Refusal(404, f"Controller configuration class for '{name}' not found")
    return found


def _write(shelf: Shelf, name: str, content: str) -> None:
    try:
        shelf.write(name, content)
    except (BadFileName, UnicodeEncodeError):
        raise Refusal(400, f"'{name}' isn't a file that can be saved") from None


def _found(value: Any, missing: str) -> Any:
    if value is None:
        raise Refusal(404, missing)
    return value


def _shown(default: Any) -> Json:
    match default:
        case Decimal():
            return str(default)
        case Enum():
            return f"{type(default).__name__}.{default.name}"
        case BaseModel():
            return default.model_dump(mode="json")
        case _:
            return "PydanticUndefined" if default is PydanticUndefined else default


ROUTES: Routes = {
    "GET /controllers/": list_controllers,
    "GET /controllers/{controller_type}/{controller_name}": get_controller,
    "POST /controllers/{controller_type}/{controller_name}": save_controller,
    "DELETE /controllers/{controller_type}/{controller_name}": delete_controller,
    "GET /controllers/{controller_type}/{controller_name}/config/template": controller_template,
    "POST /controllers/{controller_type}/{controller_name}/config/validate": validate_controller_config,
    "GET /controllers/configs/": list_controller_configs,
    "GET /controllers/configs/{config_name}": controller_configs.get,
    "POST /controllers/configs/{config_name}": controller_configs.save,
    "DELETE /controllers/configs/{config_name}": controller_configs.delete,
    "GET /controllers/bots/{bot_name}/configs": bot_controller_configs,
    "POST /controllers/bots/{bot_name}/{controller_name}/config": bot_controller_configs,
    "GET /scripts/": list_scripts,
    "GET /scripts/{script_name}": get_script,
    "POST /scripts/{script_name}": save_script,
    "DELETE /scripts/{script_name}": delete_script,
    "GET /scripts/{script_name}/config/template": script_template,
    "GET /scripts/configs/": list_script_configs,
    "GET /scripts/configs/{config_name}": script_configs.get,
    "POST /scripts/configs/{config_name}": script_configs.save,
    "DELETE /scripts/configs/{config_name}": script_configs.delete,
}
