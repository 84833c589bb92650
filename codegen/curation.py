"""overrides/*.toml: what people say of the operations, read and validated.

A toolset is a file. A tool over one operation is a table `[tools.NAME]`; one over several, written by hand in
src/hbmcp/workflows/, is `[workflows.NAME]`. A folder of another service's name holds the same for that one, and its
service.toml. CONTRIBUTING.md explains every key by example. Reading collects all mistakes at once, each with its file,
table, key and, where one is near, the name that was meant.
"""

import re
import tomllib
from collections.abc import Collection, Container, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from attrs import evolve, field, frozen
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from codegen.client.shapes import PACKAGE
from codegen.contract import Contract
from codegen.likeness import NEAR, Trait, nearest, succession

Risk = Literal["read", "write", "trade", "destructive", "secret"]
# src/hbmcp/catalog.py says what each means.
EffectName = Literal[
    "opens",
    "reduces",
    "cancels",
    "moves",
    "stops",
    "unprotects",
    "configures",
    "reprices",
    "runs_code",
    "secret",
]
TOOL_NAME = re.compile(r"[a-z]+(_[a-z0-9]+)+")
SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z]|$)")
MAX_NAME = 40
MAX_SENTENCES = 2
EXCLUDED = "excluded.toml"
SERVICE = "service.toml"
MODULES = ("fingerprints",)  # of hbmcp_tools, that are no toolsets
UNREADABLE = "not TOML"  # what a file's mistake begins with that leaves nothing of it
SECTIONS = ("toolset", "tools", "workflows", "removed")  # of a toolset's file

T = TypeVar("T", bound=BaseModel)


@frozen
class Mistake:
    """One thing to correct in overrides/: where it is and what is wrong with it."""

    file: str
    table: str
    key: str
    reason: str

    @property
    def tool(self) -> str | None:
        """The tool whose table it is in."""
        first, _, rest = self.table.partition(".")
        return rest.split(".")[0] if first in ("tools", "workflows") else None

    def __str__(self) -> str:
        place = " ".join(part for part in (f"[{self.table}]" if self.table else "", self.key) if part)
        return f"{self.file}: {place}: {self.reason}" if place else f"{self.file}: {self.reason}"


class CurationError(Exception):
    """The overrides can't be used; `mistakes` says why, all of them."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Limits(_Table):
    """What narrows a parameter, whoever takes it."""

    description: str | None = None
    default: Any = None
    required: bool | None = None
    enum: list[str | int] | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    above: int | float | None = None
    pattern: str | None = None

    @model_validator(mode="after")
    def _needed_or_not(self) -> Self:
        if self.required and "default" in self.model_fields_set:
            raise ValueError("a required parameter has no use for a default")
        return self


class Param(_Limits):
    """What is said of one parameter of a tool. `time` is what the API takes: `s` or `ms` since the epoch, or ISO.

    `null` says whether null is sent, which takes something away, or means that the argument is absent. One that is
    taken `if_there` is left out where a contract hasn't it, and the tool stays.
    """

    to: str | None = None
    fixed: Any = None
    hidden: bool = False
    wrap: Literal["list"] | None = None
    time: Literal["s", "ms", "iso"] | None = None
    null: Literal["sent", "absent"] | None = None
    if_there: bool = False

    @model_validator(mode="after")
    def _one_fate(self) -> Self:
        offered = self.model_fields_set - {"to", "hidden", "fixed", "if_there"}
        if "fixed" in self.model_fields_set and (self.hidden or offered):
            raise ValueError("`fixed` hides the parameter: nothing else can be said of it")
        if self.hidden and offered:
            raise ValueError("a hidden parameter is not offered: nothing else can be said of it")
        return self


class WorkflowParam(_Limits):
    """One parameter of a workflow, whole, for no contract describes it. `time` is a moment in text (hbmcp.times). A
    trading_pair that may be a `base` alone, ETH, means the pair that the workflow finds."""

    type: Literal["string", "number", "integer", "boolean", "array", "object", "time"] = "string"
    items: Literal["string", "number", "integer", "object"] = "string"  # of an array
    base: bool = False


class Failed(_Table):
    """An answer that is a failure although HTTP said 200: what stands at `path`, and its reason or where that is."""

    path: str
    is_: Annotated[Any, Field(alias="is")] = None
    type: Literal["string", "null", "array", "object", "boolean", "number"] | None = None
    say: str | None = None
    reason: str | None = None


class Result(_Table):
    """How an answer is shown; src/hbmcp/results/spec.py says what each key does."""

    path: str | None = None
    lift: str | None = None
    places: list[str] | None = None
    unnest: list[str] | None = None
    value: str | None = None
    columns: list[str] | None = None
    omit: list[str] | None = None
    failed: list[Failed] | None = None
    note: str | None = None
    row_note: str | None = None
    empty: str | None = None
    page: str | None = None
    narrow: list[str] | None = None
    secret: list[str] | None = None
    scrub: list[str] | None = None
    gigabytes: list[str] | None = None
    newest_last: bool = False
    outside: bool | None = None
    cause: str | None = None

    def table(self) -> dict[str, Any]:
        """As it goes into the manifest."""
        return self.model_dump(by_alias=True, exclude_unset=True)


def _both(param: Param | None, other: Param) -> Param:
    """A parameter's table, with what another spelling of its operation has of it."""
    return other if param is None else param.model_copy(update=_given(other))


