"""What an answer is held to: a plan as it was when it was asked for."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

from attrs import asdict, frozen, has

from hbmcp.figures import number, plain
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.worth import Worth
from hummingbot_api import exact_json

_MOVES = re.compile(r"amount|price|quote|value|market|total|size")  # names of what moves with the market


@frozen
class Quoted:
    """A plan as it was asked for: its figures that move with the market, by where they stand, and the `mark` of all
    else that is in it."""

    mark: str
    figures: Mapping[str, Decimal]

    @classmethod
    def of(cls, call: Call, requests: Sequence[PlannedRequest], worths: Sequence[Sequence[Worth]]) -> Self:
        """`worths` are the parts of each request with their values."""
        figures: dict[str, Decimal] = {}

        def put(name: str, value: Decimal) -> None:
            figures[name] = value

        rest = [
            call.caller.name,
            exact_json.dumps(_plain(call.arguments)).decode(),
            [
                [
                    *(one.tool, one.effect, one.request.method, one.request.path, repr(one.request.query)),
                    _without_figures(f"{place}.sent", _body(one), put),
                    _without_figures(f"{place}", asdict(one.stake), put),
                    [_without_figures(f"{place}.{part}", _valued(worth), put) for part, worth in enumerate(parts)],
                ]
                for place, (one, parts) in enumerate(zip(requests, worths, strict=True))
            ],
        ]
        return cls(hashlib.sha256(json.dumps(rest, default=str).encode("utf-8", "surrogatepass")).hexdigest(), figures)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `text` wrote."""
        said = json.loads(text)
        return cls(said["mark"], {name: Decimal(value) for name, value in said["figures"].items()})

    @property
    def text(self) -> str:
        """JSON of it."""
        return json.dumps({"mark": self.mark, "figures": {name: str(value) for name, value in self.figures.items()}})

    def change(self, now: "Quoted", tolerance: Decimal) -> str:
        """What is otherwise now, by more than so many percent; "" where nothing is."""
        if self.mark != now.mark or self.figures.keys() != now.figures.keys():
            return "What it would do isn't what was asked for"
        for name, before in self.figures.items():
            after = now.figures[name]
            if abs(after - before) * 100 > abs(before) * tolerance:
                what = name.rpartition(".")[2]
                what = "price" if what == "market" else what
                return f"The {what} was {plain(before):f} when it was asked for, and is {plain(after):f}"
        return ""


def _body(planned: PlannedRequest) -> Any:
    request = planned.request
    return {name: getattr(request, name, None) for name in ("json", "form", "content", "files")}


def _valued(worth: Worth) -> dict[str, Any]:
    return {**(asdict(worth.part) if worth.part else {}), "value": worth.value, "market": worth.market}


def _without_figures(name: str, value: Any, put: Callable[[str, Decimal], None]) -> Any:
    """The value with a mark in place of each figure that moves, which is put aside."""
    if has(type(value)):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {key: _without_figures(f"{name}.{key}", one, put) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_figures(f"{name}.{place}", one, put) for place, one in enumerate(value)]
    last = next((part for part in reversed(name.split(".")) if not part.isdecimal()), "")
    found = number(value) if _MOVES.search(last) and not last.endswith("id") else None
    if found is None:
        return str(value)
    put(name, found)
    return "#"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | Decimal) else str(value)
