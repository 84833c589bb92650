"""Names that are near to one that doesn't exist."""

from collections.abc import Iterable
from difflib import get_close_matches

from hbmcp.text import named


def nearest(name: str, names: Iterable[str], *, most: int = 1, likeness: float = 0.6) -> list[str]:
    """Up to `most` of the names, the nearest first; letter case doesn't matter. `likeness` is difflib's cutoff."""
    by_lower = {one.lower(): one for one in names}
    return [by_lower[one] for one in get_close_matches(name.lower(), by_lower, n=most, cutoff=likeness)]


def suggestion(name: str, names: Iterable[str]) -> str:
    """`; did you mean X?` for the end of a sentence, or nothing where no name is near."""
    found = nearest(name, names)
    return f"; did you mean {named(found[0])}?" if found else ""
