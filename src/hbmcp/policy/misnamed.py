"""Names in a policy that no exchange and no pair can have: what they stand for matches nothing."""

import re
from collections.abc import Iterator

from hbmcp.policy.model import Rules, Written
from hbmcp.text import named

# Of Gateway they are solana-mainnet-beta, or jupiter/clmm.
_EXCHANGE = re.compile(r"(?=.*[a-z*?\[])[\w.:/*?\[\]!-]+", re.IGNORECASE)
_PAIR = re.compile(r"[^\s,/]*[-*?\[][^\s,/]*")
_IN_CAPITALS = re.compile(r"[A-Z0-9]+-[A-Z0-9]+")


def misnamed(written: Written) -> Iterator[str]:
    """A remark on each of them, with its place in the file."""
    for place, globs, kind in _lists(written):
        for glob in globs:
            if kind == "exchanges" and not _may_be_exchange(glob):
                yield f"{place} has {named(glob)}, which no exchange is called: they are such as binance_perpetual."
            if kind == "pairs" and not _PAIR.fullmatch(glob):
                yield f"{place} has {named(glob)}, which no pair is called: they are such as BTC-USDT, or BTC-*."


def _may_be_exchange(glob: str) -> bool:
    return bool(_EXCHANGE.fullmatch(glob)) and not _IN_CAPITALS.fullmatch(glob)


def _lists(written: Written) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each list of exchanges or pairs: its place, what is in it, and of which it is."""
    whole: tuple[tuple[str, Rules], ...] = (("", written),)
    profiles = ((f"profiles.{named(name)}.", one) for name, one in written.profiles.items())
    for before, rules in (*whole, *profiles):
        confirms = ((f"confirm.{number}", one) for number, one in enumerate(rules.confirm, 1))
        for place, table in (("allow", rules.allow), ("deny", rules.deny), *confirms):
            for kind in ("exchanges", "pairs"):
                yield f"{before}{place}.{kind}", getattr(table, kind) or (), kind