def _given(param: Param) -> dict[str, Any]:
    return {name: getattr(param, name) for name in param.model_fields_set}


def _effect(value: Any) -> Any:
    """`effect = "stops"` is short for `{ is = "stops" }`."""
    return {"is": value} if isinstance(value, str) else value


class Effect(_Table):
    """What a request does to what is at risk, and which of the tool's parameters hold what it is about: the name of
    one, or a way into one, `config.connector_name`."""

    is_: Annotated[EffectName, Field(alias="is")]
    account: str | None = None
    exchange: str | None = None
    pair: str | None = None
    side: str | None = None
    amount: str | None = None
    price: str | None = None
    leverage: str | None = None
    type: str | None = None

    def table(self) -> dict[str, str]:
        """As it goes into the manifest."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    @property
    def places(self) -> dict[str, str]:
        """What it is about -> the parameter that holds it."""
        return {key: value for key, value in self.table().items() if key != "is"}


class _Named(_Table):
    """What every tool has. One that isn't `default` is offered only where it is asked for by name.

    One that `acts_on_many` takes optional arguments as filters: without any it acts on all, so empty ones are refused.
    One that `previews` only shows what it would send unless it is told `preview = false`. By the words of `find` it is
    found, beside those that it is called and described with.
    """

    title: str = Field(min_length=1, max_length=MAX_NAME)
    risk: Risk
    description: str = Field(min_length=1)
    find: list[Annotated[str, Field(min_length=1)]] = []
    aliases: list[str] = []
    default: bool = True
    acts_on_many: bool = False
    previews: bool = False

    @model_validator(mode="after")
    def _a_read_does_nothing(self) -> Self:
        for key in ("acts_on_many", "previews"):
            if getattr(self, key) and self.risk == "read":
                raise ValueError(f"a read has no use for `{key}`: it does nothing to anything")
        return self


class Spelling(_Table):
    """How another version of the API has a tool's operation: what differs of its parameters' tables."""

    operation: str
    params: dict[str, Param] = {}


def _spelling(value: Any) -> Any:
    """`also = ["GET /v2/orders"]` is short for `also = [{ operation = "GET /v2/orders" }]`."""
    return {"operation": value} if isinstance(value, str) else value


class Tool(_Named):
    """One tool over one operation, which other versions of the API spell otherwise. `paper` says why the paper exchange
    hasn't it, unless a route answers there: "the paper exchange has no POST /x: …". One that isn't `default` is used by
    a workflow, or has another tool to be taken `instead`."""

    operation: str
    also: list[Annotated[Spelling, BeforeValidator(_spelling)]] = []
    paper: str | None = Field(default=None, min_length=1)
    instead: str | None = None
    effect: Annotated[Effect | None, BeforeValidator(_effect)] = Field(default=None, validate_default=True)
    timeout: float | None = Field(default=None, gt=0, le=3600)
    params: dict[str, Param] = {}
    result: Result = Result()

    @property
    def spellings(self) -> list[Spelling]:
        """All of them, the first one preferred."""
        return [Spelling(operation=self.operation), *self.also]

    def as_in(self, operations: Container[str]) -> Self:
        """The tool as a contract with these operations spells it; as it stands, where none of them is its own."""
        for spelling in self.spellings:
            if spelling.operation in operations:
                own = {name: _both(self.params.get(name), one) for name, one in spelling.params.items()}
                back = {name: self._back(name, one) for name, one in spelling.params.items()}
                also = [
                    one.model_copy(update={"params": back | one.params})
                    for one in self.spellings
                    if one.operation != spelling.operation
                ]
                return self.model_copy(
                    update={"operation": spelling.operation, "params": self.params | own, "also": also}
                )
        return self

    def _back(self, name: str, spelled: Param) -> Param:
        """What the others' tables have to say where one of them is taken that says this of a parameter."""
        first = self.params.get(name)
        return spelled.model_copy(update={"to": (first and first.to) or name})

    @field_validator("effect")
    @classmethod
    def _an_effect_unless_it_reads(cls, effect: Effect | None, table: ValidationInfo) -> Effect | None:
        risk = table.data.get("risk")  # absent where it is wrong
        if effect is not None and risk == "read":
            raise ValueError("a read has none")
        if effect is None and risk not in (None, "read"):
            raise ValueError("is missing: whatever isn't a read has one")
        return effect


