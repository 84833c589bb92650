"""What asked only to look, or not only to look, before there was one word for it."""

from collections.abc import Mapping
from typing import Any

from hbmcp.arguments.coercion import fit
from hbmcp.arguments.json_types import Schema

MEANS = {"dry_run": True, "confirm": False}  # what preview is where one of these is true


def with_preview(arguments: Mapping[str, Any], properties: Mapping[str, Schema]) -> dict[str, Any]:
    """The arguments with `preview` in the place of a word for it, where the tool has no other use for that; what says
    two things stays as it is, for a checker to refuse, and so does a model's own word that something is confirmed."""
    given = dict(arguments)
    words = [word for word in MEANS if word in given and word not in properties]
    if "preview" not in properties or "preview" in given or len(words) != 1:
        return given
    said = fit(given[words[0]], {"type": "boolean"}, "", {})
    if isinstance(said, bool) and not (words[0] == "confirm" and said):
        del given[words[0]]
        given["preview"] = said if MEANS[words[0]] else not said
    return given
