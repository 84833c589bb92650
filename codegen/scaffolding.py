"""What a contract needs that nobody has curated yet: TOML with blanks, to read, or in its place in overrides/."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, get_args

from attrs import frozen

from codegen.contract import Contract, Operation, Schema
from codegen.curation import EXCLUDED, MAX_NAME, SERVICE, TOOL_NAME, Curation, EffectName, Tool, unaccounted
from codegen.places import Homes, in_place_of, with_key, with_line, with_table, without_key
from codegen.renames import proposals, renaming, taken
from codegen.schema import reduce

SEVERAL = 3  # operations
TOOLSET = '[toolset]\ntitle = ""\ndescription = ""\ndefault = false\n'
ASIDE = "why few need it, for this toolset is on by default; or move the table to one that isn't, without these lines"
READING = ("get", "list", "find", "search", "read", "check", "estimate", "quote", "summarize", "count")
VERBS = {"GET": "get", "POST": "create", "PUT": "set", "PATCH": "update", "DELETE": "delete"}


@frozen
class UsualNames:
    """What parameters are called: by tools that rename them, by the operations at the same root, and by all; and which
    are `times`."""

    times: frozenset[str]
    renamed: Mapping[str, str]
    at_root: Mapping[str, frozenset[str]]
    common: Counter[str]

    @classmethod
    def of(cls, curation: Curation, contract: Contract) -> Self:
        """As these tools call what these operations take."""
        counts: dict[str, Counter[str]] = {}
        every = [item for tool in curation.by_name.values() for item in tool.params.items()]
        times = frozenset(param.to or name for name, param in every if param.time)
        for tool in curation.by_name.values():
            for name, param in tool.params.items():
                if "." not in (param.to or name) and not param.wrap:
                    counts.setdefault(param.to or name, Counter())[name] += 1
        most = {api_name: names.most_common(1)[0] for api_name, names in counts.items()}
        renamed = {api_name: name for api_name, (name, times) in most.items() if times > 1 and name != api_name}
        given = {  # what a tool calls otherwise says nothing of what its neighbours are called
            (tool.operation, param.to)
            for tool in curation.by_name.values()
            for name, param in tool.params.items()
            if param.to not in (None, name)
        }
        taken = [
            (_root(one), [name for name in _params(one, contract.schemas) if (one.key, name) not in given])
            for one in contract.operations.values()
        ]
        roots = {root: frozenset(name for at, names in taken if at == root for name in names) for root, _ in taken}
        return cls(times, renamed, roots, Counter(name for _, names in taken for name in names))

    def called(self, operation: Operation, params: Sequence[str]) -> dict[str, str]:
        """Of an operation's parameters those that get another name: the one that several tools give them; or, unless
        its neighbours take such a one, the longer one of most operations, connector_name for connector."""
        beside = self.at_root.get(_root(operation), frozenset())
        longer = {name: self._longer(name) for name in params if name not in self.renamed and name not in beside}
        found = {name: self.renamed.get(name) or longer.get(name) for name in params}
        return {name: other for name, other in found.items() if other and other not in params}

    def rows(self, operation: Operation, params: Sequence[str]) -> dict[str, str]:
        """The line of each of an operation's parameters, to be filled in or, where nothing is to be said, left out."""
        called = self.called(operation, params)
        return {name: self._row(name, called.get(name, name)) for name in params}

    def _row(self, name: str, called: str) -> str:
        to = f"to = {_toml(name)}, " if called != name else ""
        if name in self.times:
            return f'{_key(called)} = {{ {to}time = "" }}  # s, ms or iso: as the API takes it'
        return f'{"" if to else "# "}{_key(called)} = {{ {to}description = "" }}'

    def _longer(self, name: str) -> str | None:
        words = set(name.split("_"))
        known = [other for other, times in self.common.items() if words < set(other.split("_")) and times >= SEVERAL]
        usual = max(known, key=self.common.__getitem__, default=name)
        return usual if self.common[usual] > self.common[name] else None


def _root(operation: Operation) -> str:
    return _first_step(operation.key)


@frozen
class Kept:
    """A tool whose operation is gone, for the one that took its place: what it said, and what its parameters are called
    there now, by what they were."""

    name: str
    tool: Tool
    renamed: Mapping[str, str]


def kept(
    curation: Curation, old: Contract, new: Contract, successors: Mapping[str, str | None]
) -> dict[str, list[Kept]]:
    """New operation -> the tools of that whose place it took."""
    found: dict[str, list[Kept]] = {}
    for name, tool in curation.by_name.items():
        if successor := successors.get(tool.operation):
            before, after = old.operations[tool.operation], new.operations[successor]
            renamed = {was: now for (_, was), now in renaming(taken(before, old), taken(after, new)).items()}
            found.setdefault(successor, []).append(Kept(name, tool, renamed))
    return found