class Workflow(_Named):
    """A tool that src/hbmcp/workflows/TOOLSET/NAME.py carries out by calling other tools: those in `uses`, without
    which it can't, and those in `uses_if_there`, without which it knows less, and says so. A read that `hands_over`
    has a person change something: who may only read isn't offered it."""

    uses: list[str] = []
    uses_if_there: list[str] = []
    hands_over: bool = False
    params: dict[str, WorkflowParam] = {}

    @model_validator(mode="after")
    def _only_a_read_hands_over(self) -> Self:
        if self.hands_over and self.risk != "read":
            raise ValueError("only a read has use for `hands_over`: who may only read isn't offered others anyway")
        return self


N = TypeVar("N", bound=_Named)


class Toolset(_Table):
    """Tools that are switched on together."""

    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    default: bool
    aliases: list[str] = []


class Service(_Table):
    """An API beside the Hummingbot API: what people call it, and its address, unless its contract says that. A
    credential, if it takes one, goes into the `header`."""

    title: str = Field(min_length=1, max_length=MAX_NAME)
    url: str | None = Field(default=None, pattern=r"^https?://[^/\s?#@][^\s?#@]*$")
    header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]+$")


class Removed(_Table):
    """A name that was a tool's. `by` is the tool that took its place, and `operation` that which it had. Workflows may
    go on naming it: one that can't do without it isn't offered."""

    by: str | None = None
    operation: str | None = None


class Excluded(_Table):
    """Operations that are no tool, each with the reason."""

    operations: dict[str, Annotated[str, Field(min_length=1)]]


@frozen
class Absent:
    """A tool that is curated, and that the contract doesn't carry: `why` completes "not offered, for"."""

    name: str
    toolset: str
    aliases: tuple[str, ...]
    why: str
    is_workflow: bool


