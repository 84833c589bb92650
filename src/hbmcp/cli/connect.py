"""hbmcp connect: an exchange's API keys, typed by a person and sent straight to the Hummingbot API."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hbmcp.cli.door import Door
from hbmcp.cli.options import EnvFile, Which, settings_for

if TYPE_CHECKING:
    from hbmcp.installation.keys.fields import KeyField


def connect(
    exchange: Annotated[str, typer.Argument(help="Such as binance, or binance_perpetual for its perpetuals.")],
    account: Annotated[str, typer.Option(help="The account that gets the keys.")] = "master_account",
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Connect an exchange: type its API keys here, and they go straight to the Hummingbot API, past every model."""
    import anyio

    from hbmcp.cli import breaking_off, opening, typed
    from hbmcp.connecting.connection import Connection, offer
    from hbmcp.errors import CallError
    from hbmcp.policy.file import in_force

    typed.secrets_only("hbmcp connect")
    told = settings_for(env_file, installation)
    held = in_force(told)
    opening.warn(told, held)

    async def look() -> Connection:
        async with door.bridge("person") as bridge:
            return await Connection.look(bridge, exchange, account)

    async def send() -> None:
        async with door.bridge("person") as bridge:
            await connection.send(bridge, keys)

    try:
        door = Door(told, offer(told), held.policy)
        connection = anyio.run(look)
        typed.say(f"The keys of {exchange} for {account}, {opening.where(told)}. What you type isn't shown.")
        typed.warn_of_eavesdroppers(told)
        if told.on_paper:
            typed.say("Any keys will do there, and none is kept: type no real ones.")
        if connection.replaces:
            typer.confirm(f"{account} has keys of {exchange}. Replace them?", abort=True, err=True)
        keys = {field.name: value for field in connection.fields if (value := _typed(field)) is not None}
        breaking_off.run(send)
    except CallError as error:
        typed.say(f"hbmcp: {error}")
        raise typer.Exit(1) from None
    typer.echo(f"{account} is connected to {exchange}.")


def _typed(field: "KeyField") -> Any:
    """None for one that was left out."""
    from hbmcp.cli import typed

    if not field.choices:
        return typed.secret(field.name, optional=not field.required) or None
    chosen = typed.choice(field.name, field.choices, optional=not field.required)
    return field.meant(chosen) if chosen else None
