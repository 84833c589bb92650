"""The tools by which the others are reached, as clients see them."""

from collections.abc import Mapping
from typing import Any

from hbmcp.catalog import DISCOVERY, Offer, Tool
from hbmcp.settings.model import Discovery

OWN = FIND, CALL_READ, CALL, ENABLE = DISCOVERY


def own(discovery: Discovery, offer: Offer) -> list[Tool]:
    """Those for an offer. Who may only read has no use for what acts, nor who has all toolsets listed for more."""
    if discovery == "search":
        acts = not all(tool.only_looks for tool in offer.tools)
        return [tool for tool in _SEARCH if acts or tool.name != CALL]
    toolsets = unlisted(offer)
    return [_enabling(toolsets)] if discovery == "toolsets" and toolsets else []


def unlisted(offer: Offer) -> list[str]:
    """The toolsets that have tools within reach which aren't listed."""
    listed = {tool.name for tool in offer.listed}
    return list(dict.fromkeys(tool.toolset for tool in offer.tools if tool.name not in listed))


def _tool(
    name: str, risk: str, title: str, description: str, properties: Mapping[str, Any], hints: Mapping[str, bool]
) -> Tool:
    """The first of the properties is required."""
    definition = {
        "name": name,
        "description": description,
        "inputSchema": {"type": "object", "properties": properties, "required": list(properties)[:1]},
        "annotations": {"title": title, **hints},
    }
    return Tool(name, definition, "discovery", risk, aliases=(), default=True, times=())


_CALLED = {
    "name": {"type": "string", "description": "As find_tools gave it"},
    "arguments": {"type": "object", "description": "Those of that tool", "additionalProperties": {}},
}
_SEARCH = (
    _tool(
        FIND,
        "read",
        "Find tools",
        "Find tools for anything that the listed ones can't do: swaps, liquidity, grids, bots, backtests, funding, "
        "alerts, keys, health. Gives the few that fit best, with how to call them.",
        {"query": {"type": "string", "description": "What it should do, in a few words, or tools' exact names"}},
        {"readOnlyHint": True, "openWorldHint": False},
    ),
    _tool(
        CALL_READ,
        "read",
        "Call a reading tool",
        "Call a tool from find_tools that only reads.",
        _CALLED,
        {"readOnlyHint": True},
    ),
    _tool(
        CALL,
        "trade",
        "Call a tool",
        "Call a tool from find_tools that acts: trades, changes settings, starts, stops. Limits and confirmation are "
        "that tool's own.",
        _CALLED,
        {},
    ),
)


def _enabling(toolsets: list[str]) -> Tool:
    return _tool(
        ENABLE,
        "write",
        "Enable a toolset",
        "Add a toolset's tools to the list of tools, for whatever the listed ones can't do.",
        {"toolset": {"type": "string", "enum": toolsets}},
        {"destructiveHint": False, "idempotentHint": True, "openWorldHint": False},
    )