@frozen
class Curation:
    """All of overrides/, or of the folder in it of another service, whose `name` it has then. `tools`, `workflows` and
    what was `removed` are by toolset, then by name, in the order of the files.

    What is wrong in a table is in `mistakes`, and the table is left out; `claimed` also counts its operation. `absent`
    are the tools that were taken out for what a contract lacks.
    """

    toolsets: dict[str, Toolset]
    tools: dict[str, dict[str, Tool]]
    workflows: dict[str, dict[str, Workflow]]
    excluded: dict[str, str]
    removed: dict[str, dict[str, Removed]] = field(factory=dict)
    claimed: frozenset[str] = frozenset()
    mistakes: tuple[Mistake, ...] = ()
    absent: tuple[Absent, ...] = ()
    name: str = ""
    service: Service | None = None

    @property
    def whose(self) -> str:
        """The API, in a sentence."""
        return self.service.title if self.service else "this Hummingbot API"

    @property
    def package(self) -> str:
        """The package of its typed client."""
        return f"{self.name}_api" if self.name else PACKAGE

    def file(self, name: str) -> str:
        """A file of it as a mistake names it."""
        return f"{self.name}/{name}" if self.name else name

    @property
    def by_name(self) -> dict[str, Tool]:
        """The tools of all toolsets. A name that two of them have is a mistake."""
        return {name: tool for tools in self.tools.values() for name, tool in tools.items()}

    def by_operation(self) -> dict[str, list[str]]:
        """Operation -> names of the tools that use it."""
        names: dict[str, list[str]] = {}
        for name, tool in self.by_name.items():
            names.setdefault(tool.operation, []).append(name)
        return names

    def as_in(self, operations: Container[str]) -> "Curation":
        """The same, each tool over that of its operation's spellings that a contract with these operations has."""
        tools = {
            toolset: {name: tool.as_in(operations) for name, tool in tools.items()}
            for toolset, tools in self.tools.items()
        }
        return evolve(self, tools=tools)

    def without(self, operations: Iterable[str]) -> "Curation":
        """The same without these operations' tools and exclusions."""
        gone = set(operations)
        excluded = {key: reason for key, reason in self.excluded.items() if key not in gone}
        users = self.by_operation()
        why = {name: f"{self.whose} has no {key}" for key in gone for name in users.get(key, ())}
        return evolve(self.without_tools(why), excluded=excluded)

    def without_tools(self, why: Mapping[str, str]) -> "Curation":
        """The same without these tools, each with its reason, nor the workflows that can't do without one of them."""
        absent: list[Absent] = []

        def kept(toolset: str, tables: dict[str, N]) -> dict[str, N]:
            rest = {}
            for name, table in tables.items():
                needed = [name, *(table.uses if isinstance(table, Workflow) else ())]
                if reasons := [why[one] for one in needed if one in why]:
                    is_workflow = isinstance(table, Workflow)
                    absent.append(Absent(name, toolset, tuple(table.aliases), reasons[0], is_workflow))
                else:
                    rest[name] = table
            return rest

        tools = {toolset: kept(toolset, tools) for toolset, tools in self.tools.items()}
        workflows = {toolset: kept(toolset, workflows) for toolset, workflows in self.workflows.items()}
        return evolve(self, tools=tools, workflows=workflows, absent=(*self.absent, *absent))


def read(folder: Path, name: str = "") -> Curation:
    """Read overrides/, or the folder of the service of this name, with all that is wrong in it."""
    reader = _Reader(f"{name}/" if name else "")
    for file in sorted(folder.glob("*.toml")):
        reader.read(file)
    if name and not (folder / SERVICE).exists():
        reader.mistakes.append(Mistake(f"{name}/{SERVICE}", "", "", 'is missing: it says at least `title = "…"`'))
    curation = Curation(
        reader.toolsets,
        reader.tools,
        reader.workflows,
        reader.excluded,
        reader.removed,
        frozenset(reader.claimed),
        name=name,
        service=reader.service,
    )
    curation = evolve(curation, mistakes=(*reader.mistakes, *_rules(curation)), absent=tuple(_still_asked(curation)))
    return curation.without_tools({one.name: one.why for one in curation.absent})


