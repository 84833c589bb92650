"""What others named stands in a sentence of ours by way of `named`, wherever a sentence is made."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

import hbmcp

SOURCE = Path(hbmcp.__file__).parent
OF_THE_API = ("installation", "workflows", "errors")
ROOMS = (
    *OF_THE_API,
    "approving",
    "bridge",
    "connecting",
    "discovery",
    "policy",
    "prompts",
    "resources",
    "server",
    "watch",
)
# How the code calls what the API, its exchanges or whoever calls a tool gave a name to.
THEIRS = {
    *("account", "account_name", "address", "base", "bot", "bot_name", "chain", "config_name", "connector"),
    *("connector_name", "controller", "controller_name", "exchange", "executor_id", "network", "order_id", "pair"),
    *("pool", "pool_address", "quote", "script", "script_name", "trading_pair"),
}
OR_A_PERSONS = {"currency", "file", "token"}  # elsewhere: of the policy, of this machine, an access token's name


def sentences(source: str) -> Iterator[ast.JoinedStr]:
    """The f-strings with a blank in them: what has none is a name, a path or a key."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            words = "".join(str(one.value) for one in node.values if isinstance(one, ast.Constant))
            if " " in words:
                yield node


def bare(sentence: ast.JoinedStr, theirs: Collection[str] = THEIRS) -> Iterator[str]:
    """What stands in it as others named it."""
    for one in sentence.values:
        if isinstance(one, ast.FormattedValue):
            value = one.value
            name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
            if name in theirs or one.conversion == ord("r"):
                yield ast.unparse(value)


@pytest.mark.parametrize("path", sorted(one for room in ROOMS for one in (SOURCE / room).rglob("*.py")), ids=str)
def test_no_sentence_has_a_name_of_others_as_it_is(path: Path) -> None:
    theirs = THEIRS | OR_A_PERSONS if path.relative_to(SOURCE).parts[0] in OF_THE_API else THEIRS
    found = [one for sentence in sentences(path.read_text()) for one in bare(sentence, theirs)]
    assert not found, f"{path.relative_to(SOURCE)}: {', '.join(found)} without `named`"


def test_that_would_be_seen() -> None:
    (sentence,) = sentences("f'{order.pair} on {connector!r} of {named(account)}, {amount:f} {base}'")
    assert list(bare(sentence)) == ["order.pair", "connector", "base"]
