"""Types of Python as schemas that all clients take, and back."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from hbmcp.arguments import Checker
from hbmcp.catalog import Tool
from hbmcp.errors import BadArguments
from hbmcp.plugins.signature import Signature
from tests.codegen.generated_tools import assert_portable


class Side(enum.Enum):
    BUY = "BUY"
    SELL = "SELL"


class Leg(BaseModel):
    """A leg."""

    pair: str
    amount: Decimal = Field(gt=0, description="Base units")
    side: Side = Side.BUY


class Tree(BaseModel):
    value: int
    children: "list[Tree]" = []


class Named(TypedDict):
    name: str


SCHEMAS: list[tuple[Any, dict[str, Any]]] = [
    (str, {"type": "string"}),
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (Decimal, {"type": "number"}),
    (Any, {}),
    (dict, {"type": "object", "additionalProperties": {}}),
    (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    (list[str], {"type": "array", "items": {"type": "string"}}),
    (tuple[int, str], {"type": "array", "items": {}, "minItems": 2, "maxItems": 2}),
    (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
    (Literal[1, 3], {"type": "integer", "minimum": 1, "maximum": 3, "description": "One of 1, 3"}),
    (Side, {"type": "string", "enum": ["BUY", "SELL"]}),
    (Optional[Decimal], {"type": "number"}),  # noqa: UP045
    (int | str, {"type": "integer"}),
    (list[int] | str, {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "string"}]}),
    (dt.datetime, {"type": "string"}),
    (Annotated[int, Field(ge=1, lt=5, description="How many")], {
        "type": "integer", "minimum": 1, "maximum": 4, "description": "How many",
    }),
    (Annotated[Decimal, Field(gt=0)], {"type": "number", "minimum": 1e-18}),
    (Named, {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}),
    (Leg, {
        "type": "object",
        "description": "A leg.",
        "properties": {
            "pair": {"type": "string"},
            "amount": {"type": "number", "minimum": 1e-18, "description": "Base units"},
            "side": {"type": "string", "enum": ["BUY", "SELL"], "default": "BUY"},
        },
        "required": ["pair", "amount"],
    }),
]  # fmt: skip


def signature(of: Any, default: Any = ...) -> Signature:
    async def takes(x: Any) -> Any:
        """Takes."""
        return x

    takes.__annotations__ = {"x": of}
    takes.__defaults__ = None if default is ... else (default,)
    return Signature.of(takes)


@pytest.mark.parametrize(("of", "schema"), SCHEMAS)
def test_a_type_is_shown_so(of: Any, schema: dict[str, Any]) -> None:
    assert signature(of).schema == {"type": "object", "properties": {"x": schema}, "required": ["x"]}


def test_what_contains_itself_is_free_from_the_second_level_on() -> None:
    inner = signature(Tree).schema["properties"]["x"]["properties"]["children"]["items"]
    assert inner["type"] == "object"
    assert_portable(signature(Tree).schema)


@pytest.mark.parametrize("default", [None, "1.5"])
def test_a_default_makes_an_argument_optional(default: Any) -> None:
    shown = {"type": "number"} | ({} if default is None else {"default": "1.5"})
    assert signature(Decimal | None, default).schema == {"type": "object", "properties": {"x": shown}}


SIMPLE = st.sampled_from([str, int, bool, float, Decimal, Any, Side, Leg, Tree, Named, Literal["a", 1], dt.date, bytes])
TYPES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        inner.map(lambda one: list[one]),  # type: ignore[valid-type]
        inner.map(lambda one: dict[str, one]),  # type: ignore[valid-type]
        inner.map(lambda one: set[one] if one in (str, int) else tuple[one, ...]),  # type: ignore[valid-type]
        inner.map(Optional.__getitem__),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1] if Any not in two else Any),
        inner.map(lambda one: Annotated[one, Field(description="What it is")]),
    ),
    max_leaves=4,
)


@given(TYPES)
def test_any_type_gives_a_schema_that_all_clients_take(of: Any) -> None:
    assert_portable(signature(of).schema)


def taken(of: Any, value: Any) -> Any:
    """What the function is given of what a client sends."""
    made = signature(of)
    tool = Tool("takes", {"inputSchema": made.schema}, "plugins", "read", (), True, ())
    return made.taken(Checker(tool).check({"x": value}))["x"]


@pytest.mark.parametrize(
    ("of", "sent", "got"),
    [
        (int, "3", 3),
        (int, 3.0, 3),
        (Decimal, "0.10", Decimal("0.10")),
        (Decimal, 0.1, Decimal("0.1")),
        (float, 0.5, 0.5),
        (str, 7, "7"),
        (Side, "buy", Side.BUY),
        (list[str], "one", ["one"]),
        (dt.date, "2026-12-01", dt.date(2026, 12, 1)),
        (Leg, {"pair": "BTC-USDT", "amount": "0.50"}, Leg(pair="BTC-USDT", amount=Decimal("0.50"))),
        (Leg, '{"pair": "BTC-USDT", "amount": 1}', Leg(pair="BTC-USDT", amount=Decimal(1))),
    ],
)
def test_arguments_are_taken_as_they_were_meant(of: Any, sent: Any, got: Any) -> None:
    found = taken(of, sent)
    assert found == got
    assert type(found) is type(got)


@pytest.mark.parametrize(("of", "sent"), [(dt.date, "soon"), (Literal[1, 3], 2), (Leg, {"pair": "x"})])
def test_what_a_type_refuses_is_told(of: Any, sent: Any) -> None:
    with pytest.raises(
        BadArguments, match=r"takes can't take these arguments:\n- x[^\n]*\nNothing was sent"
    ) as refused:
        taken(of, sent)
    assert "pydantic" not in str(refused.value)
