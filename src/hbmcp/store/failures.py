"""What went wrong with a database -> a StoreError: what happened, what wasn't done, what to do."""

import re
import sqlite3

from sqlalchemy.exc import SQLAlchemyError, StatementError

from hbmcp import extras
from hbmcp.errors import StoreError
from hbmcp.redaction import hide, redacted
from hbmcp.store.migrations import STEPS, TooNew
from hbmcp.store.place import Place

UNDONE = "Nothing was remembered or looked up; all else works."

# What SQLite or the system says -> what to do; the first that fits.
_SQLITE: tuple[tuple[str, str], ...] = (
    (r"locked|busy", "Another process has been writing to it for too long: try again, or stop that process."),
    (r"full|disk I/O|No space", "See that the disk has room and works."),
    (r"not a database|malformed", "Move the file away, and hbmcp makes a new one; or set HBMCP_STATE_URL to another."),
    (r"", "See that the file and its folder may be written, or set HBMCP_STATE_URL to another."),
)
# The same for PostgreSQL's SQLSTATE and words; it gives no SQLSTATE to who can't connect.
_POSTGRESQL: tuple[tuple[str, str], ...] = (
    (r"^28|authentication|no password", "Correct the user and password in HBMCP_STATE_URL."),
    (r"^3D|database .* does not exist", "Create the database, or name another in HBMCP_STATE_URL."),
    (r"^42501", "Give the user the right to create and use tables in this database."),
    (r"^55P03", "Another process has been writing to it for too long: try again, or stop that process."),
    (r"^53100", "See that PostgreSQL's disk has room."),
    (r"^25006", "It is read-only: name one in HBMCP_STATE_URL that can be written."),
    (r"", "See that PostgreSQL runs, and that HBMCP_STATE_URL is right."),
)


def told(error: Exception, place: Place) -> StoreError:
    """The error in words. It holds no password, and no address."""
    if isinstance(error, TooNew):
        happened = f"was written by a newer version of hbmcp (format {error.version}, this one knows {len(STEPS)})"
        return StoreError(
            f"{_name(place)} {happened}.", UNDONE, "Update hbmcp, or set HBMCP_STATE_URL to another store."
        )
    if isinstance(error, ModuleNotFoundError):
        return StoreError(
            "HBMCP_STATE_URL names PostgreSQL, and psycopg, its driver, isn't installed.",
            UNDONE,
            f"{extras.advice('postgres')}.",
        )
    cause = error.orig if isinstance(error, StatementError) and error.orig else error
    reason = _one_line(cause, place)
    return StoreError(f"{_name(place)} can't be used: {reason}.", UNDONE, _advice(cause, reason))


def _name(place: Place) -> str:
    if place.postgresql:
        return "hbmcp's store in PostgreSQL"
    return f"hbmcp's store {place.file}" if place.file else "hbmcp's store in memory"


def _one_line(cause: BaseException, place: Place) -> str:
    if isinstance(cause, OSError):
        said = cause.strerror
    else:  # str() of SQLAlchemy's own adds an address
        said = cause.args[0] if isinstance(cause, SQLAlchemyError) and cause.args else str(cause)
    hide([(place.postgresql or {}).get("password", "")])  # a driver may quote it
    reason = redacted(str(said or type(cause).__name__))
    return re.sub(r"\s+", " ", reason).strip().rstrip(".")


def _advice(cause: BaseException, reason: str) -> str:
    known = _SQLITE if isinstance(cause, OSError | sqlite3.Error) else _POSTGRESQL
    said = f"{getattr(cause, 'sqlstate', None) or ''} {reason}"
    return next(advice for pattern, advice in known if re.search(pattern, said))
