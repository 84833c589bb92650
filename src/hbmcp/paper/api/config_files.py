"""The folder of controllers, scripts and their configurations: one file each, saved as they come."""

import json
from collections.abc import Mapping
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from hbmcp.private_files import private_folder

CONTROLLER_TYPES = ("directional_trading", "market_making", "generic")
_ELSEWHERE = frozenset("/\\:\0")
_LONGEST = 200  # bytes of a name

Config = dict[str, Any]


class BadFileName(Exception):
    """A name that isn't one of a file in its folder."""


class Shelf:
    """Files of one ending in one folder, by name."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder = folder
        self.ending = ending

    def names(self) -> list[str]:
        found = self.folder.glob(f"*{self.ending}") if self.folder.is_dir() else ()
        return sorted(
            path.name.removesuffix(self.ending) for path in found if path.is_file() and path.stem != "__init__"
        )

    def read(self, name: str) -> str | None:
        """None: there is none."""
        try:
            return self._path(name).read_text(encoding="utf-8")
        except (BadFileName, FileNotFoundError, IsADirectoryError):
            return None

    def write(self, name: str, text: str) -> None:
        """Raises BadFileName."""
        path = self._path(name)
        private_folder(self.folder)
        half = path.with_name(path.name + ".part")  # so that a killed process leaves no half of a file
        half.touch(mode=0o600)
        half.write_text(text, encoding="utf-8")
        half.replace(path)

    def delete(self, name: str) -> bool:
        """Whether there was one."""
        if self.read(name) is None:
            return False
        self._path(name).unlink()
        return True

    def _path(self, name: str) -> Path:
        """With the ending, no name is "." or "..", and without these characters none leads elsewhere."""
        try:
            length = len(name.encode())
        except UnicodeEncodeError:
            raise BadFileName(name) from None
        if not name or length > _LONGEST or not _ELSEWHERE.isdisjoint(name):
            raise BadFileName(name)
        return self.folder / f"{name}{self.ending}"


class Configs(Shelf):
    """Configurations, as JSON, which is YAML too: under the ending that an installation gives them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ".yml")

    def get(self, name: str) -> Config | None:
        text = self.read(name)
        if text is None:
            return None
        try:
            config = json.loads(text)
        except ValueError as error:
            return {"id": name, "error": f"The file isn't JSON, which is all that the paper exchange reads: {error}"}
        return config if isinstance(config, dict) else {"id": name, "error": "The file holds no object."}

    def put(self, name: str, config: Config) -> None:
        """Raises BadFileName, ValueError for a number that JSON doesn't have."""
        self.write(name, json.dumps(config, indent=2, sort_keys=True, allow_nan=False) + "\n")

    def all(self) -> dict[str, Config]:
        return {name: config for name in self.names() if (config := self.get(name)) is not None}


class Folder:
    """A new one begins with what is shipped."""

    def __init__(self, folder: Path) -> None:
        self.controllers: Mapping[str, Shelf] = {
            kind: Shelf(folder / "controllers" / kind, ".py") for kind in CONTROLLER_TYPES
        }
        self.scripts = Shelf(folder / "scripts", ".py")
        self.controller_configs = Configs(folder / "conf" / "controllers")
        self.script_configs = Configs(folder / "conf" / "scripts")
        if not (folder / "controllers").exists():
            for place, shelf in ((f"controllers.{kind}", shelf) for kind, shelf in self.controllers.items()):
                _ship(place, shelf)
            _ship("scripts", self.scripts)

    def controller_config_class(self, kind: str, name: str) -> type[BaseModel] | None:
        """What a controller is configured with; None where its file isn't (any more) the one that was shipped.

        Code that was saved is never run to find out.
        """
        return _config_class(f"controllers.{kind}", self.controllers[kind], name)

    def script_config_class(self, name: str) -> type[BaseModel] | None:
        return _config_class("scripts", self.scripts, name)


def _shipped(place: str) -> dict[str, str]:
    files = resources.files(f"hbmcp.paper.shipped.{place}").iterdir()
    return {
        file.name.removesuffix(".py"): file.read_text(encoding="utf-8")
        for file in files
        if file.name.endswith(".py") and file.name != "__init__.py"
    }


def _ship(place: str, shelf: Shelf) -> None:
    for name, text in _shipped(place).items():
        shelf.write(name, text)


def _config_class(place: str, shelf: Shelf, name: str) -> type[BaseModel] | None:
    shipped = _shipped(place).get(name)
    if shipped is None or shelf.read(name) != shipped:
        return None
    module = import_module(f"hbmcp.paper.shipped.{place}.{name}")
    classes = (value for value in vars(module).values() if isinstance(value, type) and issubclass(value, BaseModel))
    return next(found for found in classes if found.__module__ == module.__name__)
