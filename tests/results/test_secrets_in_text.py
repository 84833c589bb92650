"""Secrets in the lines of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.results import ResultSpec, render
from hbmcp.results.secrets_in_text import scrubbed

KEYS = st.text("abcdefXYZ0123456789-_", min_size=8)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('info | Updating apiKeys.helius with value: "k, 1"', "info | Updating apiKeys.helius with value: ***"),
        ('set retries with value: 3\nnext line: "x"', 'set retries with value: ***\nnext line: "x"'),
        ("'jupiter.apiKey' set to \"K\"", "'jupiter.apiKey' set to ***"),
        ("Solana: Block #3 - http://127.0.0.1:1/?api-key=TOP", "Solana: Block #3 - http://127.0.0.1:1/***"),
        ("(https://mainnet.example.io/v3/abcdef), then", "(https://mainnet.example.io/***), then"),
        ("wss://user:pw@host:1", "wss://***@host:1"),
        ("https://user:pw@host/v2/KEY", "https://host/***"),
        ("at https://localhost:15888", "at https://localhost:15888"),
        ("no wallet for provided private key: 0xe9a...", "no wallet for provided private key: ***"),
        ("Cannot set a.nodeURL to x/k: JSON schema violation.", "Cannot set a.nodeURL to ***: JSON schema violation."),
        ('{"privateKey":"abc","x":1} passphrase=foo', '{"privateKey":***,"x":1} passphrase=***'),
        ("2026-03-01 09:10:04 | info | Getting all wallets", "2026-03-01 09:10:04 | info | Getting all wallets"),
    ],
)  # fmt: skip
def test_what_stands_beside_tells_a_secret(line: str, shown: str) -> None:
    assert scrubbed(line) == shown


@given(KEYS, st.sampled_from(['x.apiKey with value: "{}"', "https://node.example/v2/{}", "wss://n.example?api-key={}"]))
def test_no_key_is_left(key: str, line: str) -> None:
    assert key not in scrubbed(line.format(key))


@pytest.mark.parametrize("word", ["secret", "api_key-", "secret "])
def test_a_name_without_a_value_is_read_once(word: str) -> None:
    text = word * 200_000  # from each of the words anew it would take hours
    assert scrubbed(text) == text
    assert scrubbed(f"{text}=x") == f"{text}=***"


def test_a_result_names_the_texts_that_hold_some() -> None:
    spec = ResultSpec(path="logs", scrub=("logs", "rows.*.error"))
    assert render({"logs": 'a with value: "key"\nb'}, spec) == "a with value: ***\nb"
    rows = {"rows": [{"error": "x with value: key"}, {"error": None}]}
    assert "key" not in render(rows, spec)
