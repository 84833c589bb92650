"""What `hbmcp login` keeps: the API's password in the system's keyring, under the address that it is for.

A file in the user's configuration folder says which addresses have one, and for whom: the keyring takes long to load,
and may ask its owner to unlock it.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from pydantic import SecretStr

from hbmcp import extras
from hbmcp.errors import SettingsError
from hbmcp.private_files import write_private
from hbmcp.settings.address import canonical

SAFE = 1  # keyring's priority of a keyring that it recommends; what keeps passwords in plain files has less
ELSEWHERE = "HUMMINGBOT_API_PASSWORD_FILE names a file instead."


def username(address: str) -> str | None:
    """Who is logged in there. Raises SettingsError where that can't be read."""
    return _known().get(canonical(address))


def password(address: str, user: str) -> SecretStr:
    """Theirs, from the keyring, which may take its time. Raises SettingsError."""
    try:
        found = _keyring().get_password(_service(address), user)
    except Exception as error:  # whatever a keyring raises
        raise _failed(error, "didn't give the API's password") from None
    if not found:
        raise SettingsError(
            "The system's keyring no longer has the API's password.", advice="`hbmcp login` keeps it anew."
        )
    return SecretStr(found)


def keep(address: str, user: str, secret: SecretStr) -> None:
    """Keep it for this address alone, and forget whoever was logged in there. Raises SettingsError."""
    known = _known()
    keyring = _keyring()
    if keyring.get_keyring().priority < SAFE:
        raise SettingsError("This machine has no keyring that keeps passwords safe.", "Nothing was kept.", ELSEWHERE)
    try:
        keyring.set_password(_service(address), user, secret.get_secret_value())
    except Exception as error:
        raise _failed(error, "didn't take the password") from None
    if known.get(canonical(address)) not in (None, user):
        forget(address)
    _write({**known, canonical(address): user})


def forget(address: str) -> str | None:
    """Who was logged in there and no longer is, None for nobody. Raises SettingsError."""
    known = _known()
    user = known.pop(canonical(address), None)
    if user is None:
        return None
    keyring = _keyring()
    try:
        if keyring.get_password(_service(address), user) is not None:
            keyring.delete_password(_service(address), user)
    except Exception as error:
        raise _failed(error, "still has the password") from None
    _write(known)
    return user


def _service(address: str) -> str:
    return f"hbmcp {canonical(address)}"


def _keyring() -> Any:
    try:
        return import_module("keyring")
    except ImportError:
        raise SettingsError(
            "The package keyring, which `hbmcp login` keeps passwords with, isn't installed where hbmcp is.",
            "Nothing was kept, asked for or forgotten.",
            f"{extras.advice('keyring')}. {ELSEWHERE}",
        ) from None


def _failed(error: Exception, what: str) -> SettingsError:
    """Without the error's own words: a keyring may quote what it was given."""
    return SettingsError(f"The system's keyring {what} ({type(error).__name__}).", advice=f"Unlock it. {ELSEWHERE}")


def _file() -> Path:
    return user_config_path("hbmcp") / "logins.json"


def _known() -> dict[str, str]:
    """Address -> username."""
    try:
        known = json.loads(_file().read_bytes())
        if isinstance(known, dict) and all(isinstance(user, str) for user in known.values()):
            return known
        problem = "it isn't as `hbmcp login` writes it"
    except FileNotFoundError:
        return {}
    except OSError as error:
        problem = str(error.strerror)
    except ValueError:
        problem = "it isn't JSON"
    raise SettingsError(
        f"{_file()}, which says who is logged in where, can't be read: {problem}.",
        "No login is used.",
        "Remove it, and log in anew with `hbmcp login`.",
    )


def _write(known: dict[str, str]) -> None:
    """Raises SettingsError."""
    try:
        write_private(_file(), json.dumps(known, indent=2) + "\n")
    except OSError as error:
        raise SettingsError(
            f"{_file()} can't be written: {error.strerror}.",
            "Who it says is logged in where is as it was.",
            "Let it be written there, and give the command again.",
        ) from None
