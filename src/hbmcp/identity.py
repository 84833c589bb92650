"""Which installation is meant, however its address was typed: a name that what is remembered hangs on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

from hbmcp.settings import MEMORY, Settings
from hbmcp.settings.address import canonical
from hbmcp.text import named

# The names of a paper exchange's accounts and exchanges look real.
PAPER_ACCOUNTS = "These are accounts of a paper exchange inside hbmcp: prices are simulated, nothing is real money."


@dataclass(frozen=True, slots=True)
class Identity:
    """The installation that a server is connected to. Servers that give it the same name share what is remembered. Of
    several it has one that they are told apart by, which a person gave."""

    name: str
    on_paper: bool
    called: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """HBMCP_INSTALLATION, or else the API's address; a paper exchange is the file that it is kept in, and one in
        memory is another each time."""
        if settings.on_paper:
            return cls(f"paper {_exchange(settings)}", True, settings.name)
        return cls(settings.installation or canonical(settings.api_url), False, settings.name)

    @property
    def words(self) -> str:
        """Where something is to be done, for a person who is asked."""
        where = "the PAPER exchange" if self.on_paper else named(self.name)
        return f"{self.called} ({where})" if self.called else where

    @property
    def signature(self) -> str:
        """What ends an answer, so that it is known whose it is; nothing where there is only one."""
        return f"Installation: {self.called}{' (paper)' if self.on_paper else ''}." if self.called else ""

    @property
    def accounts_remark(self) -> str:
        """What must be said wherever its accounts are listed."""
        return PAPER_ACCOUNTS if self.on_paper else ""


def _exchange(settings: Settings) -> str:
    place = settings.paper_place
    return f"{MEMORY} {uuid4()}" if place == MEMORY else str(Path(place).resolve())