def _still_asked(curation: Curation) -> Iterable[Absent]:
    """Tools that were removed, and that workflows name."""
    tables = [one for workflows in curation.workflows.values() for one in workflows.values()]
    used = {name for one in tables for name in (*one.uses, *one.uses_if_there)}
    for toolset, removed in curation.removed.items():
        for name, one in removed.items():
            if name in used and one.operation:
                yield Absent(name, toolset, (), f"{curation.whose} has no {one.operation}", is_workflow=False)


def unaccounted(curation: Curation, contract: Contract) -> list[str]:
    """Operations that are neither curated nor excluded."""
    accounted = {*curation.claimed, *curation.excluded}
    return [key for key in contract.operations if key not in accounted]


def vanished(curation: Curation, contract: Contract) -> list[str]:
    """Operations that are curated or excluded, but not in the contract."""
    return [key for key in {**curation.by_operation(), **curation.excluded} if key not in contract.operations]


def audit(curation: Curation, contract: Contract) -> Iterable[Mistake]:
    """Every operation is accounted for, and every override has its operation."""
    for key in unaccounted(curation, contract):
        of = f" --source {curation.name}" if curation.name else ""
        reason = (
            f'neither a tool nor in {EXCLUDED}: write `"{key}" = "why not"` there, or into a toolset\'s file the table '
            f"that `python -m codegen scaffold{of}` makes (--write: it does)"
        )
        yield Mistake(curation.name or "overrides", "", key, reason)
    for toolset, tools in curation.tools.items():
        for name, tool in tools.items():
            if tool.operation not in contract.operations:
                reason = (
                    f"the contract has no {tool.operation}{_perhaps(tool.operation, contract)} Else write in the place "
                    f'of its tables: [removed.{name}] operation = "{tool.operation}", and by = "TOOL" if one does it'
                )
                yield Mistake(curation.file(f"{toolset}.toml"), f"tools.{name}", "operation", reason)
    for key in curation.excluded:
        if key not in contract.operations:
            reason = f"the contract has no such operation{_perhaps(key, contract)} Else take the line away"
            yield Mistake(curation.file(EXCLUDED), "operations", key, reason)


def _perhaps(key: str, contract: Contract) -> str:
    """`; now perhaps X?`: what most likely took its place; else what may have been meant."""
    gone = Trait(*key.partition(" ")[::2])
    likely = {other: succession(gone, Trait(one.method, one.path)) for other, one in contract.operations.items()}
    found = max(likely, key=likely.__getitem__, default=key)
    return f"; now perhaps {found}?" if likely.get(found, 0) >= NEAR else nearest(key, contract.operations) or "."


