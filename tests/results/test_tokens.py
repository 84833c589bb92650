"""What an answer costs, against the JSON that the API sent."""

import json
from decimal import Decimal
from typing import Any

import pytest
from rs_bpe.bpe import openai

from bench.samples import compact, order_book, orders
from hbmcp.results import ResultSpec, render
from tests.results.answer_reader import agree, pruned, read


@pytest.mark.parametrize(("answer", "most"), [(orders(50), 0.46), (order_book(50), 0.74)], ids=["orders", "book"])
def test_tokens(answer: Any, most: float) -> None:
    sent = compact(answer)
    exact = json.loads(sent, parse_float=Decimal)
    text = render(exact, ResultSpec())
    tokens = openai.o200k_base()
    assert len(tokens.encode(text)) <= most * len(tokens.encode(sent))
    got = read(text)
    for name, value in exact.items():
        if isinstance(value, list):
            assert agree([pruned(row) for row in value], got[name])
