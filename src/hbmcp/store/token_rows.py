"""Access tokens in the tables, for one installation."""

from typing import Any

from attrs import asdict
from sqlalchemy import Row, delete, insert, select, update

from hbmcp.store.database import Database
from hbmcp.store.place import Place
from hbmcp.store.records import TokenRow
from hbmcp.store.tables import tokens


class TokenRows:
    """Every method is a transaction, and raises StoreError."""

    def __init__(self, database: Database, place: Place) -> None:
        self._database = database
        self._place = place
        self._ours = tokens.c.installation == place.installation

    def add(self, row: TokenRow) -> bool:
        named = (self._ours, tokens.c.name == row.name)
        values = {**asdict(row), "toolsets": ",".join(row.toolsets), "read_only": int(row.read_only)}
        with self._database.writing() as connection:
            connection.execute(delete(tokens).where(*named, tokens.c.revoked.is_not(None)))
            if connection.execute(select(tokens.c.name).where(*named)).first() is not None:
                return False
            connection.execute(insert(tokens).values(installation=self._place.installation, **values))
        return True

    def all(self) -> list[TokenRow]:
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(select(tokens).where(self._ours).order_by(tokens.c.name))]

    def revoke(self, name: str, time: int) -> bool:
        standing = (self._ours, tokens.c.name == name, tokens.c.revoked.is_(None))
        with self._database.writing() as connection:
            return bool(connection.execute(update(tokens).where(*standing).values(revoked=time)).rowcount)


def _read(row: Row[Any]) -> TokenRow:
    return TokenRow(
        name=row.name,
        digest=row.digest,
        toolsets=tuple(filter(None, row.toolsets.split(","))),
        read_only=bool(row.read_only),
        profile=row.profile,
        created=row.created,
        revoked=row.revoked,
    )
