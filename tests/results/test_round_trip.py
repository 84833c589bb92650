"""Whatever the API could send: what is shown can be read back, and nothing unsafe comes out."""

import unicodedata
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.results import ResultSpec, render
from tests.results.answer_reader import agree, pruned, read

PLAIN = ResultSpec()
VISIBLE = "\n\t\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"

numbers = st.one_of(
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(["0.10", "1E-7", "-0.5", "0.0", "1.0", "-0.0", "12.3400", "1E+56", "10.0"]).map(Decimal),
)
safe = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Lo")) | st.sampled_from(
    "\n\t漢é"
)
texts = st.one_of(
    st.text(safe, max_size=12),
    st.sampled_from(
        ["-", "null", "true", "false", "", " ", "#", "# 1 row", '"', "a b", "[x", "{", "1.50", "007", "+1s", "…"]
    ),
    st.sampled_from(["08:43:28", "a=b", "x,y", "a|b", "\\n", "12:00", ".5", "a.b", "2026-11-22"]),
)
moments = st.datetimes(datetime(2026, 11, 20), datetime(2026, 11, 23)).map(lambda at: f"{at.isoformat()}+00:00")
close = st.integers(0, 200_000_000).map(
    lambda us: f"{(datetime(2026, 11, 22) + timedelta(microseconds=us)).isoformat()}Z"
)
seconds = st.integers(1795337000_0000000, 1795338000_0000000).map(lambda ticks: Decimal(ticks).scaleb(-7))
epochs = st.one_of(seconds, st.integers(1795337000, 1795999999), st.integers(1795337000000, 1795999999999), st.just(0))
keys = st.one_of(
    st.sampled_from(["id", "a.b", "x y", "é", "price", "(s)", "a:b", "k=v", "#"]), st.text(safe, min_size=1, max_size=6)
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
nested = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=5
)
cells = st.one_of(scalars, nested, moments)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    columns: dict[str, st.SearchStrategy[Any]] = {}
    for key in draw(st.lists(keys, min_size=1, max_size=6, unique=True)):
        columns[key] = draw(
            st.sampled_from([cells, scalars, numbers, texts, st.just(draw(scalars)), st.just({"in": 1})])
        )
    for key in draw(
        st.lists(st.sampled_from(["created_at", "updated_at", "timestamp", "close_timestamp"]), unique=True)
    ):
        columns[key] = draw(st.sampled_from([moments, close, epochs, seconds, st.none() | close]))
    shape = st.fixed_dictionaries({}, optional=columns) if draw(st.booleans()) else st.fixed_dictionaries(columns)
    return draw(st.lists(shape.filter(bool), min_size=1, max_size=6))


@settings(max_examples=100)
@given(rows())
def test_what_a_table_shows_can_be_read_back(sent: list[dict[str, Any]]) -> None:
    got = read(render(sent, PLAIN, limit_chars=10**7))
    assert agree([pruned(row) or {} for row in sent], [pruned(row) or {} for row in got])


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from("abc"), scalars), rows(), rows())
def test_tables_inside_an_object_can_be_read_back(around: dict[str, Any], bids: Any, asks: Any) -> None:
    got = read(render({**around, "in x": {"bids": bids}, "asks": asks}, PLAIN, limit_chars=10**7))
    assert agree(around, {key: got[key] for key in around})
    for sent, table in ((bids, got["in x"]["bids"]), (asks, got["asks"])):
        assert agree([pruned(row) or {} for row in sent], [pruned(row) or {} for row in table])


anything = st.recursive(
    st.none()
    | st.booleans()
    | numbers
    | st.text(max_size=20)
    | st.sampled_from(["\x1b[31mred\x1b[0m", "a\u202eb", "\x9b2J"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=80)
@given(anything, st.integers(200, 2_000), st.booleans())
def test_no_control_characters_come_out_and_the_size_is_bounded(answer: Any, limit: int, outside: bool) -> None:
    text = render(answer, ResultSpec(outside=outside, narrow=("limit",)), limit_chars=limit)
    assert len(text) < limit + 600
    assert text
    assert not [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in VISIBLE]
    text.encode()
