"""Where settings are read from: a .env file, the environment, the command line."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from hbmcp.errors import SettingsError
from hbmcp.settings.model import PROTECTIVE, VARIABLES, parsed

NONE = "none"  # --env-file: no file at all
PLACEHOLDERS = ("…", "...")  # what `make serve` prints for a person to fill in

_FIELDS = {variable: field for field, variable in VARIABLES.items()}
_DAMAGED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Source:
    """`values`: what it sets, by field, as it was written. `names`: of all its variables, ours or not, in capitals.
    `unfilled`: the fields that it names and leaves empty.

    `named`: whether a person pointed at it; a .env found in the working directory nobody did. `folder`: where the
    relative paths in it begin; None where nobody chose it.
    """

    name: str
    values: Mapping[str, Any]
    names: tuple[str, ...] = ()
    unfilled: tuple[str, ...] = ()
    named: bool = True
    remarks: tuple[str, ...] = ()
    folder: Path | None = None


class _Found(NamedTuple):
    """What a Source has of these."""

    values: dict[str, str]
    names: tuple[str, ...]
    unfilled: tuple[str, ...]
    remarks: tuple[str, ...]


def command_line(flags: Mapping[str, Any]) -> Source:
    """The flags, by field; None is one that wasn't given."""
    return Source("flags", {field: value for field, value in flags.items() if value is not None}, folder=Path())


def environment() -> Source:
    """The variables of this process. An empty one counts as not set; letter case doesn't matter."""
    name = "the environment"
    found = _ours(((one, value, one) for one, value in os.environ.items()), name)
    return Source(name, found.values, found.names, found.unfilled, remarks=found.remarks)


def env_file(path: str | None) -> Source | None:
    """The .env of this path, of the working directory for None; nothing where there is none, or for "none".

    Raises SettingsError for one that was named and can't be read. One that nobody named keeps nothing from starting.
    """
    if path == NONE:
        return None
    file = Path(".env" if path is None else path).expanduser()
    if path is None and not file.is_file():
        return None
    name = str(file.resolve())
    try:
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
        if "\0" in text:
            raise OSError(None, "it isn't UTF-8 text")
    except OSError as error:
        problem = f"{name} can't be read ({error.strerror})."
        if path is not None:
            raise SettingsError(problem, advice="Name another with --env-file, or none with --env-file none.") from None
        return Source(name, {}, named=False, remarks=(f"{problem} Nothing of it is used.",))
    values, names, unfilled, remarks = _read(text, name)
    if damaged := [VARIABLES[field] for field, value in values.items() if _DAMAGED in value]:
        problem = f"{name} can't be read as UTF-8 at {', '.join(damaged)}."
        if path is not None:
            raise SettingsError(problem, advice="Save it as UTF-8.")
        remarks = (*remarks, f"{problem} That isn't used.")
        values = {field: value for field, value in values.items() if _DAMAGED not in value}
    folder = None if path is None else Path(name).parent
    return Source(name, values, names, unfilled, path is not None, remarks, folder)


def _read(text: str, name: str) -> _Found:
    from dotenv.parser import parse_stream

    # Not dotenv_values(): it would put variables of the environment into what a file says, and so into an address.
    lines = list(parse_stream(StringIO(text)))
    unread = [f"Line {line.original.line} of {name} can't be read and isn't used." for line in lines if line.error]
    given = ((line.key, line.value or "", f"line {line.original.line}") for line in lines if line.key)
    found = _ours(given, name)
    return found._replace(remarks=(*unread, *found.remarks))


def _ours(variables: Iterable[tuple[str, str, str]], source: str) -> _Found:
    """What is said by variables with a name, a value and the place where each stands."""
    given: dict[str, list[tuple[str, str]]] = {}
    names, unfilled = [], []
    for name, value, place in variables:
        field = _FIELDS.get(name.upper())
        if value.strip():
            names.append(name.upper())
        if field and value.strip() in ("", *PLACEHOLDERS):
            unfilled.append(field)
        elif field:
            given.setdefault(field, []).append((value, place))
    values, remarks = {}, []
    for field, several in given.items():
        values[field], place = _one(field, several)
        if len({value for value, _ in several}) > 1:
            remarks.append(f"{VARIABLES[field]} is set more than once in {source}: {place} is used.")
    return _Found(values, tuple(dict.fromkeys(names)), tuple(unfilled), tuple(remarks))


def _one(field: str, several: list[tuple[str, str]]) -> tuple[str, str]:
    """What counts of a setting that stands in several places, and where: what protects most, else the last."""
    if field == "exclude_tools":
        return ",".join(value for value, _ in several), "all of it"
    for value, place in several if field in PROTECTIVE else ():
        try:
            if parsed(field, value):
                return value, place
        except ValueError:  # what is wrong with it is told where it is used
            return value, place
    return several[-1]
