"""Addresses of an API: which texts mean the same one."""

from urllib.parse import urlsplit, urlunsplit

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
PORTS = {"http": 80, "https": 443}


def canonical(address: str) -> str:
    """One text for all ways to write an address: http://127.0.0.1:8000/ is http://localhost:8000."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    host = "localhost" if host in THIS_MACHINE else f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{host}:{parts.port or PORTS[parts.scheme]}", parts.path.rstrip("/"), "", ""))


def unencrypted(address: str) -> bool:
    """Whether what is sent there can be read on its way."""
    parts = urlsplit(canonical(address))
    return parts.scheme == "http" and parts.hostname != "localhost"
