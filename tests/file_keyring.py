"""A keyring of a test's own, in a file: of the library keyring, or of a stand-in where that isn't installed."""

import json
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

try:
    from keyring.backend import KeyringBackend
except ImportError:
    KeyringBackend = object

FILE = "KEYRING_OF_TESTS"
INSTALLED = find_spec("keyring") is not None
STAND_IN = Path(__file__).parent / "keyring_stand_in"


class FileKeyring(KeyringBackend):  # type: ignore[misc]
    """Service -> username -> password, in the file that the environment names; "locked" in it makes all fail."""

    priority = 9

    def get_password(self, service: str, username: str) -> str | None:
        found: str | None = self._kept().get(service, {}).get(username)
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        kept = self._kept()
        kept.setdefault(service, {})[username] = password
        self._file().write_text(json.dumps(kept))

    def delete_password(self, service: str, username: str) -> None:
        kept = self._kept()
        del kept[service][username]
        self._file().write_text(json.dumps({name: users for name, users in kept.items() if users}))

    def _kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self._file().read_text()) if self._file().exists() else {}
        if "locked" in kept:
            raise RuntimeError(f"locked: {kept}")
        return kept

    def _file(self) -> Path:
        return Path(os.environ[FILE])


def with_keyring(file: Path) -> dict[str, str]:
    """Variables for a process that is to use the keyring in this file."""
    paths = [str(STAND_IN)] if not INSTALLED else []
    return {
        FILE: str(file),
        "PYTHON_KEYRING_BACKEND": "tests.file_keyring.FileKeyring",
        "PYTHONPATH": os.pathsep.join([*paths, str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]),
    }


@pytest.fixture
def keyring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the keyring that this process uses, with nothing in it, and nobody logged in."""
    file = tmp_path / "keyring.json"
    monkeypatch.setenv(FILE, str(file))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    if INSTALLED:
        monkeypatch.setattr("keyring.core._keyring_backend", FileKeyring())
    else:
        monkeypatch.setitem(sys.modules, "keyring", import_module("tests.keyring_stand_in.keyring"))
    return file
