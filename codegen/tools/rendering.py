"""ToolSpecs -> the text of generated/hbmcp_tools."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from codegen.curation import Curation
from codegen.templating import environment
from codegen.tools.tool_spec import ToolSpec


def render_tools(tools: Sequence[ToolSpec], curation: Curation, manifest: Mapping[str, Any]) -> dict[str, str]:
    """The files of the tools: path relative to generated/ -> text, not yet formatted."""
    env = environment("tools")
    files = {
        "hbmcp_tools/__init__.py": env.get_template("__init__.py.jinja").render(api=manifest["api"]),
        "hbmcp_tools/py.typed": "",
        "hbmcp_tools/manifest.json": _manifest_text(manifest),
    }
    for name, toolset in curation.toolsets.items():
        members = [tool for tool in tools if tool.toolset == name]
        absent = [one for one in curation.absent if one.toolset == name and not one.is_workflow]
        files[f"hbmcp_tools/{name}.py"] = env.get_template("toolset.py.jinja").render(
            toolset=toolset, tools=members, absent=absent, imports=_imports(members)
        )
    return files


def _imports(tools: Sequence[ToolSpec]) -> list[str]:
    """All that the functions could need; ruff takes out what they don't."""
    lines = {
        "from decimal import Decimal",
        "from typing import Any, Literal",
        "from hummingbot_api.request import Request",
    }
    for tool in tools:
        lines |= tool.imports
        lines.add(f"from hummingbot_api.api import {tool.module} as {tool.module}_api")
    return sorted(lines)


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    """One line per tool: small, and a diff shows which tool changed."""
    head = {key: value for key, value in manifest.items() if key != "tools"}
    tools = ",\n".join(json.dumps(tool, ensure_ascii=False, separators=(",", ":")) for tool in manifest["tools"])
    return json.dumps(head, ensure_ascii=False, indent=1)[:-2] + f',\n "tools": [\n{tools}\n]}}\n'
