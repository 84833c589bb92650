"""From an answer to the part of it that is shown: secrets masked, the path followed, what is nested made rows."""

from collections.abc import Iterator
from decimal import Decimal

from hbmcp.figures import gigabytes
from hbmcp.results.paths import Json, Way, changed, get, masked, split
from hbmcp.results.result_spec import ResultSpec
from hbmcp.results.secrets_in_text import scrubbed


def select(answer: Json, spec: ResultSpec) -> tuple[Json, list[Way]]:
    """The part to show, and the ways to the levels that were named by `unnest` and hold nothing."""
    answer = whole(answer, spec)
    shown = get(answer, split(spec.path))
    if shown is None:
        shown = answer  # better all of it than nothing
    shown = [_row(one, spec) for one in shown] if isinstance(shown, list) else _row(shown, spec)
    if spec.unnest and isinstance(shown, dict):
        hollow: list[Way] = []
        try:
            return list(_unnest(shown, spec, (), hollow)), hollow
        except _NotNested:
            pass
    return shown, []


def whole(answer: Json, spec: ResultSpec) -> Json:
    """A copy of the answer with its secrets masked, and its sizes in GB."""
    answer = without_secrets(answer, spec)
    for path in spec.gigabytes:
        answer = changed(answer, split(path), _in_gigabytes)
    return answer


def _row(value: Json, spec: ResultSpec) -> Json:
    """One row, or the answer, with what is `lift`ed in it, or with names for its `places`."""
    if isinstance(value, dict) and isinstance(inner := value.get(spec.lift), dict):
        return {key: one for key, one in value.items() if key != spec.lift} | inner
    if spec.places and isinstance(value, list) and len(value) == len(spec.places):
        return dict(zip(spec.places, value, strict=True))
    return value


def without_secrets(answer: Json, spec: ResultSpec) -> Json:
    """A copy of the answer with its secrets masked."""
    for path in spec.secret:
        answer = masked(answer, split(path))
    for path in spec.scrub:
        answer = changed(answer, split(path), lambda text: scrubbed(text) if isinstance(text, str) else text)
    return answer


def _in_gigabytes(size: Json) -> Json:
    return gigabytes(size) if isinstance(size, int | Decimal) and not isinstance(size, bool) else size


class _NotNested(Exception):
    """A level that should be an object isn't, or a row has the name of a level for something else."""


def _unnest(value: Json, spec: ResultSpec, way: Way, hollow: list[Way]) -> Iterator[dict[str, Json]]:
    depth = len(way)
    if depth < len(spec.unnest):
        if not isinstance(value, dict):
            raise _NotNested
        if not value and way:
            hollow.append(way)
        for key, inner in value.items():
            yield from _unnest(inner, spec, (*way, key), hollow)
        return
    if value == [] or value == {}:
        hollow.append(way)
        return
    labels = dict(zip(spec.unnest, way, strict=True))
    for row in value if isinstance(value, list) else [value]:
        own = row if isinstance(row, dict) else {spec.value: row}
        if any(own.get(name, label) != label for name, label in labels.items()):
            raise _NotNested
        yield {**labels, **own}
