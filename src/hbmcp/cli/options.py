"""Options that several commands have."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hbmcp.policy.files import Files
    from hbmcp.settings import Settings

EnvFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|none",
        help="Settings to read, all of them; without it, only what is safe in any .env of this folder.",
    ),
]
Installations = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="A TOML file that names several installations (HBMCP_INSTALLATIONS)."),
]
Which = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which of several installations, as their file names them.")
]
Toolsets = Annotated[
    str | None, typer.Option(help="Toolsets to offer, with commas between, or all, or none (HBMCP_TOOLSETS).")
]
Tools = Annotated[
    str | None, typer.Option(help="Single tools to offer, or all; without --toolsets, only these (HBMCP_TOOLS).")
]
ExcludeTools = Annotated[list[str] | None, typer.Option(help="Tools not to offer (HBMCP_EXCLUDE_TOOLS).")]
Plugins = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="A file of Python with tools of your own, which is run; can be repeated (HBMCP_PLUGINS).",
    ),
]
Discovery = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="search: three tools find and call those that aren't listed; toolsets: one has a toolset listed "
        "(HBMCP_DISCOVERY, or off).",
    ),
]
ReadOnly = Annotated[
    bool | None,
    typer.Option("--read-only", help="Offer only what changes nothing, whatever else is set (HBMCP_READ_ONLY)."),
]
CompareApi = Annotated[
    bool | None,
    typer.Option(
        "--compare-api/--no-compare-api",
        help="Look beside the first call what the API of this version has, and offer only that (HBMCP_COMPARE_API).",
    ),
]
AsJson = Annotated[
    bool | None,
    typer.Option(
        "--structured", help="Answer reads to programs: JSON that fits an outputSchema, and no text (HBMCP_STRUCTURED)."
    ),
]
Balance = Annotated[
    list[str] | None,
    typer.Option(
        "--paper-balance",
        metavar="TOKEN=AMOUNT",
        help="What a new paper exchange starts with, on each exchange that takes the token (HBMCP_PAPER_BALANCE).",
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--paper-db",
        metavar="FILE",
        help="Where the paper exchange keeps its state, or :memory: (HBMCP_PAPER_DB, or your data folder).",
    ),
]
Reset = Annotated[bool | None, typer.Option("--paper-reset", help="Begin a new paper exchange (HBMCP_PAPER_RESET).")]
Speed = Annotated[
    float | None, typer.Option("--paper-speed", help="How many times as fast its time goes (HBMCP_PAPER_SPEED, or 1).")
]


def listed(several: list[str] | None) -> str | None:
    """An option that may be given several times, as one setting."""
    return ",".join(several) if several else None


def settings_for(env_file: str | None, installation: str | None) -> "Settings":
    """Of a command that serves nobody, with the log as they say. Raises SettingsError, also where it isn't said which
    of several installations is meant."""
    from hbmcp import settings

    return settings.only(settings_for_all(env_file), installation)


def settings_for_all(env_file: str | None, installation: str | None = None) -> "list[Settings]":
    """Likewise, of each installation, or of the one that is named."""
    from hbmcp import log, settings

    each = settings.load_all(env_file_path=env_file, unused=settings.HTTP)
    log.configure(each[0].log_level)
    return each if installation is None else [settings.only(each, installation)]


def kept(each: "list[Settings]") -> "list[Settings]":
    """Of several those of which other processes see something; the only one in any case."""
    return [told for told in each if not told.in_memory] or each


def kept_files(told: "Settings") -> "Files":
    """Where the audit and the halts are. Raises SettingsError for a paper exchange in memory, of which no command but
    its own sees anything."""
    from hbmcp.errors import SettingsError
    from hbmcp.identity import Identity
    from hbmcp.policy.files import Files

    files = Files.of(told, Identity.of(told))
    if files is None:
        raise SettingsError(
            "A paper exchange in memory is its server's alone: no other command sees it, and nothing of it is kept.",
            "Nothing was done.",
            "Give it a file, HBMCP_PAPER_DB; or end its server.",
        )
    return files


def offer_settings(
    toolsets: str | None,
    tools: str | None,
    exclude_tools: list[str] | None,
    plugin: list[str] | None,
    discovery: str | None,
    read_only: bool | None,
) -> dict[str, Any]:
    """The flags of what is offered as settings."""
    return {
        "toolsets": toolsets,
        "tools": tools,
        "exclude_tools": listed(exclude_tools),
        "plugins": listed(plugin),
        "discovery": discovery,
        "read_only": read_only,
    }


def paper_settings(
    balance: list[str] | None, database: str | None, reset: bool | None, speed: float | None
) -> dict[str, Any]:
    """The flags of the paper exchange as settings."""
    return {
        "paper_balance": listed(balance),
        "paper_db": database,
        "paper_reset": reset,
        "paper_speed": speed,
    }
