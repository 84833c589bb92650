"""Which installation is meant, however its address was typed: a name that what is remembered hangs on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from hbmcp.settings import MEMORY, Settings

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
PORTS = {"http": 80, "https": 443}

# The names of a paper exchange's accounts and exchanges look real.
PAPER_ACCOUNTS = "These are accounts of a paper exchange inside hbmcp: prices are simulated, nothing is real money."


@dataclass(frozen=True, slots=True)
class Identity:
    """The installation that a server is connected to. Servers that give it the same name share what is remembered."""

    name: str
    on_paper: bool

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """HBMCP_INSTALLATION, or else the API's address; a paper exchange is the file that it is kept in, and one in
        memory is another each time."""
        if settings.on_paper:
            return cls(f"paper {_exchange(settings)}", True)
        return cls(settings.installation or canonical(settings.api_url), False)

    @property
    def accounts_remark(self) -> str:
        """What must be said wherever its accounts are listed."""
        return PAPER_ACCOUNTS if self.on_paper else ""


def canonical(address: str) -> str:
    """One text for all ways to write an address: http://127.0.0.1:8000/ is http://localhost:8000."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    host = "localhost" if host in THIS_MACHINE else f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{host}:{parts.port or PORTS[parts.scheme]}", parts.path.rstrip("/"), "", ""))


def _exchange(settings: Settings) -> str:
    place = settings.paper_place
    return f"{MEMORY} {uuid4()}" if place == MEMORY else str(Path(place).resolve())
