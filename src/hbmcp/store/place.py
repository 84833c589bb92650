"""Where the store is, and whose rows in it are meant."""

from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import field, frozen
from platformdirs import user_data_path

from hbmcp.identity import Identity
from hbmcp.settings import Settings


@frozen
class Place:
    """A SQLite file, or what libpq needs for PostgreSQL; both None is memory. `installation` marks the rows."""

    installation: str
    on_paper: bool = False
    anew: bool = False  # the paper exchange was reset: what was remembered of the old one is forgotten
    file: Path | None = None
    postgresql: dict[str, str] | None = field(default=None, repr=False)  # with a password

    @classmethod
    def of(cls, settings: Settings, identity: Identity) -> Self:
        """The place that the settings name, for an installation."""
        url = settings.state_url.get_secret_value() if settings.state_url else None
        file = None
        if url is not None and url.startswith("sqlite:"):
            file = Path(url.removeprefix("sqlite:///")).expanduser()
        elif url is None and not settings.in_memory:
            file = user_data_path("hbmcp") / "state.sqlite"
        return cls(
            identity.name,
            on_paper=identity.on_paper,
            anew=identity.on_paper and settings.paper_reset,
            file=file,
            postgresql=_libpq(url) if url is not None and file is None else None,
        )

    @property
    def in_memory(self) -> bool:
        """Whether it ends with the process."""
        return self.file is None and self.postgresql is None

    @property
    def exists(self) -> bool:
        """Whether something may be kept there already."""
        return self.postgresql is not None or (self.file is not None and self.file.exists())


def _libpq(url: str) -> dict[str, str]:
    """The parameters in a PostgreSQL address, whatever driver its prefix names: Hummingbot's own names another."""
    parts = urlsplit(url)
    named = {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "dbname": parts.path[1:],
    }
    found = {name: unquote(str(value)) for name, value in named.items() if value is not None}
    return found | dict(parse_qsl(parts.query))
