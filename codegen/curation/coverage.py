"""The curation beside the contract: every operation is accounted for, and every override has its operation."""

from collections.abc import Iterable

from codegen.contract import Contract
from codegen.curation.curation import EXCLUDED, Curation
from codegen.curation.mistake import Mistake
from codegen.likeness import NEAR, Trait, nearest, succession


def unaccounted(curation: Curation, contract: Contract) -> list[str]:
    """Operations that are neither curated nor excluded."""
    accounted = {*curation.claimed, *curation.by_operation(), *curation.excluded}
    return [key for key in contract.operations if key not in accounted]


def vanished(curation: Curation, contract: Contract) -> list[str]:
    """Operations that are curated or excluded, but not in the contract."""
    return [key for key in {**curation.by_operation(), **curation.excluded} if key not in contract.operations]


def audit(curation: Curation, contract: Contract) -> Iterable[Mistake]:
    """What isn't so of that."""
    removed = {
        one.operation: (toolset, name) for toolset, tables in curation.removed.items() for name, one in tables.items()
    }
    for key in unaccounted(curation, contract):
        if key in removed:
            toolset, name = removed[key]
            reason = (
                f"the contract has {key}: pin the one that hasn't, as `make regen FROM=DOCUMENT` does, or write its "
                "table again in the place of this one"
            )
            yield Mistake(curation.file(f"{toolset}.toml"), f"removed.{name}", "operation", reason)
            continue
        of = f" --source {curation.name}" if curation.name else ""
        reason = (
            f'neither a tool nor in {EXCLUDED}: write `"{key}" = "why not"` there, or into a toolset\'s file the table '
            f"that `python -m codegen scaffold{of}` makes (--write: it does)"
        )
        yield Mistake(curation.name or "overrides", "", key, reason)
    for toolset, tools in curation.tools.items():
        for name, tool in tools.items():
            if tool.operation not in contract.operations:
                reason = (
                    f"the contract has no {tool.operation}{_perhaps(tool.operation, contract)} Else write in the place "
                    f'of its tables: [removed.{name}] operation = "{tool.operation}", and by = "TOOL" if one does it'
                )
                yield Mistake(curation.file(f"{toolset}.toml"), f"tools.{name}", "operation", reason)
    for key in curation.excluded:
        if key not in contract.operations:
            reason = f"the contract has no such operation{_perhaps(key, contract)} Else take the line away"
            yield Mistake(curation.file(EXCLUDED), "operations", key, reason)


def _perhaps(key: str, contract: Contract) -> str:
    """`; now perhaps X?`: what most likely took its place; else what may have been meant."""
    gone = Trait(*key.partition(" ")[::2])
    likely = {other: succession(gone, Trait(one.method, one.path)) for other, one in contract.operations.items()}
    found = max(likely, key=likely.__getitem__, default=key)
    return f"; now perhaps {found}?" if likely.get(found, 0) >= NEAR else nearest(key, contract.operations) or "."
