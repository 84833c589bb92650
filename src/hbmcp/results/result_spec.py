"""How the answers of one tool are shown: the `result` table of its curation."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class ResultSpec:
    """The keys of a `result` table. Paths are those of hbmcp.results.paths; "" or nothing switches a key off."""

    path: str = ""  # show only what stands here
    lift: str = ""  # an object in each row, or in the answer, whose members are shown beside the others
    places: tuple[str, ...] = ()  # names for the values of rows that are lists
    unnest: tuple[str, ...] = ()  # names for the keys of nested objects, which become columns in front of the rows
    value: str = "value"  # the column of what is innermost there, where that is no object
    columns: tuple[str, ...] = ()  # which columns the rows have, in this order
    omit: tuple[str, ...] = ()  # columns, and keys beside the tables, that are never shown
    failed: tuple[Mapping[str, Any], ...] = ()  # which answers are failures: see hbmcp.errors.failed_answers
    note: str = ""  # a sentence under every good answer
    row_note: str = ""  # likewise, but not where there are no rows
    empty: str = ""  # a sentence in place of an answer without rows
    page: str = ""  # the parameter that holds the page size
    narrow: tuple[str, ...] = ()  # parameters to name when something is missing
    secret: tuple[str, ...] = ()  # paths of values that are masked
    scrub: tuple[str, ...] = ()  # paths of texts in which keys and the addresses of nodes are masked
    gigabytes: tuple[str, ...] = ()  # paths of sizes in bytes, which are shown in GB (10^9 bytes)
    newest_last: bool = False  # whether rows go from old to new: where they are too many, the last are shown
    window: bool = (
        False  # of a record of what happened, newest first: whether its time is said, and how far back it goes
    )
    extremes: tuple[str, ...] = ()  # two columns: the highest of the one and the lowest of the other are said
    elsewhere: Mapping[str, str] = field(default_factory=dict)  # `say` is said where anything stands at its `path`
    outside: bool = False  # whether the text comes from outside, and is marked as such
    cause: str = ""  # the tool that tells a failure's cause: its log, or whether it runs

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "ResultSpec":
        """Read a tool's `result` table in the manifest. ValueError for a key that isn't known."""
        if unknown := table.keys() - {field.name for field in fields(cls)}:
            raise ValueError(f"unknown keys in a result table: {', '.join(sorted(unknown))}")
        frozen: dict[str, Any] = {key: tuple(val) if isinstance(val, list) else val for key, val in table.items()}
        return cls(**frozen)