@frozen
class Piece:
    """What is to be written for an operation into a toolset's `file` in overrides/, None where none is likely: a line
    of a tool's table, or a table, in the `place` of that tool's where it has one; or the line that excludes it, as what
    it `was` is excluded, or nothing in the place of that line."""

    operation: str
    file: str | None
    text: str
    place: str | None = None
    is_line: bool = False
    was: str | None = None

    @property
    def title(self) -> str:
        """It in one line."""
        if not self.text:
            return f"{_toml(self.operation)} is gone: its line is taken away"
        header = next(line for line in self.text.splitlines() if not line.startswith("#"))
        return f"[tools.{self.place}] {self.text}" if self.is_line else header


def pieces(curation: Curation, old: Contract, new: Contract, successors: Mapping[str, str | None]) -> list[Piece]:
    """All that a curation lacks for a contract; what only a person can say (risk, effect, the sentences) is empty.
    `successors` are the operations that are gone, and what may have taken their place."""
    moved = proposals(curation, old, new, successors)
    files = {name: curation.file(f"{toolset}.toml") for toolset, tools in curation.tools.items() for name in tools}
    found = [
        Piece(key, files[name], line, name, is_line=True)
        for key, lines in moved.items()
        for name, line in lines.items()
    ]
    had = kept(curation, old, new, {key: one for key, one in successors.items() if key not in moved})
    names = {name for removed in curation.removed.values() for name in removed} | curation.by_name.keys()
    names |= {name for workflows in curation.workflows.values() for name in workflows}
    usual, home = UsualNames.of(curation, old), Homes(curation)
    done = {successors[key] for key in moved}
    for was, reason in curation.excluded.items():
        if (now := successors.get(was)) and now not in done and now not in had:
            found.append(Piece(now, curation.file(EXCLUDED), f"{_toml(now)} = {_toml(reason)}\n", was=was))
            done.add(now)
        elif was not in new.operations and not now:
            found.append(Piece(was, curation.file(EXCLUDED), "", was=was))
    for operation in (new.operations[key] for key in unaccounted(curation, new) if key not in done):
        params = _params(operation, new.schemas)
        rows = usual.rows(operation, params)
        for one in had.get(operation.key, ()):
            found.append(Piece(operation.key, files[one.name], _kept(one, operation, rows), one.name))
        if operation.key not in had:
            toolset, passed = home.toolset(operation), home.passed(operation)
            full = not curation.name and toolset is not None and curation.toolsets[toolset].default
            table = _table(operation, rows.values(), names, on_paper=not curation.name, aside=full)
            if passed:
                table = f"# here, for {passed} is on by default, and its list nearly full\n{table}"
            found.append(Piece(operation.key, toolset and curation.file(f"{toolset}.toml"), table))
    kept_names = {one.name for some in had.values() for one in some}
    for name, tool in curation.by_name.items():
        if tool.operation in successors and tool.operation not in moved and name not in kept_names:
            found.append(Piece(tool.operation, files[name], _removed(curation, name, tool), name))
    return found


def skeleton(pieces: Sequence[Piece]) -> str:
    """All of them, to read: the lines, then the tables of each file."""
    lines = [f"# {one.operation} moved: {one.title}" for one in pieces if one.is_line]
    tables: dict[str, list[str]] = {}
    for one in pieces:
        if not one.is_line:
            tables.setdefault(f"# {one.file or 'no toolset is likely'}", []).append(one.text)
    return "\n".join([*lines, *(text for file, some in tables.items() for text in (f"\n{file}\n", *some))]).lstrip()


def write(pieces: Sequence[Piece], overrides: Path) -> list[Piece]:
    """Put each into its file, which is made where there is none; those that have no place in one."""
    left = []
    for one in pieces:
        if not one.file:
            left.append(one)
            continue
        file = overrides / one.file
        text = file.read_text(encoding="utf-8") if file.exists() else TOOLSET
        if one.was:
            new = with_key(text, one.was, one.operation) if one.text else without_key(text, one.was)
        elif one.is_line:
            new = with_line(text, one.place or "", one.text)
        else:
            new = in_place_of(text, one.place, one.text) if one.place else with_table(text, one.text)
        if new is None:
            left.append(one)
        else:
            file.write_text(new, encoding="utf-8")
    return left


def begin(service: Path, contract: Contract) -> None:
    """Make the folder of a service that has none yet."""
    service.mkdir()
    (service / SERVICE).write_text(f"title = {_toml(contract.title)}\n", encoding="utf-8")


