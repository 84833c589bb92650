"""Whatever a plugin's function returns is shown, or told to be nothing that can be."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hbmcp.errors import Failed
from hbmcp.plugins.answers import answer
from hbmcp.results import render


@dataclass
class Data:
    value: Any


@frozen
class Attrs:
    value: Any


class Model(BaseModel):
    value: Any


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(),
        st.characters(categories=["Cs", "Cc"]),
        st.binary(),
        st.datetimes(timezones=st.just(dt.UTC)),
        st.timedeltas(),
        st.uuids(),
        st.builds(object),
    ),
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(st.text() | st.integers() | st.none(), inner),
        st.lists(inner).map(tuple),
        *(inner.map(kind) for kind in (Data, Attrs)),
        inner.map(lambda one: Model(value=one)),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_whatever_is_returned_is_shown_or_told(value: Any) -> None:
    try:
        found = answer(value, "f")
    except Failed:  # which says so
        return
    text = render(found.value, found.spec)
    assert text
    text.encode()


def test_numbers_keep_their_digits() -> None:
    value = [Data(Decimal("1.10")), Attrs(0.1), Model(value=10**30), {"value": 1e-9}]
    assert render(answer(value, "f").value, answer(value, "f").spec).split("\n")[2:] == [
        "1.10",
        "0.1",
        "1000000000000000000000000000000",
        "0.000000001",
    ]
