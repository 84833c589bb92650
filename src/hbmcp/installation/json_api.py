"""Answers in the form of JSON:API: resources, each with attributes, and with the ids of those that it is related to."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.installation.answer_fields import Fields, record, text
from hummingbot_api.request import Json


@frozen
class Resource:
    """One of them. `related` has the id of each that it has one of."""

    id: str
    attributes: Mapping[str, Any]
    related: Mapping[str, str]


def resource(value: Json) -> Resource:
    """A reading of one."""
    fields = Fields(value)
    found = fields.known("relationships", record) or {}
    ids = {name: _id(one) for name, one in found.items()}
    attributes = fields.needed("attributes", record)
    return Resource(fields.needed("id", text), attributes, {name: one for name, one in ids.items() if one})


def _id(relationship: Json) -> str | None:
    linked = relationship.get("data") if isinstance(relationship, dict) else None
    found = linked.get("id") if isinstance(linked, dict) else None
    return found if isinstance(found, str) else None