class _Reader:
    """Reads the files one by one; a table that is wrong is left out, with its mistakes kept, which name the folder that
    is `within` overrides/."""

    def __init__(self, within: str) -> None:
        self.within = within
        self.service: Service | None = None
        self.toolsets: dict[str, Toolset] = {}
        self.tools: dict[str, dict[str, Tool]] = {}
        self.workflows: dict[str, dict[str, Workflow]] = {}
        self.excluded: dict[str, str] = {}
        self.removed: dict[str, dict[str, Removed]] = {}
        self.claimed: set[str] = set()
        self.mistakes: list[Mistake] = []

    def read(self, file: Path) -> None:
        place = f"{self.within}{file.name}"
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.mistakes.append(Mistake(place, "", "", f"{UNREADABLE}: {error}"))
            return
        if file.name == EXCLUDED:
            if excluded := self._validate(Excluded, document, place, ()):
                self.excluded = excluded.operations
            return
        if self.within and file.name == SERVICE:
            self.service = self._validate(Service, document, place, ())
            return
        for key in document.keys() - set(SECTIONS):
            self.mistakes.append(Mistake(place, "", key, "unknown" + nearest(key, SECTIONS)))
        toolset = self._validate(Toolset, document.get("toolset", {}), place, ("toolset",))
        tools = {name: self._tool(name, table, place) for name, table in self._tables("tools", document, place)}
        workflows = {
            name: self._validate(Workflow, table, place, ("workflows", name))
            for name, table in self._tables("workflows", document, place)
        }
        removed = {
            name: self._validate(Removed, table, place, ("removed", name))
            for name, table in self._tables("removed", document, place)
        }
        if toolset:
            self.toolsets[file.stem] = toolset
            self.removed[file.stem] = {name: one for name, one in removed.items() if one}
            self.tools[file.stem] = {name: tool for name, tool in tools.items() if tool}
            self.workflows[file.stem] = {name: workflow for name, workflow in workflows.items() if workflow}

    def _tables(self, section: str, document: dict[str, Any], file: str) -> Iterable[tuple[str, Any]]:
        tables = document.get(section, {})
        if isinstance(tables, dict):
            return tables.items()
        self.mistakes.append(Mistake(file, "", section, f"must be tables, one a tool: [{section}.NAME]"))
        return ()

    def _tool(self, name: str, table: Any, file: str) -> Tool | None:
        if isinstance(table, dict) and isinstance(table.get("operation"), str):
            self.claimed.add(table["operation"])
        tool = self._validate(Tool, table, file, ("tools", name))
        if tool:
            self.claimed |= {one.operation for one in tool.also}
        return tool

    def _validate(self, model: type[T], table: Any, file: str, parents: tuple[str, ...]) -> T | None:
        try:
            return model.model_validate(table)
        except ValidationError as error:
            for problem in error.errors():
                *inner, key = [str(part) for part in problem["loc"]] or [""]
                reason = problem["msg"].removeprefix("Value error, ")
                if problem["type"] == "extra_forbidden":
                    reason = "unknown key" + nearest(key, _keys(model, inner))
                elif problem["type"] == "missing":
                    reason = "is missing"
                self.mistakes.append(Mistake(file, ".".join((*parents, *inner)), key, reason))
            return None


def _keys(model: type[BaseModel], inner: list[str]) -> Iterable[str]:
    """The keys that the table at this place may have."""
    match inner:
        case []:
            return model.model_fields
        case ["params", *_]:
            return (WorkflowParam if model is Workflow else Param).model_fields
        case ["also", _]:
            return Spelling.model_fields
        case ["also", _, "params", *_]:
            return Param.model_fields
        case ["result"]:
            return Result.model_fields
        case ["effect"]:
            return [field.alias or name for name, field in Effect.model_fields.items()]
        case _:
            return ("path", "is", "type", "say", "reason")


