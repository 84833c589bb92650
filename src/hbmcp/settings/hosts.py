"""Hosts and origins, as a person writes them and as HTTP has them."""

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {"http": 80, "https": 443}

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")


class Host(NamedTuple):
    """A name or an address, in small letters and without brackets; without a port any is meant."""

    name: str
    port: int | None = None


class Origin(NamedTuple):
    """Where a web page comes from."""

    scheme: str
    host: Host

    @property
    def text(self) -> str:
        """As a browser says it: without the port that its scheme has anyway."""
        name = f"[{self.host.name}]" if ":" in self.host.name else self.host.name
        port = "" if self.host.port in (None, PORTS[self.scheme]) else f":{self.host.port}"
        return f"{self.scheme}://{name}{port}"


@lru_cache(128)  # read for each request, and clients have few ways to write it; one that is none isn't kept
def read_host(text: str) -> Host:
    """ "Example.com", "[::1]:3000" or, without a port, "::1". Raises ValueError."""
    text = text.strip().lower()
    if _is_ipv6(text):
        return Host(text)
    parts = urlsplit(f"//{text}")
    name, port = parts.hostname or "", parts.port  # raises ValueError for a port that is none
    bracketed = text.startswith("[") and _is_ipv6(name)
    written = f"[{name}]" if bracketed else name
    if not (bracketed or _NAME.fullmatch(name)) or text not in (written, f"{written}:{port}"):
        raise ValueError(f"{text!r} is no host such as example.com or example.com:3000")
    return Host(name, port)


def read_origin(text: str) -> Origin:
    """ "https://example.com"; it has the port of its scheme where it names none. Raises ValueError."""
    scheme, separator, rest = text.strip().lower().partition("://")
    if not separator or scheme not in PORTS:
        raise ValueError(f"{text!r} is no origin such as https://example.com")
    host = read_host(rest.removesuffix("/"))
    return Origin(scheme, host if host.port is not None else host._replace(port=PORTS[scheme]))


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address, or a name that is written as one."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def is_everywhere(address: str) -> bool:
    """Whether to listen there is to listen at every address of this machine."""
    return is_address(address) and ipaddress.ip_address(address).is_unspecified


def is_address(text: str) -> bool:
    """Whether it is an address, and no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False
