"""What commands go through to the tools of an installation."""

import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import typer

from hbmcp.cli import breaking_off
from hbmcp.cli.options import settings_for_all

if TYPE_CHECKING:
    from hbmcp.bridge import Bridge, Outcome
    from hbmcp.caller import Kind
    from hbmcp.catalog import Offer
    from hbmcp.policy.grant import Grant
    from hbmcp.policy.model import Policy
    from hbmcp.settings import Settings


@dataclass(frozen=True, slots=True)
class Door:
    """What a call from a terminal goes through, under the same policy as a client's."""

    told: "Settings"
    offer: "Offer"
    policy: "Policy"

    @classmethod
    def opened(cls, env_file: str | None, installation: str | None) -> Self:
        """As the settings say, with all tools where they choose none. Raises SettingsError, also where it isn't said
        which of several installations is meant."""
        from hbmcp.settings import only

        return cls._of(only(settings_for_all(env_file), installation))

    @classmethod
    def each(cls, env_file: str | None, installation: str | None) -> list[Self]:
        """Likewise, one to each installation, or to the one that is named."""
        return [cls._of(told) for told in settings_for_all(env_file, installation)]

    @classmethod
    def _of(cls, told: "Settings") -> Self:
        from hbmcp.cli import opening
        from hbmcp.plugins.loading import catalog
        from hbmcp.policy.file import in_force
        from hbmcp.policy.offered import offered

        if not told.toolsets and not told.tools:
            told = told.model_copy(update={"tools": ("all",)})
        held = in_force(told)
        offer = offered(catalog(told), told, held.policy)
        opening.warn(told, held)
        return cls(told, offer, held.policy)

    @asynccontextmanager
    async def bridge(self, kind: "Kind") -> "AsyncIterator[Bridge]":
        """Its bridge, while it is open. Where it is broken off, what it had sent is told."""
        import asyncio

        from hbmcp.bridge import Bridge

        granted: list[Grant] = []
        async with aclosing(Bridge(self.offer, self.told, kind, policy=self.policy)) as bridge:
            bridge.granted = granted.append
            try:
                yield bridge
            except asyncio.CancelledError:
                typer.echo(f"hbmcp: broken off. {breaking_off.told(granted, self.offer)}", err=True)
                raise

    def call(self, tool: str, given: dict[str, Any], key: str | None = None) -> "Outcome":
        """Call a tool, and print what a model would read."""
        from hbmcp.cli.asking import AtTheKeyboard
        from hbmcp.errors import Halted

        async def call() -> Any:
            async with self.bridge("terminal") as bridge:
                ask = AtTheKeyboard(bridge.store)
                came = await bridge.call(tool, given, key=key, ask=ask)
                if isinstance(came.error, Halted) and came.error.for_person and ask.at_terminal:
                    typer.echo(came.text, err=True)
                    if typer.confirm("It takes away what protects. Send it all the same?", default=False, err=True):
                        return await bridge.for_person(self.offer).call(tool, given, key=key, ask=ask)
                return came

        with redirect_stdout(sys.stderr):  # what a plugin prints is no part of its answer
            outcome: Outcome = breaking_off.run(call)
        typer.echo(outcome.text)
        for block in outcome.content:
            typer.echo(f"[{' '.join(filter(None, (block['type'], block.get('mimeType'))))}, which isn't shown here]")
        return outcome
