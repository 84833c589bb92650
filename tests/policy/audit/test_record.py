"""What a line says, and what it must not."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hbmcp.policy.audit import record
from hbmcp.policy.audit.record import LONGEST, LOOKED_AT
from hbmcp.redaction import hide

NAMES = st.sampled_from(["api_key", "secretKey", "passphrase", "private_key", "Mnemonic", "seed", "password"])
SECRET = "s3cr"  # so short that it's known by its name alone
NESTED = st.recursive(
    st.just(SECRET).map(lambda secret: {"api_secret": secret}),
    lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(st.just("inner"), inner, min_size=1),
    max_leaves=3,
)


@given(NAMES, NESTED)
def test_what_has_a_secrets_name_is_masked_wherever_it_stands(name: str, nested: object) -> None:
    given_ = {name: SECRET, "config": nested, "account_name": "main"}
    told = record.arguments(given_, secret=False)
    assert SECRET not in json.dumps(told)
    assert told["account_name"] == "main"


def test_of_a_call_about_credentials_only_the_place_is_shown() -> None:
    told = record.arguments({"account_name": "main", "keys": {"k": SECRET}, "other": SECRET}, secret=True)
    assert told == {"account_name": "main", "keys": "***", "other": "***"}


@given(st.integers(0, 3 * LONGEST))
def test_a_secret_is_masked_before_a_text_is_cut(before: int) -> None:
    hide(["correct-horse-battery"])
    told = record.words("x" * before + " correct-horse-battery")
    assert "correct" not in told
    assert "horse" not in told


def test_figures_keep_their_digits() -> None:
    told = record.arguments({"amount": Decimal("0.10"), "limit": 5, "on": True, "none": None}, secret=False)
    assert told == {"amount": "0.10", "limit": 5, "on": True, "none": None}


def test_a_long_text_can_be_told_from_another() -> None:
    """However long: one word of so many letters took hours to look through."""
    one, other = (record.arguments({"content": "x" * 300_000 + end}, secret=False)["content"] for end in "ab")
    assert one[:LONGEST] == other[:LONGEST]
    assert one != other
    assert len(one) < 2 * LONGEST


@given(st.integers(LOOKED_AT - 40, LOOKED_AT))
def test_of_a_text_that_is_looked_at_in_part_no_half_of_a_secret_is_shown(before: int) -> None:
    told = record.words(("private key: " + "x" * before)[: before - 9] + ' password="one two three"' + "y" * LOOKED_AT)
    assert told.startswith("…(+")
    plain = "z" * 2 * LOOKED_AT
    assert record.words(plain) == f"{plain[:LONGEST]}…(+{len(plain) - LONGEST} characters)"