def _rules(curation: Curation) -> Iterable[Mistake]:
    """What holds for all toolsets together: names, aliases, lengths."""
    owners: dict[str, str] = {}
    sets: dict[str, str] = {}
    known = curation.by_name
    removed = {name for tables in curation.removed.values() for name, one in tables.items() if one.operation}
    for toolset, tools in curation.tools.items():
        workflows = curation.workflows[toolset]
        file = curation.file(f"{toolset}.toml")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", toolset):
            yield Mistake(file, "", "", "a toolset's file is named in snake_case")
        if toolset in MODULES:
            yield Mistake(file, "", "", f"hbmcp_tools has a module {toolset} that is no toolset: take another name")
        for key, used in [("", toolset), *(("aliases", alias) for alias in curation.toolsets[toolset].aliases)]:
            if used in sets:
                yield Mistake(file, "toolset", key, f"{used!r} is already a name of {sets[used]}")
            sets.setdefault(used, toolset)
        named: list[tuple[str, str, Tool | Workflow]] = [
            *(("tools", *item) for item in tools.items()),
            *(("workflows", *item) for item in workflows.items()),
        ]
        for section, name, tool in named:
            table = f"{section}.{name}"
            for key, used in [("", name), *(("aliases", alias) for alias in tool.aliases)]:
                if not TOOL_NAME.fullmatch(used) or len(used) > MAX_NAME:
                    reason = f"{used!r} is not verb_noun in at most {MAX_NAME} characters"
                    yield Mistake(file, table, key, reason)
                elif used in owners:
                    yield Mistake(file, table, key, f"{used!r} is already a name of {owners[used]}")
                owners.setdefault(used, f"{name} in {file}")
            if not tool.description.endswith("."):
                yield Mistake(file, table, "description", "must end with a full stop")
            if len(SENTENCE_END.findall(tool.description)) > MAX_SENTENCES:
                yield Mistake(file, table, "description", f"is longer than {MAX_SENTENCES} sentences")
            if isinstance(tool, Workflow):
                yield from _parts(curation, toolset, name, tool, removed)
                continue
            cause = tool.result.cause
            if cause and cause not in known:
                reason = f"there is no tool {cause!r}{nearest(cause, known)}"
                yield Mistake(file, f"{table}.result", "cause", reason)
            elif cause and known[cause].risk != "read":
                yield Mistake(file, f"{table}.result", "cause", f"{cause} is no read")
            for key, spelling in zip(("operation", *["also"] * len(tool.also)), tool.spellings, strict=True):
                if spelling.operation in curation.excluded:
                    yield Mistake(file, table, key, f"{spelling.operation!r} is excluded in {EXCLUDED}")
    names = {name for section in (curation.tools, curation.workflows) for tables in section.values() for name in tables}
    yield from _held_back(curation, names)
    for toolset, tables in curation.removed.items():
        for name, one in tables.items():
            place = (curation.file(f"{toolset}.toml"), f"removed.{name}")
            if name in owners:
                yield Mistake(*place, "", f"{name!r} is a name of {owners[name]}")
            if one.by is not None and one.by not in names:
                yield Mistake(*place, "by", f"there is no tool {one.by!r}{nearest(one.by, names)}")


def _parts(
    curation: Curation, toolset: str, name: str, workflow: Workflow, removed: Container[str]
) -> Iterable[Mistake]:
    """Those that a workflow uses are there, or were removed."""
    known = curation.by_name
    uses = {"uses": workflow.uses, "uses_if_there": workflow.uses_if_there}
    for key, used in [(key, used) for key, names in uses.items() for used in names]:
        reason = ""
        if used in removed:
            continue
        if used not in known:
            reason = f"there is no tool {used!r}{nearest(used, known)}"
        elif workflow.risk == "read" and known[used].risk != "read":
            reason = f"a read can't use {used}, whose risk is {known[used].risk}"
        elif key == "uses_if_there" and used in workflow.uses:
            reason = f"{used} is in `uses` too"
        elif key == "uses_if_there" and known[used].risk != "read":
            reason = f"{used} isn't a read: it can't be done without"
        if reason:
            yield Mistake(curation.file(f"{toolset}.toml"), f"workflows.{name}", key, reason)


def _held_back(curation: Curation, names: Collection[str]) -> Iterable[Mistake]:
    """What isn't offered by default has a reason: a workflow that uses it, or a tool that is better."""
    used: set[str] = set()
    for toolset, workflows in curation.workflows.items():
        for name, workflow in workflows.items():
            used.update(workflow.uses, workflow.uses_if_there)
            if not workflow.default:
                yield Mistake(
                    curation.file(f"{toolset}.toml"), f"workflows.{name}", "default", "a workflow is always offered"
                )
    for toolset, tools in curation.tools.items():
        for name, tool in tools.items():
            place = (curation.file(f"{toolset}.toml"), f"tools.{name}")
            if tool.instead is None:
                if not tool.default and name not in used:
                    reason = (
                        'false is for what a workflow uses or does better: name that, `instead = "TOOL"`, or move the '
                        "tool to a toolset that isn't on by default"
                    )
                    yield Mistake(*place, "default", reason)
            elif tool.instead not in names:
                reason = f"there is no tool {tool.instead!r}{nearest(tool.instead, names)}"
                yield Mistake(*place, "instead", reason)
            elif tool.default or name in used:
                why = "a workflow uses it" if name in used else "it is offered: write `default = false`"
                yield Mistake(*place, "instead", f"{why}, so nothing is taken instead")
