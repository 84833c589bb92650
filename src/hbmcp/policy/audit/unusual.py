"""What of the audit's last day a person should look at. Pure."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hbmcp.catalog import ADDING
from hbmcp.figures import number

Record = Mapping[str, Any]

UNKNOWN = ("outcome_unknown", "cancelled, unknown", "defect")
MISTAKES = ("bad_arguments",)  # of a model, which corrects them
REFUSALS = 3  # fewer are everyday
FAILURES = 5  # of one tool
FAR = 10  # times the usual
USUAL = 5  # orders of a pair before there is a usual
COUNTED = ("refusals", "failures")  # kinds of which the log has the first alone
AT_BEGINNING = ("sizes", "limits")  # kinds that show when a call begins; the others, when it has ended


def unusual(records: Sequence[Record]) -> dict[str, str]:
    """What there is, a kind and a few words for each: records of a day, oldest first."""
    begun = {str(one.get("call")): one for one in records if one.get("event") == "begin"}
    ended = [
        {**begun.get(str(one.get("call")), {}), **one} for one in records if one.get("event") in ("end", "refused")
    ]
    found = {
        "refusals": _refusals(ended),
        "unknown outcomes": _unknown(ended),
        "failures": _failures(ended),
        "sizes": _sizes(begun.values()),
        "limits": _limits(begun.values()),
    }
    return {kind: words for kind, words in found.items() if words}


def _refusals(ended: Iterable[Record]) -> str:
    kinds = Counter(
        str(one["outcome"]) for one in ended if one["event"] == "refused" and one.get("outcome") not in MISTAKES
    )
    if kinds.total() < REFUSALS:
        return ""
    return f"{kinds.total()} calls were refused ({', '.join(f'{kind} {count}' for kind, count in kinds.most_common())})"


def _unknown(ended: Iterable[Record]) -> str:
    found = [one for one in ended if one["event"] == "end" and one.get("outcome") in UNKNOWN]
    return f"of {len(found)} calls the outcome is unknown, the last {_which(found[-1])}" if found else ""


def _failures(ended: Iterable[Record]) -> str:
    """Of tools whose latest calls all failed."""
    rows: Counter[str] = Counter()
    for one in ended:
        tool = str(one.get("tool"))
        rows[tool] = 0 if one.get("outcome") == "done" else rows[tool] + 1
    return ", ".join(f"{tool} failed {count} times in a row" for tool, count in rows.items() if count >= FAILURES)


def _sizes(begun: Iterable[Record]) -> str:
    """Of the largest order that was far above those before it."""
    before: defaultdict[str, list[Decimal]] = defaultdict(list)
    words, times = "", Decimal(FAR)
    for call in begun:
        for one in call.get("plan") or ():
            value = number(one.get("value"))
            if value is None or one.get("effect") not in ADDING:
                continue
            earlier = before[str(one.get("pair"))]
            usual = earlier[len(earlier) // 2] if len(earlier) >= USUAL else None  # the median
            if usual and value / usual >= times:
                times = value / usual
                words = f"{one.get('words')} was {times:.0f} times the usual, at {call.get('time')}"
            insort(earlier, value)
    return words


def _limits(begun: Iterable[Record]) -> str:
    """Each limit of which hardly anything is left: when that was first so, in the latest hour, say, that it is for."""
    first: dict[str, tuple[Any, str]] = {}
    for call in begun:
        for one in call.get("limits") or ():
            limit, since = str(one.get("limit")), one.get("since")
            if limit not in first or first[limit][0] != since:
                first[limit] = since, f"{one.get('used')} were used at {call.get('time')}"
    return ", ".join(words for _, words in first.values())


def _which(call: Record) -> str:
    return f"{call.get('tool')} at {call.get('time')}"
