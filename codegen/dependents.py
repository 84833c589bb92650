"""What stands on an operation, and so is lost with it: its tools, and the workflows that use these."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from codegen.curation import Curation, Mistake
from codegen.renames import told


@frozen
class Loss:
    """`tools` can't be made any more, because of `reason`; `cause` says where to correct that, and `advice` how."""

    cause: str
    reason: str
    tools: tuple[str, ...]
    advice: str = ""

    def __str__(self) -> str:
        what = f"loses {', '.join(self.tools)}" if self.tools else "is in excluded.toml"
        return f"{self.cause}: {what}{self.advice}"


def dependents(curation: Curation) -> dict[str, list[str]]:
    """Operation -> all tools that stand on it, those that call it first."""
    return {key: _with_users(curation, names) for key, names in curation.by_operation().items()}


def losses(
    curation: Curation,
    gone: Iterable[str],
    successors: Mapping[str, str | None],
    misfits: Iterable[Mistake],
    renames: Mapping[str, Mapping[str, str]],
) -> Iterator[Loss]:
    """By their causes: curated or excluded operations that are gone, with what may have replaced them, or what to write
    where that only has another name, and tools that don't fit theirs. A tool that has several causes is in each."""
    standing = dependents(curation)
    for key in gone:
        successor = successors.get(key)
        advice = f"; now perhaps {successor}?" if successor else ""
        if key in renames:
            advice = f"; the same is {successor}: write {told(renames[key])}"
        yield Loss(key, f"{key} is gone", tuple(standing.get(key, ())), advice)
    for one in misfits:
        yield Loss(str(one), one.reason, tuple(_with_users(curation, [one.tool] if one.tool else [])))


def _with_users(curation: Curation, names: Sequence[str]) -> list[str]:
    workflows = (item for workflows in curation.workflows.values() for item in workflows.items())
    return [*names, *(name for name, one in workflows if not {name, *one.uses}.isdisjoint(names) and name not in names)]
