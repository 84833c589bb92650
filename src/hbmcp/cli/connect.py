"""hbmcp connect: an exchange's API keys, typed by a person and sent straight to the Hummingbot API."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hbmcp.cli.options import EnvFile, settings_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from hbmcp.bridge import Bridge
    from hbmcp.installation.installation import Installation
    from hbmcp.installation.keys.fields import KeyField

LOOKS = ("list_accounts", "get_connectors", "get_credential_fields", "get_connected_exchanges")
SENDS = "add_credential"


def connect(
    exchange: Annotated[str, typer.Argument(help="Such as binance, or binance_perpetual for its perpetuals.")],
    account: Annotated[str, typer.Option(help="The account that gets the keys.")] = "master_account",
    env_file: EnvFile = None,
) -> None:
    """Connect an exchange: type its API keys here, and they go straight to the Hummingbot API, past every model."""
    import anyio

    from hbmcp.bridge import Bridge
    from hbmcp.catalog import Catalog
    from hbmcp.cli import opening, typed
    from hbmcp.errors import CallError
    from hbmcp.policy.file import in_force

    typed.only_at_a_terminal("hbmcp connect")
    told = settings_for(env_file)
    held = in_force(told)
    opening.warn(told, held)
    # Who excluded add_credential kept it from models.
    offer = Catalog.load().choose(tools=(*LOOKS, SENDS), read_only=told.read_only)

    def bridge() -> Bridge:
        return Bridge(offer, told, "person", policy=held.policy)

    try:
        offer.find(SENDS)
        fields, connected = anyio.run(_look, bridge, exchange, account)
        typed.say(f"The keys of {exchange} for {account}, {opening.where(told)}. What you type isn't shown.")
        typed.warn_of_eavesdroppers(told)
        if told.on_paper:
            typed.say("Any keys will do there, and none is kept: type no real ones.")
        if connected:
            typer.confirm(f"{account} has keys of {exchange}. Replace them?", abort=True, err=True)
        keys = {field.name: value for field in fields if (value := _typed(field)) is not None}
        anyio.run(_send, bridge, exchange, account, keys)
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


async def _look(build: "Callable[[], Bridge]", exchange: str, account: str) -> "tuple[list[KeyField], bool]":
    """The fields to type, and whether the exchange is connected already. Raises CallError, where the policy would
    refuse the keys as well: nobody types them for nothing."""
    from hbmcp.errors import CallError
    from hbmcp.installation.keys.fields import key_fields
    from hbmcp.policy.gate import WOULD_BE_REFUSED

    bridge = build()
    unfilled = {"account_name": account, "connector_name": exchange, "credentials": {}, "preview": True}
    try:
        fields = await key_fields(_installation(bridge), account, exchange)
        outcome = await bridge.call(SENDS, unfilled)
        _, refused, why = outcome.text.partition(WOULD_BE_REFUSED)
        if refused or outcome.is_error:
            raise CallError(why.strip() or outcome.text, "Nothing was typed or sent.")
        return fields
    finally:
        await bridge.aclose()


async def _send(build: "Callable[[], Bridge]", exchange: str, account: str, keys: dict[str, Any]) -> None:
    """Send the keys, and look whether they are there. Raises CallError."""
    from hbmcp.cli import typed
    from hbmcp.errors import CallError
    from hbmcp.installation.connections import connections

    bridge = build()
    given = {"account_name": account, "connector_name": exchange, "credentials": keys}
    try:
        outcome = await bridge.call(SENDS, given)
        if outcome.is_error:
            raise CallError(outcome.text)
        typed.say("The API took the keys.")
        found = await connections(_installation(bridge), account)
        found.raise_unread()
        if exchange not in found.by_account[account]:
            raise CallError(
                f"It doesn't list {exchange} among what {account} is connected to.",
                advice="`hbmcp call get_accounts` shows that; so does the API's log why.",
            )
    finally:
        await bridge.aclose()


def _installation(bridge: "Bridge") -> "Installation":
    from hbmcp.caller import Caller

    return bridge.installation(Caller("hbmcp connect", "accounts", frozenset(LOOKS), "terminal"))
