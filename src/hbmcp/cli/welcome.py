"""What a person is told who started a server: its address and what to paste, or on a terminal that it waits."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hbmcp import __version__
from hbmcp.settings import FLAGS, HTTP, MEMORY, NONE, VARIABLES, Settings
from hbmcp.settings.hosts import is_everywhere
from hbmcp.settings.model import KEYS

SECRET = ("api_username", "api_password", "state_url", "notify")  # a person fills them in
LOGGED_IN = {"api_username", "api_password"}
# Resetting is for once, not for every start.
NOT_FOR_A_CLIENT = (*HTTP, "paper_reset", "paper")

ON_A_TERMINAL = """\
hbmcp serve waits for an MCP client, which starts it by itself: write this command into the client's configuration.
Here you can list the tools with `hbmcp tools`, call one with `hbmcp call get_status`, or let clients connect with
`hbmcp serve --transport http`. Ctrl-C ends this."""


def welcome(address: str, told: Settings, env_file: str | None, *, demanded: bool = False) -> str:
    """`env_file` as it was named on the command line. `demanded` is an access token of each client."""
    where = ""
    if told.on_paper and not told.name:
        where = """
Everything happens on a PAPER EXCHANGE: simulated prices, no real money. To trade through a Hummingbot API,
set HUMMINGBOT_API_URL, HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD.
"""
    desktop = {"mcpServers": {"hummingbot": entry(told, env_file)}}
    whom = "for who shows an access token (hbmcp token create)" if demanded else "for this machine only"
    at, elsewhere = address, ""
    if is_everywhere(told.http_host):
        at = f"every address of this machine, here {address}"
        elsewhere = "\nOn another machine put an address or a name of this one in the place of that here.\n"
    shows = ' --header "Authorization: Bearer …"' if demanded else ""
    return f"""\
hbmcp {__version__} serves at {at}, {whom}. Ctrl-C stops it.
{where}{elsewhere}
Claude Code:     claude mcp add --scope user --transport http hummingbot {address}{shows}
Gemini CLI:      gemini mcp add --scope user --transport http hummingbot {address}{shows}
Claude Desktop, which starts a server of its own, in claude_desktop_config.json:
{json.dumps(desktop, indent=2, ensure_ascii=False)}
"""


def entry(told: Settings, env_file: str | None) -> dict[str, Any]:
    """How a client starts a server over stdio that is like this one; no secret is in it."""
    file = None if env_file in (None, NONE) else str(Path(str(env_file)).expanduser().resolve())
    args = ["-m", "hbmcp", "serve"]
    if env_file is not None:
        args += ["--env-file", file or NONE]
    if told.on_paper and not told.name:
        args.append("--paper")
    # What a file says, the client's server reads there; so it does in that of several installations.
    fields = [
        field
        for field, origin in told.origins.items()
        if origin != file and f"of {told.installations}" not in origin and field not in NOT_FOR_A_CLIENT
    ]
    if not told.on_paper and not told.name and not file:
        fields = list(dict.fromkeys(("api_url", "api_username", "api_password", *fields)))
    # Where that stands, the client's server finds it too.
    elsewhere = LOGGED_IN if told.in_keyring else {"api_password"} if told.api_password_file else set()
    fields = [field for field in fields if field not in elsewhere]
    env = {}
    for field in fields:
        if field in FLAGS:
            args += _flags(told, field)
        elif not told.on_paper or not field.startswith("api_"):
            value = told.services[field] if field in told.services else getattr(told, field)
            env[VARIABLES[field]] = "…" if field in (*SECRET, *KEYS) else str(value)
    return {"command": sys.executable, "args": args, **({"env": env} if env else {})}


def _flags(told: Settings, field: str) -> Iterator[str]:
    value = getattr(told, field)
    if value is True:
        yield FLAGS[field]
    elif field == "paper_balance":
        for token, amount in value:
            yield from (FLAGS[field], f"{token}={amount}")
    elif field == "paper_db":
        yield from (FLAGS[field], value if value == MEMORY else str(Path(value).resolve()))
    elif value:
        yield from (FLAGS[field], ",".join(value) if isinstance(value, tuple) else str(value))
