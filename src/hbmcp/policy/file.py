"""Where a policy is written, and what of several files holds.

HBMCP_POLICY names a file, or it is policy.toml in the user's configuration folder. A hbmcp.toml in the working
directory, which may be anybody's, can only tighten what that says.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from hbmcp import toml_file
from hbmcp.did_you_mean import suggestion
from hbmcp.errors import SettingsError
from hbmcp.policy.misnamed import misnamed
from hbmcp.policy.model import Budget, Confirm, Limits, Names, Policy, Rules, Written, default, tightened
from hbmcp.settings import Settings
from hbmcp.text import named

HERE = "hbmcp.toml"  # in the working directory

_EXAMPLES = {"pairs": "BTC-*", "exchanges": "binance*", "accounts": "master_account"}
_TABLES: Mapping[str, type[BaseModel]] = {
    "allow": Names,
    "deny": Names,
    "limits": Limits,
    "budgets": Budget,
    "confirm": Confirm,
}
_OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds, where that stands, in words, and what a person must be told of it."""

    policy: Policy
    origin: str
    remarks: tuple[str, ...]


class Mistakes(NamedTuple):
    """What is wrong with a file, a line each; and the policy where nothing is."""

    told: list[str]
    written: Written | None


def place(settings: Settings) -> Path:
    """The user's file, whether there is one or not."""
    if settings.policy:
        return Path(settings.policy)
    from platformdirs import user_config_path

    return user_config_path("hbmcp") / "policy.toml"


def in_force(settings: Settings) -> InForce:
    """The policy that holds. Raises SettingsError with every mistake of its files, and for a file that was named and
    isn't there."""
    mistakes: list[str] = []
    remarks: list[str] = []
    policy, origin = default(settings.on_paper), "the default, for there is no policy file"
    theirs = place(settings)
    if settings.policy or _is_there(theirs):
        wrong, written = read(theirs)
        mistakes += wrong
        origin = str(theirs)
        remarks += _open_to_others(theirs)
        if written:
            remarks += (f"{theirs}: {one}" for one in misnamed(written))
            policy = Policy.model_construct(**dict(written))
    here = Path(HERE).absolute()
    if _is_there(here) and here.resolve() != theirs.resolve():
        wrong, written = read(here)
        mistakes += wrong
        origin = f"{origin}, tightened by {here}"
        if written:
            remarks += (f"{here}: {one}" for one in misnamed(written))
            policy = tightened(policy, written)
            if written.profiles:
                remarks.append(f"{here} can only tighten the policy: its profiles aren't used.")
            if "currency" in written.model_fields_set and written.currency != policy.currency:
                remarks.append(
                    f"{here} can only tighten the policy, and not set its currency: its limits are taken as "
                    f"{policy.currency}."
                )
    if mistakes:
        raise SettingsError(
            "\n".join(mistakes), "hbmcp doesn't start without the policy that was meant.", "Correct the file."
        )
    return InForce(policy, origin, tuple(remarks))


def read(file: Path) -> Mistakes:
    """What a file says, or every mistake in it."""
    try:
        table = toml_file.read(file, "a policy")
    except ValueError as error:
        return Mistakes([str(error)], None)
    try:
        return Mistakes([], Written.model_validate(table))
    except ValidationError as error:
        return Mistakes([f"{file}: {one}" for one in _mistakes(error)], None)


def _mistakes(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False, include_context=True):
        at = [str(part + 1 if isinstance(part, int) else part) for part in one["loc"]]  # counted as a person does
        key, context = ".".join(map(named, at)), one.get("ctx", {})
        match one["type"]:
            case "extra_forbidden" if len(at) == 1 and at[0] in Limits.model_fields:
                yield f"there is no {key} outside of [limits]."
            case "extra_forbidden":
                yield f"there is no {key}{suggestion(at[-1], _keys(at[:-1])) or '.'}"
            case "missing":
                yield f"{key} is missing."
            case "greater_than":
                yield f"{key} must be a number above {context['gt']}."
            case "less_than":
                yield f"{key} must be a number below {context['lt']:.0e}.".replace("e+", "e")
            case "moment":
                yield f"{key} {one['msg']}."
            case "finite_number" | "decimal_type" | "decimal_parsing":
                yield f"{key} must be a number above 0."
            case "int_type" | "int_parsing" | "int_from_float":
                yield f"{key} must be a whole number above 0."
            case "tuple_type" if at == ["confirm"]:
                yield 'confirm must be "always", "never" or "over 500", or tables, [[confirm]].'
            case "tuple_type":
                yield f'{key} must be a list, such as ["{_EXAMPLES.get(at[-1], "name")}"].'
            case "string_type" | "string_too_short":
                yield f"{key} must be text."
            case "string_pattern_mismatch" if at[-1] == "when":
                yield f'{key} must be "always", "never" or "over 500".'
            case "string_pattern_mismatch":
                yield f"{key} must be a token in capitals, such as USDT."
            case "model_type" | "dict_type":
                yield f"{key} must be a table, [{key}]."
            case _:
                yield f"{key}: {one['msg']}."


def _keys(at: list[str]) -> list[str]:
    table: type[BaseModel] = Written
    if at[:1] == ["profiles"]:
        table, at = Rules, at[2:]
    return list((_TABLES[at[0]] if at else table).model_fields)


def _is_there(file: Path) -> bool:
    """Whether it is, also where it can't be read. Raises SettingsError where that can't be known."""
    try:
        os.lstat(file)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise SettingsError(
            f"Whether there is a policy at {file} can't be known ({error.strerror}).",
            "hbmcp doesn't start without the policy that may be meant.",
            "Let hbmcp read that folder.",
        ) from None
    return True


def _open_to_others(file: Path) -> list[str]:
    try:
        opened = os.name == "posix" and file.stat().st_mode & _OTHERS_CAN_WRITE
    except OSError:  # told by who reads it
        return []
    return [f"Other users can change {file}, and so what is allowed: `chmod go-w` it."] if opened else []
