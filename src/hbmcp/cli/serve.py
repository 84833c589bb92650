"""hbmcp serve: the tools for an MCP client."""

import gc
import logging
import os
import sys
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from hbmcp.cli.options import (
    AsJson,
    Balance,
    CompareApi,
    Database,
    Discovery,
    EnvFile,
    ExcludeTools,
    Installations,
    Plugins,
    ReadOnly,
    Reset,
    Speed,
    Tools,
    Toolsets,
    offer_settings,
    paper_settings,
)

if TYPE_CHECKING:
    from hbmcp.server.line import Terms

logger = logging.getLogger("hbmcp")


class Transport(StrEnum):
    """How clients reach the server."""

    STDIO = "stdio"
    HTTP = "http"


def serve(
    transport: Annotated[Transport, typer.Option(help="stdio, or streamable HTTP.")] = Transport.STDIO,
    port: Annotated[int | None, typer.Option(help="Port for HTTP (MCP_SERVER_PORT, or 3000).")] = None,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Where HTTP listens: 0.0.0.0 is every address of this machine, and others than the loopback ask for "
            "access tokens (HBMCP_HTTP_HOST, or 127.0.0.1).",
        ),
    ] = None,
    allowed_hosts: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="By which other names HTTP clients may call this machine, with commas between "
            "(HBMCP_HTTP_ALLOWED_HOSTS).",
        ),
    ] = None,
    allowed_origins: Annotated[
        str | None,
        typer.Option(
            metavar="ORIGINS",
            help="Which web pages may call, such as https://example.com (HBMCP_HTTP_ALLOWED_ORIGINS).",
        ),
    ] = None,
    metrics: Annotated[
        bool | None,
        typer.Option("--metrics", help="Answer Prometheus at /metrics, over HTTP (HBMCP_HTTP_METRICS)."),
    ] = None,
    tls_cert: Annotated[
        str | None, typer.Option(metavar="FILE", help="The certificate of HTTPS, in PEM (HBMCP_TLS_CERT).")
    ] = None,
    tls_key: Annotated[str | None, typer.Option(metavar="FILE", help="Its key (HBMCP_TLS_KEY).")] = None,
    toolsets: Toolsets = None,
    tools: Tools = None,
    exclude_tools: ExcludeTools = None,
    plugin: Plugins = None,
    discovery: Discovery = None,
    read_only: ReadOnly = None,
    compare_api: CompareApi = None,
    structured: AsJson = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="DEBUG, INFO, WARNING, ERROR or CRITICAL: logged on stderr (LOG_LEVEL, or INFO)."
        ),
    ] = None,
    env_file: EnvFile = None,
    installations: Installations = None,
    paper: Annotated[
        bool | None,
        typer.Option(
            "--paper",
            help="Trade on a simulated exchange (HBMCP_PAPER); so does a server that is told of no Hummingbot API.",
        ),
    ] = None,
    paper_balance: Balance = None,
    paper_db: Database = None,
    paper_reset: Reset = None,
    paper_speed: Speed = None,
) -> None:
    """Serve the tools to an MCP client."""
    # The imports make thousands of classes and next to no garbage; searching for it took a tenth of the start.
    gc.disable()
    from hbmcp import log, settings
    from hbmcp.cli import opening
    from hbmcp.plugins.loading import catalog
    from hbmcp.policy.file import in_force
    from hbmcp.policy.offered import offered

    stdio = transport is Transport.STDIO
    each = settings.load_all(
        {
            "port": port,
            "http_host": host,
            "http_allowed_hosts": allowed_hosts,
            "http_allowed_origins": allowed_origins,
            "http_metrics": metrics,
            "tls_cert": tls_cert,
            "tls_key": tls_key,
            **offer_settings(toolsets, tools, exclude_tools, plugin, discovery, read_only),
            "compare_api": compare_api,
            "structured": structured,
            "log_level": log_level,
            "installations": installations,
            # Who sets up the paper exchange wants it.
            "paper": paper or any((paper_balance, paper_db, paper_reset, paper_speed)) or None,
            **paper_settings(paper_balance, paper_db, paper_reset, paper_speed),
        },
        env_file_path=env_file,
        unused=settings.HTTP if stdio else (),
    )
    log.configure(each[0].log_level)
    known = catalog(each[0])
    terms: list[Terms] = []
    for told in each:
        held = in_force(told)
        offer = offered(known, told, held.policy)
        terms.append((told, offer, held.policy))
        opening.introduce(told, offer)
        opening.tell_policy(held)
        opening.warn(told, held)
    if any(name.startswith("OTEL_") for name in os.environ):
        from hbmcp.discovery.tools import OWN
        from hbmcp.server.tracing import trace

        trace({*known.names, *OWN})
    if stdio:
        _over_stdio(terms)
    else:
        _over_http(terms, env_file)


# What serves is imported only here, for it takes most of the start, and a mistake is told before.


def _over_stdio(terms: "list[Terms]") -> None:
    import anyio

    from hbmcp.server.stdio import serve_stdio

    async def serve() -> None:
        if sys.stdin.isatty():  # said in the event loop: what that needs is imported by then, and Ctrl-C ends it
            from hbmcp.cli.welcome import ON_A_TERMINAL

            typer.echo(ON_A_TERMINAL, err=True)
        await serve_stdio(terms)

    _collect_again()
    anyio.run(serve)


def _over_http(terms: "list[Terms]", env_file: str | None) -> None:
    import anyio

    from hbmcp.cli.welcome import welcome
    from hbmcp.server.http.application import PATH
    from hbmcp.server.http.demand import token_demanded
    from hbmcp.server.http.listening import address, beyond_this_machine, listen, remarks
    from hbmcp.server.http.serving import serve_http
    from hbmcp.server.http.tls import certificate

    _collect_again()
    each = [told for told, *_ in terms]
    told = each[0]  # what is asked of it here is the server's, and the same for each
    scheme = "http" if certificate(told) is None else "https"
    listener = listen(told.port, told.http_host)
    demanded = anyio.run(partial(token_demanded, each, reached_from_elsewhere=beyond_this_machine(listener)))
    for remark in remarks(told, listener):
        logger.warning("%s", remark)
    typer.echo(welcome(address(listener, scheme, PATH), told, env_file, demanded=demanded), err=True)
    anyio.run(serve_http, terms, listener, demanded, lambda: logger.info("It answers clients now."))


def _collect_again() -> None:
    gc.freeze()
    gc.enable()
