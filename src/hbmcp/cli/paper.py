"""hbmcp paper: the paper exchange as a Hummingbot API of its own."""

from typing import Annotated

import typer

from hbmcp.cli.options import Balance, Database, EnvFile, Reset, Speed, paper_settings
from hbmcp.errors import SettingsError


def serve_paper(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1, 0 for any.")] = 8000,
    paper_balance: Balance = None,
    paper_db: Database = None,
    paper_reset: Reset = None,
    paper_speed: Speed = None,
    env_file: EnvFile = None,
) -> None:
    """Serve the paper exchange as a Hummingbot API of its own, over HTTP, for any client of one."""
    from hbmcp import log, settings
    from hbmcp.cli import opening
    from hbmcp.paper import start
    from hbmcp.paper.errors import PaperError
    from hbmcp.server.http.listening import HOST, listen

    told = settings.load(
        # Whatever the tools of another server act on.
        {"paper": True, **paper_settings(paper_balance, paper_db, paper_reset, paper_speed)},
        env_file_path=env_file,
        unused=(*settings.HTTP, "api_url", "installations"),
    )
    log.configure(told.log_level)
    opening.warn(told)
    listener = listen(port)
    try:
        paper = start.open_paper(told)
    except PaperError as error:
        raise SettingsError(str(error)) from None
    username, _ = start.credentials(told)
    shown = "the one in HUMMINGBOT_API_PASSWORD" if told.api_password else start.PASSWORD
    typer.echo(
        f"A paper exchange answers as the Hummingbot API at http://{HOST}:{listener.getsockname()[1]}, for this "
        f"machine only.\nUsername: {username}, password: {shown}. Ctrl-C stops it.",
        err=True,
    )
    start.serve(paper, told, listener)
