"""A TOML file that a person wrote: what stands in it, or where it can't be read."""

import re
import stat
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

MOST = 100_000  # bytes of a file


def read(file: Path, what: str) -> dict[str, Any]:
    """Its tables; numbers with a fraction as Decimal. Raises ValueError with a sentence, where the file isn't `what` it
    should be."""
    import tomllib  # not needed by a start without a file

    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise ValueError(f"{file} isn't a file.")
        with file.open("rb") as opened:
            content = opened.read(MOST + 1)
    except OSError as error:
        raise ValueError(f"{file} can't be read ({error.strerror}).") from None
    if len(content) > MOST:
        raise ValueError(f"{file} is longer than {MOST:,} bytes: it isn't {what}.")
    try:
        return tomllib.loads(content.decode("utf-8-sig"), parse_float=_number)
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} isn't UTF-8 text, from line {_line(content, error.start)} on.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file} isn't TOML: {error}.") from None
    except (ValueError, RecursionError):  # Python's own bounds
        found = re.search(rb"[0-9_]{1000}|\[{50}|\{{50}", content)
        at = f", line {_line(content, found.start())}" if found else ""
        raise ValueError(
            f"{file} isn't TOML that can be read{at}: a number is too long, or a value too deep."
        ) from None


def _number(text: str) -> Decimal:
    """What Decimal can't hold is no number, and told under its key."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _line(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1
