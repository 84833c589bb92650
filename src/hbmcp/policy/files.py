"""Where a policy's files are: beside the store, for all installations of one user."""

from hashlib import sha256
from pathlib import Path
from platform import node
from typing import Self

from attrs import frozen
from platformdirs import user_data_path

from hbmcp.identity import Identity
from hbmcp.settings import Settings
from hbmcp.store.place import Place


@frozen
class Files:
    """The log of the audit and what it is called in the store, and the files that are there during a halt of all, and
    during one of this installation alone: beside the store, and in the user's data folder, where whoever halts without
    this server's settings leaves one."""

    audit: Path
    log: str
    halts: tuple[Path, ...]
    own_halts: tuple[Path, ...]

    @classmethod
    def of(cls, settings: Settings, identity: Identity) -> Self | None:
        """None for a paper exchange in memory, which nobody sees again. Another one has a log of its own."""
        if settings.in_memory:
            return None
        store = Place.of(settings, identity)
        own = user_data_path("hbmcp")
        folder = store.file.parent if store.file else own
        audit = (folder / ("paper-audit.jsonl" if identity.on_paper else "audit.jsonl")).absolute()
        folders = tuple(dict.fromkeys(one.absolute() for one in (folder, own)))
        which = sha256(identity.name.encode()).hexdigest()[:16]
        return cls(
            audit,
            # Several machines may share a database, each with a log.
            str(audit) if store.postgresql is None else f"{node()} {audit}",
            tuple(one / "halt" for one in folders),
            tuple(one / f"halt-{which}" for one in folders),
        )
