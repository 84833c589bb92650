"""Whether overrides/ say all that the pinned contracts need, and generated/ and README are what regen would write."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from codegen import render
from codegen.contract import Contract
from codegen.curation import Curation, CurationError, Mistake, audit, vanished
from codegen.generate import RUN_TIME, Generated, Made, make, whole, write
from codegen.listing import README, Listing
from codegen.named_tools import unknown_tools
from codegen.services import Api, clashes
from codegen.tools import generated_only
from codegen.trials import Trials


@frozen
class Checked:
    """What all is made of, each API's curation with its contract, ours first; and what does no harm."""

    apis: tuple[tuple[Curation, Contract], ...]
    generated: Generated
    notes: tuple[str, ...]


def check(apis: Sequence[Api], output: Path) -> Checked:
    """All that is wrong. `apis` are those that are pinned, ours first.

    Raises:
        CurationError: something of overrides/, or of what they ask for elsewhere.
        RenderError: generated/ or README.
    """
    read = tuple((api.curation(contract), contract) for api in apis for contract in [api.pinned()])
    (ours, contract), *others = read
    repository = apis[0].overrides.parent
    carried = [(curation.without(vanished(curation, contract)), contract) for curation, contract in read]
    mistakes = [one for curation, contract in read for one in (*curation.mistakes, *audit(curation, contract))]
    mistakes += unknown_tools(carried, repository)
    mistakes += (clashing := list(clashes(ours, [curation for curation, _ in others], RUN_TIME, output)))
    if trials := Trials.read(repository):
        mistakes += trials.missing(ours, contract)
    made = list(_made(carried, mistakes))
    if len(made) < len(carried) or clashing:
        raise CurationError(mistakes)
    with tempfile.TemporaryDirectory() as folder:
        generated = whole(made[0], made[1:])
        write(generated, Path(folder))
        stale = render.differences(Path(folder), output)
        listing = Listing.of(Path(folder), repository / README)
    mistakes += listing.too_long() if listing else ()
    if mistakes:
        raise CurationError(mistakes)
    if stale:
        raise render.RenderError("\n".join([*stale, f"{output.name}/ is stale: run `make regen`."]))
    if listing and listing.changes(repository / README):
        raise render.RenderError(f"{README}: its figures aren't those of the tools: run `make regen`.")
    notes = [f"not needed any more: {one}" for one in (trials.left_over(ours, contract) if trials else ())]
    notes += [
        f"sent by a server that was made for it only (make regen): [tools.{name}] also {one}"
        for curation, _ in read
        for name, tool in curation.by_name.items()
        for one in generated_only(tool)
    ]
    absent = [lost for curation, _ in read for lost in curation.absent if lost.is_workflow]
    return Checked(read, generated, (*notes, *(f"not offered: {lost.name}, for {lost.why}" for lost in absent)))


def _made(carried: Sequence[tuple[Curation, Contract]], mistakes: list[Mistake]) -> Iterator[Made]:
    """Those that can be made; why others can't is put to the mistakes."""
    for curation, contract in carried:
        if not curation.mistakes:
            try:
                yield make(contract, curation)
            except CurationError as error:
                mistakes += error.mistakes
