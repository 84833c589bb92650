"""A declared function as a tool of the catalog."""

from dataclasses import replace
from typing import Any

from hbmcp.catalog import ADDING, DISCOVERY, PLUGINS, Catalog, Effect, Tool
from hbmcp.plugins.registry import Declared
from hbmcp.plugins.running import runner
from hbmcp.plugins.signature import BadSignature, Signature

__all__ = ["BadSignature", "tool"]

# What each effect is called among the tools.
RISKS: dict[Effect, str] = {
    "opens": "trade",
    "reduces": "trade",
    "cancels": "trade",
    "moves": "trade",
    "configures": "write",
    "reprices": "write",
    "stops": "destructive",
    "unprotects": "destructive",
    "runs_code": "destructive",
}
# What differs from the protocol's defaults (not read-only, destructive).
HINTS: dict[str, dict[str, bool]] = {"read": {"readOnlyHint": True}, "write": {"destructiveHint": False}}


def tool(declared: Declared, every: Catalog) -> Tool:
    """The tool. It may ask all reads, and plan whatever shows and takes no credential. Raises BadSignature."""
    if declared.wrong:
        raise BadSignature(declared.wrong)
    signature = Signature.of(declared.function)
    if declared.effect in ADDING and not signature.says:
        raise BadSignature("it doesn't say what it returns: declare -> Plan where it returns one")
    name = signature.name
    if whose := _taken_by(name, every):
        raise BadSignature(f"there is a tool of that name, which is {whose}")
    risk = "read" if declared.effect is None else RISKS[declared.effect]
    made = Tool(
        name=name,
        definition=_definition(signature, risk),
        toolset=PLUGINS,
        risk=risk,
        aliases=(),
        default=True,
        times=(),
        uses_if_there=_parts(every, reads=declared.effect is None),
        effect={} if declared.effect is None else {"is": declared.effect},
    )
    return replace(made, function=runner(declared, signature, made))


def _taken_by(name: str, every: Catalog) -> str:
    """Whose a name is; "" while it is nobody's."""
    known = every.names.get(name)
    if known is not None and known.toolset == PLUGINS:
        return "another plugin's"
    return "hbmcp's own" if known or name in (*every.absent, *every.removed, *DISCOVERY) else ""


def _definition(signature: Signature, risk: str) -> dict[str, Any]:
    """What tools/list sends."""
    schema = signature.schema
    if risk != "read":
        of_the_bridge = {"preview": {"type": "boolean"}, "again": {"type": "boolean"}}
        schema = {**schema, "properties": {**schema["properties"], **of_the_bridge}}
    return {
        "name": signature.name,
        "description": signature.description,
        "inputSchema": schema,
        "annotations": {
            "title": signature.name.replace("_", " ").capitalize(),
            **HINTS.get(risk, {}),
        },
    }


def _parts(every: Catalog, *, reads: bool) -> tuple[str, ...]:
    return tuple(
        one.name
        for one in every.tools.values()
        if not one.is_workflow and (one.only_looks if reads else one.risk != "secret")
    )
