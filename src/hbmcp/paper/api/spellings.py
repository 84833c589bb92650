"""Which operations are the same; and what answers one that has no route: that of another spelling, or a refusal with
the curated reason."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache

from attrs import evolve

from hbmcp.catalog import Catalog, Tool
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal, Routes

NOT_IMPLEMENTED = 501


def others(routes: Routes, operations: Iterable[str]) -> Routes:
    """Of those operations that have no route of their own."""
    lacking = [key for key in operations if key not in routes]
    if not lacking:
        return {}
    tools = _tools()
    return {key: _other(key, routes, tools.get(key)) for key in lacking}


def spellings(operation: str) -> Collection[str]:
    """An operation under all names that it is known by."""
    tool = _tools().get(operation)
    return (operation,) if tool is None else tool.spellings


@cache
def _tools() -> Mapping[str, Tool]:
    """Each spelling of an operation -> the first tool that has it."""
    found: dict[str, Tool] = {}
    for tool in Catalog.load().tools.values():
        for operation in tool.spellings:
            found.setdefault(operation, tool)
    return found


def _other(key: str, routes: Routes, tool: Tool | None) -> Handler:
    names = {} if tool is None else tool.spellings
    for operation, there in names.items():
        if operation in routes:
            own = {now: name for name, now in names[key].items()}
            return _renamed(routes[operation], {**there, **{now: there.get(name, name) for now, name in own.items()}})
    return _refusing(f"The paper exchange has no {key}{f': {tool.paper}' if tool is not None and tool.paper else ''}")


def _renamed(handler: Handler, names: Mapping[str, str]) -> Handler:
    """The same, given what it takes by other names."""

    def handle(call: Call) -> Json:
        path, query, body = (
            {names.get(name, name): value for name, value in part.items()} if isinstance(part, Mapping) else part
            for part in (call.path, call.query, call.body)
        )
        return handler(evolve(call, path=path, query=query, body=body))

    return handle


def _refusing(reason: str) -> Handler:
    def refuse(_: Call) -> Json:
        raise Refusal(NOT_IMPLEMENTED, reason)

    return refuse
