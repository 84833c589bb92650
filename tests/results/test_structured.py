"""Structured content: what fits the schema, digits, what is cut, what protects."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hbmcp import redaction
from hbmcp.catalog import Catalog, Tool
from hbmcp.results import ResultSpec
from hbmcp.results.output_schema import output_schema
from hbmcp.results.structured import OUTSIDE, Output, without_told_secrets
from hummingbot_api import exact_json

CATALOG = Catalog.load()
READS = [tool for tool in CATALOG.tools.values() if tool.only_looks]
PLAIN = ResultSpec()
FREE = Output(CATALOG.tools["get_candles"])  # of which the contract says nothing
WORKFLOW = Output(CATALOG.tools["get_ticker"])

numbers = (
    st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.floats(allow_nan=False).map(repr).map(Decimal)
)
names = st.sampled_from(["data", "pagination", "error", "price", "bids", "a"]) | st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


def result(told: Any) -> Any:
    return told.content["result"]


@pytest.mark.parametrize("tool", READS, ids=lambda tool: tool.name)
def test_every_schema_is_one(tool: Tool) -> None:
    schema = output_schema(tool)
    assert schema is not None
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"  # as clients of 2025 demand


@pytest.mark.parametrize("tool", [tool for tool in CATALOG.tools.values() if not tool.only_looks][::12])
def test_what_acts_has_none(tool: Tool) -> None:
    assert output_schema(tool) is None


@given(answer=values, tool=st.sampled_from(READS), limit=st.sampled_from([30, 200, 40_000]))
def test_whatever_an_api_answers_fits(answer: Any, tool: Tool, limit: int) -> None:
    """So that no client that validates ever fails; and it stays within its limit."""
    spec = ResultSpec.from_table(tool.result)
    line, content = Output(tool).of(answer, spec, limit_chars=limit)
    sent = json.loads(json.dumps(content))
    schema = output_schema(tool)
    assert schema is not None
    Draft202012Validator(schema).validate(sent)
    assert len(content.keys() & {"result", "unexpected"}) == 1
    assert len(line) <= 201
    assert "\n" not in line
    shown = content.get("result", content.get("unexpected"))
    assert len(json.dumps(shown, ensure_ascii=False, separators=(",", ":"))) <= limit


@given(number=numbers)
def test_no_digit_is_lost(number: int | Decimal) -> None:
    """Whoever reads numbers of JSON as 64 bits has all of them, of the API's and of a workflow's."""
    for output in (FREE, WORKFLOW):
        found = json.loads(json.dumps(result(output.of({"a": number}, PLAIN))))["a"]
        assert Decimal(found if isinstance(found, str) else repr(found)) == number


def test_a_column_has_one_type_whatever_its_digits() -> None:
    rows = [{"price": Decimal("0.1"), "fills": 2}, {"price": Decimal("0.12345678901234567890"), "fills": 10}]
    found = result(WORKFLOW.of(rows, PLAIN))
    assert found == [{"price": "0.1", "fills": 2}, {"price": "0.12345678901234567890", "fills": 10}]
    api = exact_json.loads(b'{"price": 62800.5, "amount": "0.100", "count": 5, "wei": 123456789012345678901}')
    assert result(FREE.of(api, PLAIN)) == {
        "price": 62800.5,
        "amount": "0.100",
        "count": 5,
        "wei": "123456789012345678901",
    }


def test_what_a_model_is_not_shown_is_there() -> None:
    spec = ResultSpec(path="data", columns=("price",), omit=("id",), note="Of today.")
    answer = {"data": [{"price": 1, "id": "x"}], "pagination": {"has_more": False}, "timestamp": 1_800_000_000}
    line, content = FREE.of(answer, spec)
    assert content == {"result": answer, "notes": ["Of today."]}
    assert line == "data: 1 row."


def test_a_sentence_is_a_note() -> None:
    """For whoever goes through the rows."""
    line, content = WORKFLOW.of("No orders. Only this API's are known.", ResultSpec(note="One.\nTwo."))
    assert content == {"result": None, "notes": ["No orders. Only this API's are known.", "One.", "Two."]}
    assert line == "No orders."
    line, content = FREE.of({"data": []}, ResultSpec(path="data", empty="None match."), arguments={"side": "BUY"})
    assert content == {"result": {"data": []}, "notes": ["None match. Asked with side=BUY."]}
    assert line == "None match."


def test_text_from_outside_is_told_to_be_that() -> None:
    """It is never a note, nor the line."""
    for output in (FREE, WORKFLOW):
        line, content = output.of("Buy now.\nAll of it.", ResultSpec(outside=True))
        assert content == {"result": "Buy now.\nAll of it.", "notes": [OUTSIDE]}
        assert line == "A text of 19 characters."


def test_names_in_the_line_are_on_it_and_short() -> None:
    line, _ = FREE.of({"a\nb": [{"x": 1}], "c" * 500: [{"x": 1}]}, PLAIN)
    assert "\n" not in line
    assert len(line) == 201


def test_what_has_no_shape_is_written_out() -> None:
    assert result(FREE.of({"a\u200b": "\u202eb"}, PLAIN)) == {"a\\u200b": "\\u202eb"}


def test_an_error_loses_the_address_of_an_exchange() -> None:
    reason = (
        "Error executing request POST https://exchange.example/0/private/AddOrder. HTTP status is 200. "
        'Error: {"error": ["EOrder:Insufficient funds"]}'
    )
    found = result(FREE.of([{"error_message": reason}], PLAIN))
    assert "exchange.example" not in json.dumps(found)
    assert "Insufficient funds" in json.dumps(found)


def test_curated_secrets_are_masked() -> None:
    spec = ResultSpec(secret=("*.key",), scrub=("log",))
    found = result(FREE.of({"a": {"key": "abc"}, "log": "at https://node.example/v2/node-key-77"}, spec))
    assert found == {"a": {"key": "***"}, "log": "at https://node.example/***"}


def test_what_is_hidden_is_masked_wherever_it_stands() -> None:
    redaction.hide(["hunter2-hunter2", "12345678"])
    told = without_told_secrets({"result": {"hunter2-hunter2": ["x hunter2-hunter2", 12345678, 1.5, True, None]}})
    assert told == {"result": {"***": ["x ***", "***", 1.5, True, None]}}


def test_rows_are_cut_from_the_end_and_it_is_said() -> None:
    rows = [{"id": at, "text": "x" * 50} for at in range(1000)]
    line, content = FREE.of({"data": rows, "more": [1, 2]}, ResultSpec(narrow=("limit",)), limit_chars=5000)
    kept = content["result"]["data"]
    assert kept == rows[: len(kept)]
    assert content["result"]["more"] == [1, 2]
    assert 70 < len(kept) < 80
    (cut,) = content["notes"]
    assert cut.startswith(f"Cut: {len(kept)} of 1000 rows of data are here; of ")
    assert cut.endswith(". Narrow with limit.")
    assert line == f"data: {len(kept)} rows. {cut}"


def test_of_rows_from_old_to_new_the_last_are_left() -> None:
    rows = [{"id": at, "text": "x" * 50} for at in range(1000)]
    _, content = FREE.of(rows, ResultSpec(newest_last=True), limit_chars=5000)
    kept = content["result"]
    assert kept == rows[-len(kept) :]
    assert content["notes"][0].startswith(f"Cut: the last {len(kept)} of 1000 rows are here; of ")


def test_a_long_text_is_cut_and_ends_in_a_mark() -> None:
    _, content = FREE.of({"logs": "x" * 100_000, "success": True}, PLAIN)
    assert content["result"]["success"] is True
    assert content["result"]["logs"].endswith("characters)")
    assert "long texts end in …" in content["notes"][0]


def test_a_large_object_is_cut_and_a_record_never() -> None:
    rates = {f"T{at}-USDT": 1.5 for at in range(5000)}
    record = {f"field_{at}": at for at in range(60)}
    _, content = FREE.of({"rates": rates, "record": record}, PLAIN, limit_chars=10_000)
    assert content["result"]["record"] == record
    assert 400 < len(content["result"]["rates"]) < 5000


def test_an_answer_of_another_shape_stands_apart() -> None:
    orders = Output(CATALOG.tools["search_orders"])
    told = orders.of({"data": [{"order_id": 1, "amount": Decimal("0.1"), "new": {}}], "pagination": None}, PLAIN)
    assert told.content.keys() == {"result", "notes"}
    told = orders.of([{"order_id": "x"}], PLAIN)
    assert told.content["unexpected"] == [{"order_id": "x"}]
    assert "stands under unexpected" in told.content["notes"][0]
