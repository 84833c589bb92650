"""The APIs that tools are made for: the Hummingbot API, and other services beside it.

A service is there when its contract is pinned, as NAME.openapi.json beside ours. Its curation is the folder of its name
in overrides/, and its typed client the package NAME_api. What all have in common is named once: so no two of them may
have a name for different things.
"""

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

from codegen import curation as curated
from codegen.client.shapes import PACKAGE
from codegen.contract import Contract, ContractError, read
from codegen.curation import Curation, CurationError, Mistake
from codegen.source_texts import texts

ENDING = ".openapi.json"
_SETTING = re.compile(r"[A-Z][A-Z0-9_]+")


@frozen
class Api:
    """Where one of them has its contract and its curation; the name of the Hummingbot API is ""."""

    name: str
    contract: Path
    overrides: Path

    def beside(self, name: str) -> "Api":
        """Another service."""
        return Api(name, self.contract.with_name(f"{name}{ENDING}"), self.overrides / name)

    def with_others(self) -> "list[Api]":
        """It, and the services beside it."""
        files = sorted(self.contract.parent.glob(f"*{ENDING}"))
        return [self, *(self.beside(file.name.removesuffix(ENDING)) for file in files if file != self.contract)]

    def pinned(self) -> Contract:
        """Its contract. Raises ContractError."""
        return read(self.contract)

    def curation(self, contract: Contract | None = None) -> Curation:
        """What overrides/ say of it, as a contract spells it.

        Raises CurationError for a file that can't be read at all: alone, for much else would only follow from it.
        """
        curation = curated.read(self.overrides, self.name)
        if unreadable := [one for one in curation.mistakes if one.reason.startswith(curated.UNREADABLE)]:
            raise CurationError(unreadable)
        return curation.as_in(contract.operations) if contract else curation


def named(argument: str) -> tuple[str, str | None]:
    """`--source NAME=URL|FILE` -> both; of NAME alone the second is None. Raises ContractError."""
    name, is_there, source = argument.partition("=")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or (is_there and not source):
        raise ContractError(f"--source {argument}", "must be NAME=URL or NAME=FILE, with a name in snake_case")
    return name, source or None


def clashes(ours: Curation, others: Sequence[Curation], run_time: Path, generated: Path) -> Iterator[Mistake]:
    """Names of a service that something else has: its package, its settings, its toolsets and tools."""
    settings = {one.value for _, one in texts(run_time / "hbmcp") if _SETTING.fullmatch(one.value)} if others else set()
    toolsets, tools = _toolsets(ours), _tools(ours)
    for other in others:
        if other.package == PACKAGE or _is_elsewhere(other.package, generated):
            yield Mistake(other.name, "", "", f"there is a package {other.package} already: give it another name")
        for setting in (f"HBMCP_{other.name.upper()}_URL", f"HBMCP_{other.name.upper()}_KEY"):
            if setting in settings:
                yield Mistake(other.name, "", "", f"{setting} is a setting already: give it another name")
        for name, file in _toolsets(other).items():
            if name in toolsets:
                yield Mistake(file, "toolset", "", f"{name!r} is a toolset of {toolsets[name]} already")
        for name, place in _tools(other).items():
            if name in tools:
                yield Mistake(*place, "", f"{name!r} is a name in {tools[name][0]} already")
        toolsets, tools = _toolsets(other) | toolsets, _tools(other) | tools


def _is_elsewhere(package: str, generated: Path) -> bool:
    found = find_spec(package)
    return found is not None and not Path(found.origin or "").resolve().is_relative_to(generated.resolve())


def _toolsets(curation: Curation) -> dict[str, str]:
    """Names and aliases -> the file."""
    return {
        name: curation.file(f"{toolset}.toml")
        for toolset, one in curation.toolsets.items()
        for name in (toolset, *one.aliases)
    }


def _tools(curation: Curation) -> dict[str, tuple[str, str]]:
    """Names and aliases of tools, and those that were removed -> file and table."""
    found: dict[str, tuple[str, str]] = {}
    for toolset in curation.toolsets:
        file = curation.file(f"{toolset}.toml")
        found |= {name: (file, f"removed.{name}") for name in curation.removed[toolset]}
        for section, tables in (("workflows", curation.workflows[toolset]), ("tools", curation.tools[toolset])):
            for name, one in tables.items():
                found |= dict.fromkeys((name, *one.aliases), (file, f"{section}.{name}"))
    return found