def _table(
    operation: Operation,
    rows: Iterable[str],
    names: set[str],
    *,
    on_paper: bool,
    aside: bool,
) -> str:
    """`aside` is what goes into a toolset that is on by default, whose list is nearly full."""
    name = _name(operation, names)
    lines = [
        f"[tools.{name}]",
        f"operation = {_toml(operation.key)}",
        f"title = {_toml(re.sub('^(get|list)_', '', name).replace('_', ' ').capitalize())}",
        'risk = ""  # read, write, trade, destructive or secret',
        *([] if _reads(operation, name) else [f'effect = ""  # unless it reads: {", ".join(get_args(EffectName))}']),
        *(['paper = ""  # why the paper exchange has none, unless a route answers it'] if on_paper else []),
        *(["default = false", f'because = ""  # {ASIDE}'] if aside else []),
        'description = ""',
    ]
    return _whole(name, lines, list(rows))


def _reads(operation: Operation, name: str) -> bool:
    """As its method or its verb says."""
    return operation.method == "GET" or name.split("_")[0] in READING


def _removed(curation: Curation, name: str, tool: Tool) -> str:
    """What is left of a tool's table. What stood on it there, and in its neighbours', a person must look at."""
    lines = [f"[removed.{name}]", f"operation = {_toml(tool.operation)}"]
    lines += [f"by = {_toml(tool.instead)}"] if tool.instead else []
    lines += [f"# found by {_toml(tool.find)}: what `by` does of that belongs into its find"] if tool.find else []
    lines += [f"# {one}: does anything show that now?" for one in _left_out_for(curation, name, tool)]
    return "\n".join(lines) + "\n"


def _left_out_for(curation: Curation, name: str, tool: Tool) -> list[str]:
    """What tools at the same root leave out of their answers that is called as this tool is."""
    words = {word.rstrip("s") for word in name.split("_")[1:]}
    return [
        f"{other} leaves out {field}"
        for other, one in curation.by_name.items()
        if other != name and _first_step(one.operation) == _first_step(tool.operation)
        for field in one.result.omit or ()
        if words & {word.rstrip("s") for word in re.split(r"[._]", field)}
    ]


def _first_step(key: str) -> str:
    return key.split("/")[1]


def _kept(had: Kept, operation: Operation, params: Mapping[str, str]) -> str:
    """Its table as it was, with what is new in it and what is gone."""
    said = had.tool.model_dump(by_alias=True, exclude_unset=True)
    lines = [f"# was {had.tool.operation}", f"[tools.{had.name}]"]
    lines += [
        f"{key} = {_toml(value)}"
        for key, value in {**said, "operation": operation.key}.items()
        if key not in ("params", "also")
    ]
    rows, done = [], set()
    for name, param in said.get("params", {}).items():
        first, dot, rest = param.get("to", name).partition(".")
        now = had.renamed.get(first, first)
        if now in params:
            param = {**param, "to": f"{now}{dot}{rest}"} if now != name or "to" in param else param
            rows.append(f"{_key(name)} = {_toml(param)}")
        else:
            rows.append(f"# {name}: the operation takes no {first}")
        done.add(now)
    rows += [row for param, row in params.items() if param not in done]
    return _whole(had.name, lines, rows)


def _whole(name: str, lines: Sequence[str], params: Sequence[str]) -> str:
    return "\n".join([*lines, *([f"[tools.{name}.params]"] if params else []), *params]) + "\n"


def _params(operation: Operation, schemas: Mapping[str, Schema]) -> list[str]:
    """The names of what it takes."""
    names = [parameter.name for parameter in operation.parameters]
    if operation.body:
        names += reduce(operation.body.schema, schemas).get("properties", {"body": {}})
    return names


def _name(operation: Operation, taken: set[str]) -> str:
    """verb_noun, unique, at most 40 characters: as its operationId says it, else from the method and the fixed parts of
    the path."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"{[^}]*}", "", operation.path).lower()) or ["root"]
    base = "_".join([VERBS.get(operation.method, operation.method.lower()), *words])[:37].rstrip("_")
    told = _told(operation)
    name, number = told if told and told not in taken else base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def _told(operation: Operation) -> str | None:
    """The operationId in snake_case, without the path and method that FastAPI appends to a function's name; nothing
    where it can't be a tool's name. What reads begins with a verb: active_orders doesn't."""
    said = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation.operation_id or "").lower()
    appended = re.sub(r"\W", "_", operation.path).lower() + f"_{operation.method.lower()}"
    name = re.sub(r"\W+", "_", said.removesuffix(appended)).strip("_")
    if operation.method == "GET" and name.split("_")[0] not in READING:
        name = f"get_{name}"
    return name if TOOL_NAME.fullmatch(name) and len(name) <= MAX_NAME else None


def _toml(value: Any) -> str:
    """A value, in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)
