"""The proxy between hbmcp and the API, where the environment names one."""

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from hbmcp.errors import NOTHING_SENT, NotConfigured, Unreachable
from hbmcp.redaction import hide_login
from hbmcp.services import Service

LOOPBACK = ("localhost", "::1")
_PORTS = {"http": 80, "https": 443}
_SOCKS = ("socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Proxy:
    """`url` may hold a password; `variable` is what a person knows it by."""

    variable: str
    url: str

    @property
    def way_out(self) -> str:
        """What a person can do who doesn't want it."""
        return f"unset {self.variable} or put the API's host into NO_PROXY, and restart hbmcp"

    def failed(self, service: Service, why: str) -> Unreachable:
        """The error where the proxy is what can't be reached, or says no."""
        return Unreachable(
            f"{service.begins} can't be reached through the proxy that {self.variable} names: {why}.",
            NOTHING_SENT,
            f"A person must see to the proxy, or {self.way_out}.",
        )


def proxy_for(address: str) -> Proxy | None:
    """The proxy for an address, None for none; loopback has none. Raises NotConfigured for one that can't be used."""
    parts = urlsplit(address)
    host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS[parts.scheme]
    if host in LOOPBACK or host.startswith("127."):
        return None
    found = getproxies()
    kind = parts.scheme if found.get(parts.scheme) else "all"
    if not found.get(kind) or _direct(host, port, found.get("no", "")) or proxy_bypass(host):
        return None
    url = found[kind] if "://" in found[kind] else f"http://{found[kind]}"
    proxy = Proxy(_variable(f"{kind}_proxy"), url)
    if problem := _problem(url):
        raise NotConfigured(
            f"{proxy.variable} {problem}.", NOTHING_SENT, f"A person must correct it, or {proxy.way_out}."
        )
    login = urlsplit(url)
    if login.password:  # whoever answers may tell what was asked
        hide_login(unquote(login.username or ""), unquote(login.password))
    return proxy


def _variable(name: str) -> str:
    known = (one for one in (name, *sorted(os.environ)) if one in os.environ and one.lower() == name)
    return next(known, "the system's proxy settings")


def _problem(url: str) -> str:
    """What is wrong with a proxy's address, without quoting it: it may hold a password."""
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole:
        return "isn't the address of a proxy, such as http://proxy.example:3128"
    if parts.scheme in _SOCKS and find_spec("socksio") is None:
        return "names a SOCKS proxy, for which hbmcp lacks a package (pip install socksio, where hbmcp is installed)"
    if parts.scheme not in ("http", "https", *_SOCKS):
        return "names a kind of proxy that hbmcp doesn't know; it knows http, https and socks5"
    return ""


def _direct(host: str, port: int, listed: str) -> bool:
    """Whether NO_PROXY lists a host: its name or a domain over it, an address or a network, with a port or for all."""
    return any(entry == "*" or _matches(host, port, entry) for entry in re.split(r"[\s,]+", listed) if entry)


def _matches(host: str, port: int, entry: str) -> bool:
    name = entry.rpartition("://")[2].lower()
    if bracketed := re.fullmatch(r"\[(.*)\](?::(\d+))?", name):
        name, only = bracketed.groups()
    elif name.count(":") == 1:
        name, _, only = name.partition(":")
    else:
        only = None
    if only and only != str(port):
        return False
    name = name.removeprefix("*").strip(".")
    if not name:
        return False
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:
        return host == name or host.endswith(f".{name}")
