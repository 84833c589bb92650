"""Addresses of an API: which texts mean the same one."""

import ipaddress
import posixpath
import socket
from urllib.parse import unquote, urlsplit, urlunsplit

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
NAMED_SO = ("localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback")
PORTS = {"http": 80, "https": 443}


def canonical(address: str) -> str:
    """One text for all ways to write an address: http://127.0.0.1:8000/ is http://localhost:8000."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    host = "localhost" if host in THIS_MACHINE else f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{host}:{parts.port or PORTS[parts.scheme]}", parts.path.rstrip("/"), "", ""))


def reached(address: str) -> str:
    """One text for all that lead to the same place, of which `canonical` has several names: what is remembered hangs on
    those, so they stay."""
    parts = urlsplit(canonical(address))
    path = posixpath.normpath(f"/{unquote(parts.path).lstrip('/')}").rstrip("/")
    return urlunsplit((parts.scheme, f"{_host(parts.hostname or '')}:{parts.port}", path, "", ""))


def _host(name: str) -> str:
    try:
        found = ipaddress.ip_address(name if ":" in name else socket.inet_aton(name))  # 127.1 is one, too
    except (OSError, ValueError):
        if name in NAMED_SO or name.endswith(".localhost"):
            return "localhost"
        try:
            return name.encode("idna").decode()
        except UnicodeError:
            return name
    found = getattr(found, "ipv4_mapped", None) or found
    here = found.is_loopback or found.is_unspecified  # who connects to 0.0.0.0 reaches this machine
    return "localhost" if here else f"[{found}]" if found.version == 6 else str(found)


def unencrypted(address: str) -> bool:
    """Whether what is sent there can be read on its way."""
    parts = urlsplit(canonical(address))
    return parts.scheme == "http" and parts.hostname != "localhost"
