"""What regen makes of one API: its tools as its newest contract carries them, and what is lost with the older one."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from codegen import changes, curation
from codegen.contract import Contract
from codegen.curation import Curation, CurationError, Mistake
from codegen.dependents import Loss, losses
from codegen.generate import RUN_TIME, Made, Step, make
from codegen.renames import proposals
from codegen.services import Api, clashes


@frozen
class Renewal:
    """`curated` is what the overrides say, and `made` what this contract carries of it."""

    api: Api
    old: Contract | None
    curated: Curation
    made: Made
    lost: tuple[Loss, ...]

    @property
    def new(self) -> Contract:
        """The contract that it is made of."""
        return self.made.contract


def refuse_mistakes(curations: Sequence[Curation], output: Path) -> None:
    """What is wrong whatever the contracts say, in ours and those of services. Raises CurationError."""
    ours, *others = curations
    mistakes = [mistake for one in curations for mistake in one.mistakes]
    if mistakes or (mistakes := list(clashes(ours, others, RUN_TIME, output))):
        raise CurationError(mistakes)


def renew(api: Api, old: Contract | None, new: Contract, step: Step) -> Renewal:
    """Tools that don't fit, and those whose operation is gone, are left out and told as lost.

    Raises CurationError and ContractError as `make` does.
    """
    curated = api.curation(new)
    gone = curation.vanished(curated, new)
    kept = curated.without(gone)
    misfits: tuple[Mistake, ...] = ()
    try:
        made = make(new, kept, step)
    except CurationError as error:
        if kept.mistakes or any(mistake.tool is None for mistake in error.mistakes):
            raise
        misfits = error.mistakes
        made = make(new, kept.without_tools({one.tool: one.reason for one in misfits if one.tool}), step)
    after = successors(old, new)
    lost = losses(curated, gone, after, misfits, proposals(curated, old, new, after))
    return Renewal(api, old, curated, made, tuple(lost))


def successors(old: Contract | None, new: Contract) -> dict[str, str | None]:
    """What is gone -> what most likely took its place."""
    return {removed.key: removed.successor for removed in changes.compare(old, new).removed} if old else {}
