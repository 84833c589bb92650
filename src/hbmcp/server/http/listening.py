"""The socket that clients connect to."""

import socket
import sys

from hbmcp.errors import SettingsError

HOST = "127.0.0.1"  # nobody logs in to this server, so it stays on this machine


def listen(port: int) -> socket.socket:
    """A socket on the loopback at this port, 0 for any. Raises SettingsError where it can't be had."""
    # asyncio turns Nagle's delay off, 40 ms a call, only where a socket names its protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # where it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Port {port} on {HOST} can't be used ({error.strerror}).",
            advice="Another server may be running there: stop it, or choose another with --port or MCP_SERVER_PORT.",
        ) from None
    return listener
