"""How many tokens a model pays for a text."""

import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

_UNSEEN = ("outputSchema", "_meta", "icons", "execution")  # parts of a tool that no client shows to its model


def counter() -> tuple[Callable[[str], int], bool]:
    """A function that counts tokens, and whether it counts (o200k, with rs-bpe) or estimates."""
    try:
        openai = import_module("rs_bpe.bpe").openai
    except ImportError:
        return lambda text: -(-len(text) // 4), False
    encoding = openai.o200k_base()
    return lambda text: len(encoding.encode(text)), True


def shown(definitions: Iterable[Mapping[str, Any]]) -> str:
    """A list of tools as a model is shown it: compact JSON, sorted, for the SDK sends keys in an order of its own."""
    seen = [{key: value for key, value in one.items() if key not in _UNSEEN} for one in definitions]
    return json.dumps(seen, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
