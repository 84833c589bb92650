"""What a plugin's function returns -> an answer as workflows give it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from attrs import evolve
from mcp.types import (
    AudioContent,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from hbmcp.errors import Failed
from hbmcp.installation.plan import Plan
from hbmcp.results.answer import Answer
from hbmcp.results.paths import Json
from hbmcp.text import visible

BLOCKS = (TextContent, ImageContent, AudioContent, EmbeddedResource, ResourceLink)
_CONTENT: TypeAdapter[Any] = TypeAdapter(ContentBlock)
MOST_CONTENT = 5_000_000  # characters of all blocks that aren't text, as they are sent
NOTHING = "It returned nothing."


def answer(returned: Any, name: str, undone: str = "") -> Answer:
    """Text stands as it is, all else as JSON; of the protocol's blocks of content the texts come first, as text. Raises
    Failed for what can't be shown, which says what was left undone, or not."""
    if isinstance(returned, Plan):
        raise Failed(
            f"{name} returned a Plan, and isn't declared to.",
            undone or "Nothing was sent.",
            "Its author must declare -> Plan, and an effect in place of reads=True.",
        )
    try:
        found = _answer(returned)
        size = sum(len(json.dumps(one)) for one in found.content)
    except Exception:  # of its own types' code, too
        raise Failed(
            f"{name} returned what can't be shown, of type {type(returned).__name__}.",
            undone,
            "Its author must return text, numbers, lists, dicts, dataclasses or an Answer.",
        ) from None
    if size > MOST_CONTENT:
        raise Failed(
            f"{name} returned content of {size:,} characters, and at most {MOST_CONTENT:,} are shown.",
            undone,
            "Its author must make it smaller.",
        )
    return found


def _answer(returned: Any) -> Answer:
    """Raises whatever it likes for what is none."""
    if isinstance(returned, Answer):
        _refuse_endless(returned.content)
        content = tuple(_block(_CONTENT.validate_python(one)) for one in returned.content)
        return evolve(returned, value=as_json(returned.value), content=content)
    if returned is None or (isinstance(returned, str) and not visible(returned)):
        return Answer(NOTHING)
    blocks = list(returned) if isinstance(returned, list | tuple) else [returned]
    if blocks and all(isinstance(one, BLOCKS) for one in blocks):
        texts = [one.text for one in blocks if isinstance(one, TextContent)]
        content = tuple(_block(one) for one in blocks if not isinstance(one, TextContent))
        return Answer("\n".join(texts) if texts or not content else None, content=content)
    return Answer(as_json(returned))


def as_json(value: Any) -> Json:
    """The value as JSON whose numbers have all their digits."""
    if value is None or isinstance(value, str | bool | Decimal):
        return value
    if isinstance(value, int):
        str(value)  # raises ValueError for one that Python doesn't write
        return value
    if isinstance(value, Mapping):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(one) for one in value]
    _refuse_endless(value)
    if hasattr(value, "__attrs_attrs__"):
        from attrs import asdict

        return as_json(asdict(value, recurse=False))
    if is_dataclass(value) and not isinstance(value, type):
        return as_json({one.name: getattr(value, one.name) for one in fields(value)})
    if isinstance(value, BaseModel):
        return as_json(value.model_dump(by_alias=True))
    return json.loads(to_json(value), parse_float=Decimal)


def _refuse_endless(value: object) -> None:
    """Raises TypeError for what may go on without an end."""
    if isinstance(value, Iterator):
        raise TypeError("nobody knows whether it ends")


def _block(block: Any) -> dict[str, Any]:
    """A block of content as it is sent, its text without what can't be seen."""
    shown: dict[str, Any] = block.model_dump(by_alias=True, exclude_none=True, mode="json")
    if isinstance(block, EmbeddedResource) and isinstance(block.resource, TextResourceContents):
        shown["resource"]["text"] = visible(block.resource.text)
    return shown
