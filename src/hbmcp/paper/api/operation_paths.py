"""Which operation a request is: found by method and path, as the API's own router would find it."""

import re
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

WITH_SLASHES = {"db_path"}  # taken with the slashes in it; a contract can't say so


class _Operation(Protocol):
    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


Operation = TypeVar("Operation", bound=_Operation)


class OperationPaths(Generic[Operation]):
    """The operations of a contract, by a request's path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        # The fewer parameters, and then the more text a path has, the more it is meant.
        meant = sorted(by_path, key=lambda path: (path.count("{"), -len(path)))
        self._plain = {path: methods for path, methods in by_path.items() if "{" not in path}
        self._patterns = [(_pattern(path), by_path[path]) for path in meant if path not in self._plain]

    def find(self, method: str, path: str) -> tuple[Operation | None, dict[str, str], list[str]]:
        """(the operation, its path's values, []), or (None, {}, the methods that this path has); `path` is decoded.

        A path that is meant but hasn't this method leaves it to the next: GET /executors/search is an executor.
        """
        plain = self._plain.get(path, {})
        if method in plain:
            return plain[method], {}, []
        others = [*plain]
        for pattern, methods in self._patterns:
            if match := pattern.fullmatch(path):
                if method in methods:
                    return methods[method], match.groupdict(), []
                others += methods
        return None, {}, others


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    names = [f"(?P<{name}>.+)" if name in WITH_SLASHES else f"(?P<{name}>[^/]+)" for name in parts[1::2]]
    return re.compile("".join(f"{re.escape(text)}{name}" for text, name in zip(parts[::2], [*names, ""], strict=True)))
