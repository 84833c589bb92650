"""Several installations in one file, a table for each: its address, and where its credentials come from.

    [home]
    url = "http://localhost:8000"
    username = "admin"
    password_file = "home.password"    # or password_env = "HOME_PASSWORD"; without either, what `hbmcp login` keeps

    [practice]
    paper = true

What the other settings say holds for each. A table can only tighten that, or say what is its own.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from hbmcp import toml_file
from hbmcp.did_you_mean import suggestion
from hbmcp.errors import SettingsError
from hbmcp.settings import secret_file
from hbmcp.settings.address import canonical, reached
from hbmcp.settings.model import MEMORY, Settings, parsed
from hbmcp.text import named

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

# Keys of a table -> the setting that each is, of this installation alone.
_KEYS = {
    "url": "api_url",
    "username": "api_username",
    "password": "api_password",
    "read_only": "read_only",
    "exclude_tools": "exclude_tools",
    "policy": "policy",
    "remembered_as": "installation",
    "paper": "paper",
    "paper_db": "paper_db",
    "paper_balance": "paper_balance",
    "telegram_chat": "telegram_chat",
    "telegram_user": "telegram_user",
    "telegram_url": "telegram_url",
}
# Those that name a variable, and those that name a secret's file.
_VARIABLES = {"username_env": "api_username", "password_env": "api_password", "telegram_token_env": "telegram_token"}
_SECRET_FILES = {"password_file": "api_password", "telegram_token_file": "telegram_token"}
_EVERY = (*_KEYS, *_VARIABLES, *_SECRET_FILES)
_WAYS = ("password", "password_env", "password_file")
_BOT = ("telegram_token_env", "telegram_token_file")
_FILES = ("policy", "paper_db", *_SECRET_FILES)  # beside the file of installations, unless they begin with /
_OF_API = ("url", "username", "username_env", *_WAYS, "remembered_as")
_OF_PAPER = ("paper_db", "paper_balance")


def several(settings: Settings) -> list[Settings]:
    """The settings of each installation in the file that these name, in its order. Raises SettingsError with every
    mistake, and quotes no secret."""
    file = Path(settings.installations or "")
    try:
        tables = toml_file.read(file, "a list of installations")
    except ValueError as error:
        raise _wrong([str(error)]) from None
    mistakes: list[str] = []
    found = []
    for name, table in tables.items():
        if not _NAME.fullmatch(name):
            mistakes.append(f"[{named(name)}]: a name is up to 32 small letters, digits, - and _.")
        elif not isinstance(table, dict):
            mistakes.append(f"{name} stands outside of a table; each installation is one, [{name}].")
        else:
            try:
                found.append(_one(settings, file, name, table))
            except _Mistakes as error:
                mistakes += (f"[{name}] {one}" for one in error.told)
    mistakes += _the_same(found)
    if not tables:
        mistakes.append("it names no installation.")
    if mistakes:
        raise _wrong([f"{file}: {one}" for one in mistakes])
    remarks = (*settings.remarks, *_open_to_others(file))
    return [
        one.model_copy(update={"remarks": (*(() if place else remarks), *one.remarks)})
        for place, one in enumerate(found)
    ]


class _Mistakes(Exception):
    """What is wrong with a table."""

    def __init__(self, told: list[str]) -> None:
        super().__init__(told)
        self.told = told


def _one(settings: Settings, file: Path, name: str, table: Mapping[str, Any]) -> Settings:
    """Raises _Mistakes."""
    mistakes = [f"has no key {named(key)}{suggestion(key, _EVERY) or '.'}" for key in table if key not in _EVERY]
    mistakes += _at_odds(table)
    values: dict[str, Any] = {"paper": False}
    remarks = []
    for key in (key for key in table if key in _EVERY):
        try:
            field, value = _value(file, key, table[key])
            values[field] = parsed(field, value)
        except ValueError as error:
            mistakes.append(f"{key}: {error}.")
        if key in _SECRET_FILES and not mistakes and secret_file.readable_by_others(_beside(file, table[key])):
            remarks.append(f"The {key} of [{name}] can be read by other users: chmod 600 keeps it from them.")
    if "password" in table and _seen_by_others(file):
        mistakes.append(
            "password: other users can read this file; chmod 600 it, or name the password's file or variable instead."
        )
    if mistakes:
        raise _Mistakes(mistakes)
    values["read_only"] = settings.read_only or values.get("read_only", False)
    values["exclude_tools"] = (*settings.exclude_tools, *values.get("exclude_tools", ()))
    origin = f"[{name}] of {file}"
    origins = {**settings.origins, **{field: origin for field, value in values.items() if value}}
    origins |= {field: f"the environment, as {origin} says" for key, field in _VARIABLES.items() if key in table}
    return settings.model_copy(update={**values, "name": name, "origins": origins, "remarks": tuple(remarks)})


def _at_odds(table: Mapping[str, Any]) -> Iterator[str]:
    """What a table lacks, or has too much of."""
    on_paper = table.get("paper") is True
    if not on_paper and "url" not in table:
        yield 'needs url = "http://…", or paper = true.'
    for key in _OF_API if on_paper else _OF_PAPER:
        if key in table:
            yield f"{key} is of {'a real API' if on_paper else 'the paper exchange'}, which this isn't."
    if any(key in table for key in _BOT) != ("telegram_chat" in table):
        yield "needs both a bot's token and telegram_chat, or neither."
    for ways in (_WAYS, _BOT, ("username", "username_env")):
        if len(given := [key for key in ways if key in table]) > 1:
            yield f"{' and '.join(given)} say the same, and only one can be right."


def _value(file: Path, key: str, said: Any) -> tuple[str, Any]:
    """The setting that a key is, and what it says. Raises ValueError, which quotes no secret."""
    if key in _VARIABLES:
        value = os.environ.get(said, "") if isinstance(said, str) else ""
        if not value.strip():
            raise ValueError("the environment has no variable of that name, or an empty one")
        return _VARIABLES[key], value
    if key in ("read_only", "paper") and not isinstance(said, bool):
        raise ValueError("it must be true or false")
    if key in _FILES and isinstance(said, str) and said != MEMORY:
        said = _beside(file, said)
    if key in _SECRET_FILES:
        if not isinstance(said, str):
            raise ValueError("it must be the name of a file")
        return _SECRET_FILES[key], secret_file.read(said)
    if isinstance(said, str) and not said.strip():
        raise ValueError("it is empty")
    return _KEYS[key], said


def _beside(file: Path, name: str) -> str:
    return str(file.parent / Path(name).expanduser())


def _the_same(found: list[Settings]) -> Iterator[str]:
    """Two names for one would have two minds about its limits."""
    for what in (_place, _remembered, lambda one: one.telegram_token):
        known: dict[Any, str] = {}
        for one in found:
            if (which := what(one)) is not None and (first := known.setdefault(which, one.name)) != one.name:
                advice = "; give one another paper_db" if one.paper else ""
                if isinstance(which, SecretStr):
                    yield f"[{first}] and [{one.name}] have the same bot, and only one of them would hear it."
                else:
                    yield f"[{first}] and [{one.name}] are the same installation, {which}{advice}."


def _place(one: Settings) -> str | None:
    if not one.paper:
        return reached(one.api_url)
    return None if one.paper_place == MEMORY else str(Path(one.paper_place).resolve())


def _remembered(one: Settings) -> str | None:
    return None if one.paper else one.installation or canonical(one.api_url)


def _seen_by_others(file: Path) -> bool:
    return os.name == "posix" and bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _open_to_others(file: Path) -> list[str]:
    if os.name == "posix" and file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return [f"Other users can change {file}, and so where passwords are sent: `chmod go-w` it."]
    return []


def _wrong(mistakes: list[str]) -> SettingsError:
    return SettingsError(
        "\n".join(mistakes), "hbmcp doesn't start without the installations that were meant.", "Correct the file."
    )
