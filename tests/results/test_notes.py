"""What is said about an answer."""

from decimal import Decimal

import pytest

from hbmcp.results import ResultSpec, render

PLAIN = ResultSpec()


def test_an_empty_result_says_so_and_why() -> None:
    asked = {"trading_pair": "BTC-USDT", "status": "OPEN", "limit": 5, "cursor": None, "api_key_secret": "s3cret"}
    assert render([], ResultSpec(page="limit"), arguments=asked) == "No rows for trading_pair=BTC-USDT, status=OPEN."
    assert render({"data": []}, ResultSpec(path="data")) == "No rows."
    assert (
        render([], ResultSpec(empty="No orders.", note="N."), arguments={"a": [1]})
        == "No orders. Asked with a=[1].\n\nN."
    )
    assert render(None, PLAIN) == "The API sent no content."
    assert render("", PLAIN) == "The API sent an empty text."
    assert render("\u200b", PLAIN) == r"\u200b"


def test_a_note_on_rows_needs_some() -> None:
    spec = ResultSpec(row_note="Times are of the bot's clock.", empty="None is connected.", note="N.")
    assert render([], spec) == "None is connected.\n\nN."
    assert render([{"a": 1}], spec) == "# 1 row\na\n1\n\nTimes are of the bot's clock.\nN."


def test_a_full_page_says_that_there_may_be_more() -> None:
    spec = ResultSpec(page="limit", narrow=("limit", "start_time"))
    answer = [{"a": 1}, {"a": 2}]
    assert render(answer, spec, arguments={"limit": 2}).endswith(
        "\n\n2 rows are all that limit=2 lets through: there may be more. Raise limit or narrow with start_time."
    )
    assert "there may be more" in render(answer, spec, page_default=2)
    assert "more" not in render(answer, spec, arguments={"limit": 3}, page_default=2)


@pytest.mark.parametrize(
    ("narrow", "way"), [((), "That is the most at once."), (("limit", "start_time"), "Narrow with start_time.")]
)
def test_a_limit_at_its_maximum_is_not_to_be_raised(narrow: tuple[str, ...], way: str) -> None:
    spec = ResultSpec(page="limit", narrow=narrow)
    text = render([{"a": 1}, {"a": 2}], spec, arguments={"limit": 2}, page_most=2)
    assert text.endswith(f"2 rows are all that limit=2 lets through: there may be more. {way}")
    assert "Raise limit" in render([{"a": 1}, {"a": 2}], spec, arguments={"limit": 2}, page_most=3)


def test_more_rows_than_asked_for_are_not_said_to_be_let_through() -> None:
    text = render([{"a": n} for n in range(5)], ResultSpec(page="limit"), arguments={"limit": 2})
    assert text.endswith("\n\nThe API sent 5 rows, more than limit=2 asks for: there may be more. Raise limit.")
    assert "lets through" not in text


@pytest.mark.parametrize("rows", range(4))
def test_less_than_a_page_is_all_there_is(rows: int) -> None:
    assert "more" not in render([{"a": n} for n in range(rows)], ResultSpec(page="limit"), page_default=4)


def test_a_record_says_its_window_and_since_when_there_is_data() -> None:
    spec = ResultSpec(page="limit", window=True)
    rows = [{"timestamp": "2026-11-30T08:00:00+00:00"}, {"timestamp": "2026-11-29T07:00:00.123+00:00"}]
    first = "2026-11-29T07:00:00Z"
    assert render(rows, spec).endswith(f"Window: all until now; the oldest recorded is of {first}.")
    since = {"start_time": "2026-11-28", "end_time": "2026-12-01"}
    window = f"Window: 2026-11-28T00:00:00Z until 2026-12-01T00:00:00Z; the oldest here is of {first}."
    assert render(rows, spec, arguments=since).endswith(window)
    assert f"the oldest here is of {first}" in render(rows, spec, arguments={"limit": 2})
    assert render([{"a": 1}], spec).endswith("Window: all until now.")
    assert "Window" not in render([], spec)


def test_what_another_tool_shows_is_told_where_there_is_any() -> None:
    spec = ResultSpec(path="lines", elsewhere={"path": "errors", "say": "It has errors, too."})
    for lines in ([{"a": 1}], []):
        assert render({"lines": lines, "errors": [{"msg": "no"}]}, spec).endswith("\n\nIt has errors, too.")
        for none in ({"errors": []}, {}, {"errors": None}):
            assert "errors" not in render({"lines": lines, **none}, spec)


def test_the_highest_and_the_lowest_of_all_rows_are_said_also_of_those_that_are_cut() -> None:
    spec = ResultSpec(extremes=("high", "low"), newest_last=True)
    rows = [{"high": 5 + n % 7, "low": Decimal("0.10") + n % 3} for n in range(900)]
    text = render(rows, spec, limit_chars=400)
    assert "Of all 900: highest high 11, lowest low 0.10." in text
    assert len(text.splitlines()) < 100
    for odd in ([{"high": 5}], [{"high": None, "low": 1}], ["x"], [{"high": "5", "low": "x"}], []):
        assert "Of all" not in render(odd, spec)
