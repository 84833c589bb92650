"""The socket that clients connect to."""

import socket
import sys
from collections.abc import Iterator

from hbmcp.errors import SettingsError
from hbmcp.settings import Settings
from hbmcp.settings.hosts import is_everywhere, is_loopback
from hbmcp.settings.model import called

HOST = "127.0.0.1"


def listen(port: int, host: str = HOST) -> socket.socket:
    """A socket at this address and port, 0 for any. Raises SettingsError where it can't be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio turns Nagle's delay off, 40 ms a call, only where a socket names its protocol.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise SettingsError(
            f"{host} is no address of this machine ({error.strerror}).",
            advice="Choose another with --host or HBMCP_HTTP_HOST; without it only this machine reaches the server.",
        ) from None
    if sys.platform != "win32":  # where it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Port {port} on {host} can't be used ({error.strerror}).",
            advice="Another server may be running there: stop it, or choose another with --port or MCP_SERVER_PORT.",
        ) from None
    return listener


def beyond_this_machine(listener: socket.socket) -> bool:
    """Whether others than this machine reach it."""
    address: str = listener.getsockname()[0]
    return not is_loopback(address)


def remarks(settings: Settings, listener: socket.socket) -> Iterator[str]:
    """What a person should know who has others than this machine reach it."""
    if not beyond_this_machine(listener):
        return
    if settings.tls_cert is None:
        yield (
            "It speaks plain HTTP beyond this machine: whoever is on the way there can read access tokens. Give it a "
            f"certificate, {called('tls_cert')}, or let only a proxy that speaks TLS reach it."
        )
    if is_everywhere(settings.http_host) and not settings.http_allowed_hosts:
        yield (
            "Clients may call it by each address of this machine, and by no name but localhost: allow names in "
            f"{called('http_allowed_hosts')}."
        )


def address(listener: socket.socket, scheme: str, path: str) -> str:
    """Where a client on this machine finds it."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": HOST, "::": "::1"}.get(host, host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{path}"
