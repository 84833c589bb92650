"""What a plugin's function returns -> an answer as workflows give it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mcp.types import AudioContent, EmbeddedResource, ImageContent, ResourceLink, TextContent, TextResourceContents
from pydantic_core import PydanticSerializationError, to_json

from hbmcp.errors import Failed
from hbmcp.results.answer import Answer
from hbmcp.results.paths import Json
from hbmcp.text import visible

BLOCKS = (TextContent, ImageContent, AudioContent, EmbeddedResource, ResourceLink)
NOTHING = "It returned nothing."


def answer(returned: Any, name: str, undone: str = "") -> Answer:
    """Text stands as it is, all else as JSON; of the protocol's blocks of content the texts come first, as text. Raises
    Failed for what can't be shown, which says what was left undone, or not."""
    if isinstance(returned, Answer):
        return returned
    if returned is None or (isinstance(returned, str) and not visible(returned)):
        return Answer(NOTHING)
    blocks = list(returned) if isinstance(returned, list | tuple) else [returned]
    if blocks and all(isinstance(one, BLOCKS) for one in blocks):
        texts = [one.text for one in blocks if isinstance(one, TextContent)]
        content = tuple(_block(one) for one in blocks if not isinstance(one, TextContent))
        return Answer("\n".join(texts) if texts or not content else None, content=content)
    try:
        return Answer(as_json(returned))
    except (PydanticSerializationError, ValueError, RecursionError):
        raise Failed(
            f"{name} returned what can't be shown, of type {type(returned).__name__}.",
            undone,
            "Its author must return text, numbers, lists, dicts, dataclasses or an Answer.",
        ) from None


def as_json(value: Any) -> Json:
    """The value as JSON whose numbers have all their digits."""
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    if isinstance(value, Mapping):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(one) for one in value]
    if hasattr(value, "__attrs_attrs__"):
        from attrs import asdict

        return as_json(asdict(value, recurse=False))
    return json.loads(to_json(value), parse_float=Decimal)


def _block(block: Any) -> dict[str, Any]:
    """A block of content as it is sent, its text without what can't be seen."""
    shown: dict[str, Any] = block.model_dump(by_alias=True, exclude_none=True, mode="json")
    if isinstance(block, EmbeddedResource) and isinstance(block.resource, TextResourceContents):
        shown["resource"]["text"] = visible(block.resource.text)
    return shown
