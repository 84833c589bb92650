"""What of the audit's last day a person should look at, kept up line by line: each call adds some. Pure."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from attrs import define, field

from hbmcp.catalog import ADDING
from hbmcp.figures import number

Record = Mapping[str, Any]

UNKNOWN = ("outcome_unknown", "cancelled, unknown", "defect")
MISTAKES = ("bad_arguments", "unknown_tool")  # of a model, which corrects them, or takes a tool that is on
REFUSALS = 3  # fewer are everyday
FAILURES = 5  # of one tool
FAR = 10  # times the usual
USUAL = 5  # orders of a pair before there is a usual
MOST = 1_000  # orders of a pair of which the usual is
COUNTED = ("refusals", "failures")  # kinds of which the log has the first alone
AT_BEGINNING = ("sizes", "limits")  # kinds that show when a call begins; the others, when it has ended


@define
class _Orders:
    """What orders of a pair were worth, as they came and as they rank."""

    came: deque[tuple[str, Decimal]] = field(factory=deque)
    ranked: list[Decimal] = field(factory=list)

    @property
    def usual(self) -> Decimal | None:
        """The median, once there are enough."""
        return self.ranked[len(self.ranked) // 2] if len(self.ranked) >= USUAL else None

    def add(self, time: str, value: Decimal) -> None:
        self.came.append((time, value))
        insort(self.ranked, value)

    def forget(self, before: str) -> None:
        while self.came and (self.came[0][0] < before or len(self.came) > MOST):
            _, value = self.came.popleft()
            del self.ranked[bisect_left(self.ranked, value)]


@define
class Lately:
    """The lines that were added, oldest first, less those that were forgotten."""

    _begun: dict[str, tuple[str, str]] = field(factory=dict)  # call -> when and by which tool, of those with no end
    _refused: deque[tuple[str, str]] = field(factory=deque)  # when and why, as all below
    _reasons: Counter[str] = field(factory=Counter)
    _unknown: deque[tuple[str, str]] = field(factory=deque)
    _failed: defaultdict[str, deque[str]] = field(factory=lambda: defaultdict(deque))  # tool -> in a row, when
    _orders: defaultdict[str, _Orders] = field(factory=lambda: defaultdict(_Orders))  # by pair
    _large: deque[tuple[str, Decimal, str]] = field(factory=deque)  # and how many times the usual
    _limits: dict[str, tuple[str, Any, str]] = field(factory=dict)  # limit -> and its window
    _new_stores: deque[str] = field(factory=deque)  # when one knew nothing of the lines before

    @property
    def found(self) -> dict[str, str]:
        """What there is, a kind and a few words for each."""
        found = {
            "refusals": self._refusals,
            "unknown outcomes": self._unknown_outcomes,
            "failures": self._failures,
            "sizes": max(self._large, key=lambda one: (one[1], one[0]))[2] if self._large else "",
            "limits": ", ".join(words for _, _, words in self._limits.values()),
            "store": self._forgotten,
        }
        return {kind: words for kind, words in found.items() if words}

    def add(self, record: Record) -> None:
        time, call, tool = str(record.get("time")), str(record.get("call")), str(record.get("tool"))
        match record.get("event"):
            case "begin":
                self._begun[call] = time, tool
                self._add_orders(time, record.get("plan") or ())
                self._add_limits(time, record.get("limits") or ())
            case "end":
                _, tool = self._begun.pop(call, (time, tool))
                if record.get("outcome") in UNKNOWN:
                    self._unknown.append((time, f"{tool} at {time}"))
                self._add_outcome(time, tool, record.get("outcome"))
            case "refused" if not record.get("preview"):  # who only looks is refused nothing
                why = str(record["outcome"])
                if why not in MISTAKES:
                    self._refused.append((time, why))
                    self._reasons[why] += 1
                self._add_outcome(time, tool, why)
            case "new_store":
                self._new_stores.append(time)

    def forget(self, before: str) -> None:
        """What was written before that."""
        while self._refused and self._refused[0][0] < before:
            self._reasons[self._refused.popleft()[1]] -= 1
        for several in (self._unknown, self._large):
            while several and several[0][0] < before:
                several.popleft()
        for times in (self._new_stores, *self._failed.values()):
            while times and times[0] < before:
                times.popleft()
        for orders in self._orders.values():
            orders.forget(before)
        for entries in (self._begun, self._limits):
            for name in [name for name, one in entries.items() if one[0] < before]:
                del entries[name]

    def _add_outcome(self, time: str, tool: str, outcome: Any) -> None:
        if outcome == "done":
            self._failed.pop(tool, None)
        else:
            self._failed[tool].append(time)

    def _add_orders(self, time: str, planned: Iterable[Record]) -> None:
        for one in planned:
            value = number(one.get("value"))
            if value is None or one.get("effect") not in ADDING:
                continue
            orders = self._orders[str(one.get("pair"))]
            usual = orders.usual
            if usual and value / usual >= FAR:
                words = f"{one.get('words')} was {value / usual:.0f} times the usual, at {time}"
                self._large.append((time, value / usual, words))
            orders.add(time, value)

    def _add_limits(self, time: str, nearly: Iterable[Record]) -> None:
        """Of each limit of which hardly anything is left: when that was first so, in the latest hour, say, that it is
        for."""
        for one in nearly:
            limit, since = str(one.get("limit")), one.get("since")
            if limit not in self._limits or self._limits[limit][1] != since:
                self._limits[limit] = time, since, f"{one.get('used')} were used at {time}"

    @property
    def _refusals(self) -> str:
        if len(self._refused) < REFUSALS:
            return ""
        reasons = ", ".join(f"{why} {count}" for why, count in self._reasons.most_common() if count)
        return f"{len(self._refused)} calls were refused ({reasons})"

    @property
    def _unknown_outcomes(self) -> str:
        last = self._unknown[-1][1] if self._unknown else ""
        return f"of {len(self._unknown)} calls the outcome is unknown, the last {last}" if last else ""

    @property
    def _forgotten(self) -> str:
        """That a store was removed, or another took its place."""
        last = self._new_stores[-1] if self._new_stores else ""
        return f"the store was new at {last}: what was sent before counts against no limit" if last else ""

    @property
    def _failures(self) -> str:
        """Of tools whose latest calls all failed."""
        several = {tool: len(times) for tool, times in self._failed.items() if len(times) >= FAILURES}
        return ", ".join(f"{tool} failed {count} times in a row" for tool, count in several.items())
