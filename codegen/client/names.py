"""Names of the contract -> names in Python: valid, unique, and always the same for the same contract."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable
from itertools import chain, count

from codegen.contract import Operation

KEYWORDS = frozenset({*keyword.kwlist, *keyword.softkwlist, "self", "cls"})
BUILTINS = frozenset(dir(builtins))
#: What the modules of the client import.
IMPORTED = frozenset(
    {
        "ABSENT",
        "Absent",
        "Any",
        "Decimal",
        "Factory",
        "File",
        "Literal",
        "Request",
        "annotations",
        "decode",
        "define",
        "encode",
        "exact_json",
    }
)
RESERVED = KEYWORDS | BUILTINS | IMPORTED
SHARED = "shared"  # the module in models/ of what several tags use

_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")


def words(text: str) -> list[str]:
    """The words of a name, as they are written: `placeOrder_v2` -> place, Order, v2."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(character if f"a{character}".isidentifier() else "_" for character in text)
    return [word for part in text.split("_") for word in _WORD_START.split(part) if word]


def snake(text: str, fallback: str) -> str:
    """An identifier in snake_case; `fallback` helps where the text has no letters, or starts with a digit."""
    name = "_".join(words(unicodedata.normalize("NFKC", "_".join(words(text)).lower())))
    if not name:
        return fallback
    return name if name.isidentifier() else f"{fallback}_{name}"


def pascal(text: str) -> str:
    """An identifier in PascalCase; capitals inside a word stay: `CLMM_position` -> CLMMPosition."""
    name = "".join(word[0].upper() + word[1:] for word in words(text))
    return name if name.isidentifier() and name[0].isupper() else f"Model{name}"


class Unique:
    """Hands out names, each of them once."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = frozenset(reserved)
        self._taken: set[str] = set()

    def claim(self, name: str, *others: str, suffix: str = "_") -> str:
        """`name`, with the suffix where Python or the templates need it; else one of the others; else a number."""
        name = f"{name}{suffix}" if name in self._reserved else name
        stem = name.rstrip("_")
        numbered = (f"{stem}_{number}" if stem.islower() else f"{stem}{number}" for number in count(2))
        free = (one for one in chain((name, *others), numbered) if one not in self._taken | self._reserved)
        self._taken.add(found := next(free))
        return found


class FunctionNames:
    """The module of each operation, and the name of its function, unique in the module."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._names: dict[str, str] = {}
        modules: dict[str, list[Operation]] = {}
        for operation in operations:
            modules.setdefault(self.module(operation), []).append(operation)
        for members in modules.values():
            self._name(members)

    def __getitem__(self, key: str) -> str:
        """The name of an operation's function."""
        return self._names[key]

    @staticmethod
    def module(operation: Operation) -> str:
        """The module in api/ of an operation, and in models/ of what only its tag uses."""
        name = snake(operation.tag, "tag")
        return f"{name}_" if name in KEYWORDS or name == SHARED else name

    def _name(self, operations: list[Operation]) -> None:
        groups: dict[str, list[Operation]] = {}
        for operation in operations:
            groups.setdefault(_plain_name(operation), []).append(operation)
        unique = Unique(RESERVED)
        for name, group in sorted(groups.items(), key=lambda item: len(item[1])):
            longer = [name] if len(group) == 1 else _longer_names(name, group, groups.keys())
            for operation, wanted in zip(group, longer, strict=True):
                self._names[operation.key] = unique.claim(wanted)


def _plain_name(operation: Operation) -> str:
    """The name of the Python function behind FastAPI's operationId, the operationId, or method and path."""
    if not operation.operation_id:
        steps = [step.strip("{}") if step.startswith("{") else step for step in operation.path.split("/")]
        return snake("_".join([operation.method, *steps]), "operation")
    name = operation.operation_id
    suffix = re.sub(r"\W", "_", operation.path) + f"_{operation.method.lower()}"
    return snake(name.removesuffix(suffix) or name, "operation")


def _longer_names(name: str, group: list[Operation], others: Iterable[str]) -> list[str]:
    """The same name with as many words of the path behind it as tell the operations apart."""
    paths = [
        [word for step in operation.path.split("/") if "{" not in step and (word := snake(step, ""))]
        for operation in group
    ]
    for length in range(1, max(map(len, paths)) + 1):
        longer = ["_".join([name, *path[-length:]]) for path in paths]
        if len(set(longer)) == len(longer) and not set(longer) & set(others):
            return longer
    return [snake(f"{name}_{operation.method}_{operation.path}", "operation") for operation in group]
