"""Answers that are too long."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.results import ResultSpec, render
from tests.results.answer_reader import agree, read

PLAIN = ResultSpec()


@settings(max_examples=100)
@given(st.integers(1, 400), st.integers(0, 400), st.integers(600, 6_000))
def test_a_cut_keeps_whole_rows_and_says_what_is_missing(first: int, second: int, limit: int) -> None:
    answer = {
        "a": [{"id": f"order {n}", "created_at": f"2026-11-{n % 28 + 1:02}T00:00:00Z"} for n in range(first)],
        "b": [{"id": n, "amount": Decimal(n) / 7} for n in range(second)],
    }
    text = render(answer, ResultSpec(narrow=("limit", "start_time")), limit_chars=limit)
    body, _, remarks = text.partition("\n\n")
    got = read(body)
    assert len(body) <= limit
    for name, sent in answer.items():
        kept = got[name]
        assert agree(sent[: len(kept)], kept)
        assert bool(kept) == bool(sent)
        if len(kept) < len(sent):
            assert f"{len(kept)} of {len(sent)} rows of {name} are shown" in remarks
            assert "Narrow with limit or start_time." in remarks
    if not remarks:
        assert [len(got["a"]), len(got["b"])] == [first, second]


@given(st.integers(1, 400), st.integers(600, 6_000))
def test_rows_that_go_from_old_to_new_lose_the_old_ones(count: int, limit: int) -> None:
    rows = [{"id": n, "created_at": f"2026-11-{n // 20 + 1:02}T{n % 20:02}:00:00Z"} for n in range(count)]
    body, _, remarks = render(rows, ResultSpec(newest_last=True), limit_chars=limit).partition("\n\n")
    kept = read(body)
    assert len(body) <= limit
    assert kept
    assert agree(rows[-len(kept) :], kept)
    if len(kept) < count:
        assert f"the last {len(kept)} of {count} rows are shown" in remarks


def test_a_cut_uses_the_room_it_has() -> None:
    text = render([{"n": n, "text": f"{n}" + "x" * 50} for n in range(1000)], PLAIN, limit_chars=10_000)
    assert 9_500 < len(text) < 10_200


def test_one_long_value_does_not_push_out_the_rows() -> None:
    answer = [{"id": n, "log": "y" * (90_000 if n == 1 else 10)} for n in range(50)]
    text = render(answer, PLAIN)
    assert len(text) < 41_000
    assert "\n49 yyyyyyyyyy" in text
    assert "…(+" in text


def test_what_is_not_a_table_is_cut_with_a_mark() -> None:
    text = render({"content": "z" * 100_000, "pairs": list(range(50_000))}, ResultSpec(narrow=("limit",)))
    assert len(text) < 41_000
    assert "zzz…(+" in text
    assert "items)" in text
    assert "Narrow with limit." in text
    assert len(render({f"k{n}": n for n in range(20_000)}, PLAIN)) < 41_000
    assert render("w" * 50_000, PLAIN, limit_chars=100).startswith("w" * 100 + "…(+49900 characters)")
