"""The tables of overrides/*.toml, each as it is validated by itself."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

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
MAX_NAME = 40

_PLACE = re.compile(r"(?<=\{)[^}]*(?=\})")


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
    taken `if_there` is left out where a contract hasn't it, and the tool stays. A read's trading_pair or trading_pairs
    that may be a `base` alone, ETH, means the pair that the exchange, its connector_name, has of it in dollars.
    """

    to: str | None = None
    fixed: Any = None
    hidden: bool = False
    wrap: Literal["list"] | None = None
    time: Literal["s", "ms", "iso"] | None = None
    null: Literal["sent", "absent"] | None = None
    if_there: bool = False
    base: bool = False

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


class Elsewhere(_Table):
    """What of an answer another tool shows: where it stands, and the sentence that says so where anything does."""

    path: str
    say: str


class Result(_Table):
    """How an answer is shown; src/hbmcp/results/result_spec.py says what each key does."""

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
    window: bool = False
    extremes: list[str] | None = Field(default=None, min_length=2, max_length=2)
    elsewhere: Elsewhere | None = None
    outside: bool | None = None
    cause: str | None = None

    def table(self) -> dict[str, Any]:
        """As it goes into the manifest."""
        return self.model_dump(by_alias=True, exclude_unset=True)


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


class Named(_Table):
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


def _both(param: Param | None, other: Param) -> Param:
    """A parameter's table, with what another spelling of its operation has of it."""
    return other if param is None else param.model_copy(update=_given(other))


def _given(param: Param) -> dict[str, Any]:
    return {name: getattr(param, name) for name in param.model_fields_set}


def placeless(operation: str) -> str:
    """What a contract calls the places of a path doesn't matter."""
    return _PLACE.sub("", operation)


def _spelling(value: Any) -> Any:
    """`also = ["GET /v2/orders"]` is short for `also = [{ operation = "GET /v2/orders" }]`."""
    return {"operation": value} if isinstance(value, str) else value


class Tool(Named):
    """One tool over one operation, which other versions of the API spell otherwise. `paper` says why the paper exchange
    hasn't it, unless a route answers there: "the paper exchange has no POST /x: …". One that isn't `default` is used by
    a workflow, has another tool to be taken `instead`, or is needed by few, `because` of what these words say."""

    operation: str
    also: list[Annotated[Spelling, BeforeValidator(_spelling)]] = []
    paper: str | None = Field(default=None, min_length=1)
    instead: str | None = None
    because: str | None = Field(default=None, min_length=1)
    effect: Annotated[Effect | None, BeforeValidator(_effect)] = Field(default=None, validate_default=True)
    timeout: float | None = Field(default=None, gt=0, le=3600)
    params: dict[str, Param] = {}
    result: Result = Result()

    @property
    def spellings(self) -> list[Spelling]:
        """All of them, the first one preferred."""
        return [Spelling(operation=self.operation), *self.also]

    def spelled(self, operation: str) -> Self:
        """The same, known by this operation too."""
        if placeless(operation) in {placeless(one.operation) for one in self.spellings}:
            return self
        return self.model_copy(update={"also": [*self.also, Spelling(operation=operation)]})

    def as_in(self, there: Mapping[str, str]) -> Self:
        """The tool as a contract spells it, whose operations these are, by what they are without names of places; as it
        stands, where none of them is its own."""
        for one in self.spellings:
            if key := there.get(placeless(one.operation)):
                spelling = self._with_places(one, key)
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

    def _with_places(self, spelling: Spelling, key: str) -> Spelling:
        """The same where only the places of its path have other names."""
        ours = {param.to or name: name for name, param in (self.params | spelling.params).items()}
        pairs = zip(_PLACE.findall(spelling.operation), _PLACE.findall(key), strict=True)
        renamed = {ours.get(was, was): Param(to=now) for was, now in pairs if was != now}
        params = {name: _both(spelling.params.get(name), to) for name, to in renamed.items()}
        return Spelling(operation=key, params=spelling.params | params)

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


class WorkflowAnswer(_Table):
    """The names in the answer of a workflow that reads, for programs: `members` of an object, and the columns of its
    `tables`, by the member that holds them; or the columns of its `rows`. No contract has them."""

    members: list[str] = []
    tables: dict[str, list[str]] = {}
    rows: list[str] = []


class Workflow(Named):
    """A tool that src/hbmcp/workflows/TOOLSET/NAME.py carries out by calling other tools: those in `uses`, without
    which it can't, and those in `uses_if_there`, without which it knows less, and says so. A read that `hands_over`
    has a person change something: who may only read isn't offered it."""

    uses: list[str] = []
    uses_if_there: list[str] = []
    hands_over: bool = False
    params: dict[str, WorkflowParam] = {}
    answer: WorkflowAnswer | None = None

    @model_validator(mode="after")
    def _only_a_read_answers_programs(self) -> Self:
        if self.answer and self.risk != "read":
            raise ValueError("`answer` names what programs get, and only a read answers them")
        return self

    @model_validator(mode="after")
    def _only_a_read_hands_over(self) -> Self:
        if self.hands_over and self.risk != "read":
            raise ValueError("only a read has use for `hands_over`: who may only read isn't offered others anyway")
        return self


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
    """A name that was a tool's. `by` is the tool that took its place, `but` what of it that one doesn't do, in a few
    words, and `operation` that which it had. Workflows may go on naming it: one that can't do without it isn't
    offered."""

    by: str | None = None
    but: str | None = Field(default=None, min_length=1)
    operation: str | None = None

    @model_validator(mode="after")
    def _but_of_another(self) -> Self:
        if self.but and not self.by:
            raise ValueError("`but` is of the tool in `by`")
        return self


class Excluded(_Table):
    """Operations that are no tool, each with the reason."""

    operations: dict[str, Annotated[str, Field(min_length=1)]]
