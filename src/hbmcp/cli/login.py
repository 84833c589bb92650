"""hbmcp login and logout: the API's own password, in the system's keyring."""

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from hbmcp.cli.options import EnvFile, Which

if TYPE_CHECKING:
    from hbmcp.settings import Settings

Address = Annotated[
    str | None, typer.Argument(help="The API's address; without it, HUMMINGBOT_API_URL or http://localhost:8000.")
]


def login(address: Address = None, installation: Which = None, env_file: EnvFile = None) -> None:
    """Keep the API's password in the system's keyring, for this address alone; it is tried before it is kept."""
    import anyio
    from pydantic import SecretStr

    from hbmcp import log
    from hbmcp.cli import typed
    from hbmcp.settings import logins

    typed.secrets_only("hbmcp login")
    told = _settings(address, installation, env_file)
    log.configure(told.log_level)
    typed.say(f"The login of the Hummingbot API at {told.api_url}. The password isn't shown.")
    typed.warn_of_eavesdroppers(told)
    username = typer.prompt("Username", err=True)
    password = SecretStr(typed.secret("Password"))
    problem = anyio.run(_try, told.model_copy(update={"api_username": username, "api_password": password}))
    if problem:
        typed.say(f"hbmcp: {problem}\nNothing was kept.")
        raise typer.Exit(1)
    logins.keep(told.api_url, username, password)
    typer.echo(
        f"The keyring keeps it, for {told.api_url} alone. It is used where HUMMINGBOT_API_URL is that address, and no "
        "password is set."
    )


def logout(address: Address = None, installation: Which = None, env_file: EnvFile = None) -> None:
    """Remove the API's password for this address from the system's keyring."""
    from hbmcp.settings import logins

    told = _settings(address, installation, env_file)
    username = logins.forget(told.api_url)
    if username is None:
        typer.echo(f"No login for {told.api_url} was kept.")
    else:
        typer.echo(f"The login for {told.api_url} is no longer kept.")


def _settings(address: str | None, installation: str | None, env_file: str | None) -> "Settings":
    """Of the real API at the address, without credentials. Raises SettingsError."""
    from hbmcp import settings
    from hbmcp.errors import SettingsError
    from hbmcp.settings.model import CREDENTIALS, parsed

    told = settings.load(
        env_file_path=env_file,
        unused=(*settings.HTTP, "paper", *CREDENTIALS, *(("installations",) if address is not None else ())),
        installation=installation,
    )
    if told.paper:
        raise SettingsError(f"[{told.name}] is a paper exchange, which nobody logs in to.", "Nothing was asked for.")
    try:
        api_url = parsed("api_url", address) if address is not None else told.api_url
    except ValueError as error:
        raise SettingsError(
            f"The address: {error}.", "No login was kept or forgotten.", "Write it as in http://localhost:8000."
        ) from None
    return told.model_copy(update={"api_url": api_url, "api_username": None, "in_keyring": False})


async def _try(told: "Settings") -> str:
    """What the API says against username and password; nothing where it accepts them."""
    from hbmcp.bridge import Bridge
    from hbmcp.catalog import Catalog

    async with aclosing(Bridge(Catalog.load().choose(tools=("list_accounts",)), told, "terminal")) as bridge:
        outcome = await bridge.call("list_accounts", {})
    return outcome.text if outcome.is_error else ""
