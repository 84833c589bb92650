"""hbmcp token: who may use a server over HTTP."""

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hbmcp.cli.options import EnvFile, Which, kept, kept_files, settings_for_all
from hbmcp.cli.store import store_of
from hbmcp.errors import SettingsError

if TYPE_CHECKING:
    from hbmcp.settings import Settings
    from hbmcp.store import Store, TokenRow

T = TypeVar("T")

token = typer.Typer(
    name="token", help="Access tokens: who may use a server over HTTP, and which of its tools.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="What the audit calls who shows it, such as the client's name.")]


@token.command()
def create(
    name: Name,
    toolsets: Annotated[
        str | None, typer.Option(help="Toolsets whose tools it is for, with commas between; without it, all of them.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Only for what changes nothing.")] = False,
    profile: Annotated[
        str | None, typer.Option(help="A profile of the policy, which holds for it besides the rest.")
    ] = None,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Make an access token, and show it once: only a hash of it is kept."""
    from hbmcp.access.tokens import digest, new_token
    from hbmcp.store import TokenRow
    from hbmcp.times import now

    each = kept(settings_for_all(env_file, installation))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name):
        raise SettingsError(
            "A token's name is 1 to 40 letters, digits, dots, dashes and underscores.",
            "No token was made.",
            "Choose another name.",
        )
    names = [one.strip() for one in (toolsets or "").split(",") if one.strip()]
    for told in each:
        _check(told, names, profile)
    made = new_token()
    row = TokenRow(name, digest(made), tuple(names), read_only, profile, created=now())
    taken = SettingsError(
        f"There is a token named {name} already.",
        "None was made.",
        f"Choose another name, or `hbmcp token revoke {name}` first.",
    )
    for told in _free(each, name, taken):
        _do(told, "create", name, lambda store: store.add_token(row), taken)
    typer.echo(made)
    typer.echo(
        "That is shown once. A client sends it as the header Authorization: Bearer …, and never in an address. Servers "
        "over HTTP that ran without tokens ask for one from their next start.",
        err=True,
    )


@token.command("list")
def show(installation: Which = None, env_file: EnvFile = None) -> None:
    """List the tokens, the revoked ones too: their names and what they are for."""
    from rich.console import Console
    from rich.table import Table

    from hbmcp.policy.audit.record import time_text

    for told in kept(settings_for_all(env_file, installation)):
        table = Table(title=told.name or None)
        for column in ("name", "toolsets", "for", "profile", "made", "revoked"):
            table.add_column(column, overflow="fold")
        for row in _rows(told):
            table.add_row(
                row.name,
                ", ".join(row.toolsets) or "all",
                "reads" if row.read_only else "all",
                row.profile or "",
                time_text(row.created)[:10],
                "" if row.revoked is None else time_text(row.revoked)[:10],
            )
        Console(markup=False, highlight=False).print(table)


@token.command()
def revoke(name: Name, installation: Which = None, env_file: EnvFile = None) -> None:
    """End a token: from now on it opens nothing, in whichever process."""
    from hbmcp.settings import only
    from hbmcp.times import now

    each = settings_for_all(env_file)
    meant = kept(each if installation is None else [only(each, installation)])
    where = f" at {installation}" if installation else ""
    none = SettingsError(f"There is no token named {name} that opens anything{where}.", "Nothing was changed.")
    opened = [told for told in meant if _opens(told, name)]
    for told in opened or meant[:1]:
        _do(told, "revoke", name, lambda store: store.revoke_token(name, now()), none)
    left = [told.name for told in kept(each) if _opens(told, name)]
    ended = ", ".join(told.name for told in opened)
    typer.echo(
        f"The token {name} no longer opens {ended}. It still opens {', '.join(left)}."
        if left
        else f"The token {name} opens nothing any more."
    )


def _opens(told: "Settings", name: str) -> bool:
    return any(row.name == name and row.revoked is None for row in _rows(told))


def _rows(told: "Settings") -> "list[TokenRow]":
    return _asked(told, lambda store: store.tokens())


def _free(each: "list[Settings]", name: str, taken: SettingsError) -> "list[Settings]":
    """The same, where none has a token of this name: it would be made in some of them. Raises `taken`."""
    if len(each) > 1 and any(row.name == name and row.revoked is None for told in each for row in _rows(told)):
        raise taken
    return each


def _check(told: "Settings", toolsets: list[str], profile: str | None) -> None:
    """Raises SettingsError for what doesn't exist."""
    from hbmcp.catalog import PLUGINS, Catalog
    from hbmcp.did_you_mean import suggestion
    from hbmcp.policy.file import in_force

    known = [*Catalog.load().toolset_names, PLUGINS]
    for name in toolsets:
        if name not in known:
            raise SettingsError(f"There is no toolset {name}{suggestion(name, known) or '.'}", "No token was made.")
    profiles = list(in_force(told).policy.profiles)
    if profile is not None and profile not in profiles:
        raise SettingsError(
            f"The policy has no profile {profile}{suggestion(profile, profiles) or '.'}",
            "No token was made.",
            f"Write [profiles.{profile}] into it first; `hbmcp policy show` says where it stands.",
        )


def _do(
    told: "Settings", what: str, name: str, do: "Callable[[Store], Awaitable[bool]]", undone: SettingsError
) -> None:
    """What changes a token, which the audit tells. Raises `undone` where nothing is changed, and as `_asked`."""
    from hbmcp.cli.asking import person
    from hbmcp.policy.audit.deed import noted

    async def done(store: "Store") -> None:
        async with noted(told, store, f"token {what}", person(), name=name):
            if not await do(store):
                raise undone

    _asked(told, done)


def _asked(told: "Settings", ask: "Callable[[Store], Awaitable[T]]") -> T:
    """What the store of these settings gives. Raises SettingsError where there is none that others could read."""
    import anyio

    from hbmcp.errors import StoreError

    kept_files(told)

    async def asked() -> T:
        async with store_of(told) as store:
            return await ask(store)

    try:
        return anyio.run(asked)
    except StoreError as error:
        raise SettingsError(str(error)) from None
