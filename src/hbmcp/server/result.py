"""The result of a tools/call, as it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any


def result(
    text: str,
    *,
    is_error: bool,
    content: Sequence[Mapping[str, Any]] = (),
    structured: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Its text, where it has one, what a plugin shows beside it, and what a program reads."""
    texts = [{"type": "text", "text": text}] if text or not content else []
    told = {} if structured is None else {"structuredContent": structured}
    return {"resultType": "complete", "content": [*texts, *content], **told, "isError": is_error}
