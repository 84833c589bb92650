"""Reasons of the API, in words: what test_http_answers doesn't see at the end of an error."""

from hbmcp.errors.reasons import from_exchange, in_words, tidy

REQUEST = "Error executing request GET http://10.0.0.1:8090/a. HTTP status is 503. Error: "
BUSY = '{"code": -1000, "msg": "Busy, \\"later\\"."}'


def test_every_answer_of_an_exchange_is_told_and_what_stands_around_it_stays() -> None:
    told = 'the exchange answered HTTP 503: Busy, \\"later\\". (code -1000)'
    assert in_words(f"first {REQUEST}{BUSY} then {REQUEST}{BUSY}\nlast") == f"first {told} then {told}\nlast"


def test_an_answer_in_another_shape_is_told_as_it_is() -> None:
    assert in_words(f"{REQUEST}<html>Oops</html>") == "the exchange answered HTTP 503: <html>Oops</html>"
    assert from_exchange(f"x: {REQUEST}")
    assert not from_exchange("Error executing request GET http://10.0.0.1:8090/a: no answer")


def test_an_address_with_something_invisible_in_it_is_removed_whole() -> None:
    assert in_words("at http://user:pass\u200bword@host/path now") == "at (address) now"


def test_only_what_is_quoted_has_a_greatest_length() -> None:
    assert tidy("x" * 5000) == "x" * 700 + "…"
    assert in_words("x" * 5000) == "x" * 5000


def test_what_an_answer_repeats_is_read_once() -> None:
    blanks = " " * 1_000_000  # from each of them, or from each beginning, it would take hours
    assert tidy(f"a{blanks}b \n For further information visit https://a.example c") == "a b c"
    beginning = " [type=a, input_value=" * 100_000
    assert tidy(beginning).startswith("[type=a")
    assert tidy("not good [type=int, input_value='x', input_type=str]") == "not good"
