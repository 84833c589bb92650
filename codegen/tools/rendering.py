"""ToolSpecs -> the text of generated/hbmcp_tools."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from codegen.client.shapes import PACKAGE
from codegen.curation import Curation
from codegen.templating import environment
from codegen.tools.tool_spec import ToolSpec


def render_manifest(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The files beside those of the toolsets: path relative to generated/ -> text, not yet formatted."""
    return {
        "hbmcp_tools/__init__.py": environment("tools").get_template("__init__.py.jinja").render(api=manifest["api"]),
        "hbmcp_tools/py.typed": "",
        "hbmcp_tools/manifest.json": _manifest_text(manifest),
    }


def render_tools(tools: Sequence[ToolSpec], curation: Curation) -> dict[str, str]:
    """The files of an API's toolsets, likewise."""
    template = environment("tools").get_template("toolset.py.jinja")
    files = {}
    for name, toolset in curation.toolsets.items():
        members = [tool for tool in tools if tool.toolset == name]
        absent = [one for one in curation.absent if one.toolset == name and not one.is_workflow]
        imports = _imports(members, curation.package)
        files[f"hbmcp_tools/{name}.py"] = template.render(
            toolset=toolset, tools=members, absent=absent, imports=imports, whose=curation.whose
        )
    return files


def _imports(tools: Sequence[ToolSpec], package: str) -> list[str]:
    """All that the functions could need; ruff takes out what they don't."""
    lines = {
        "from decimal import Decimal",
        "from typing import Any, Literal",
        f"from {PACKAGE}.request import Request",
    }
    for tool in tools:
        lines |= tool.imports
        lines.add(f"from {package}.api import {tool.module} as {tool.module}_api")
    return sorted(lines)


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    """One line per tool: small, and a diff shows which tool changed."""
    head = {key: value for key, value in manifest.items() if key != "tools"}
    tools = ",\n".join(json.dumps(tool, ensure_ascii=False, separators=(",", ":")) for tool in manifest["tools"])
    return json.dumps(head, ensure_ascii=False, indent=1)[:-2] + f',\n "tools": [\n{tools}\n]}}\n'
