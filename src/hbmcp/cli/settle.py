"""hbmcp policy settle: a person says what became of what was sent and never answered."""

from typing import TYPE_CHECKING

import typer

from hbmcp.cli.door import Door
from hbmcp.cli.options import EnvFile, Which
from hbmcp.errors import StoreError

if TYPE_CHECKING:
    from hbmcp.store import LedgerRow

YES, NO, LATER = "yes", "no", "later"


def settle(installation: Which = None, env_file: EnvFile = None) -> None:
    """Look what became of what was sent and never answered, which counts until then, and ask of the rest."""
    import anyio

    from hbmcp.cli import typed

    typed.only_at_a_terminal("hbmcp policy settle asks a person, at a terminal.", "Nothing was settled.")
    try:
        anyio.run(_settle, Door.opened(env_file, installation))
    except StoreError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


async def _settle(door: Door) -> None:
    from hbmcp.cli.asking import person
    from hbmcp.policy import doubts
    from hbmcp.policy.audit.deed import noted
    from hbmcp.policy.audit.record import time_text
    from hbmcp.policy.counting import LOOKS
    from hbmcp.store import Settled, Settling

    async with door.bridge("terminal") as bridge:
        installation = bridge.installation(LOOKS)
        if await doubts.look(installation):
            typer.echo("Some of it was found among the API's orders and executors, and is settled.")
        left = await doubts.doubts(installation)
        if not left:
            typer.echo("There is nothing of which nobody knows what became of it.")
        for row in left:
            said = _asked(row)
            if said == LATER:
                continue
            which = {"time": time_text(row.time), "tool": row.tool, "was": row.words, "done": said}
            async with noted(door.told, bridge.store, "policy settle", person(), **which):
                done = Settling({row.key: Settled("sent", None)}) if said == YES else Settling(released=[row.key])
                await bridge.store.settle(done)


def _asked(row: "LedgerRow") -> str:
    from hbmcp.figures import plain
    from hbmcp.times import utc

    typer.echo(f"{utc(row.time)}, {row.tool}: {row.words}; counts {plain(row.opened):,f} {row.currency}.")
    while True:
        said = typer.prompt(
            f"Was it done, as the exchange itself shows? {YES}, {NO} (it counts no more), {LATER}", default=LATER
        )
        for answer in (YES, NO, LATER):
            if said.strip() and answer.startswith(said.strip().lower()):
                return answer
