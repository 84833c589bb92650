"""Contract + Curation -> the tools in generated/hbmcp_tools.

- `spec` has the one model of a tool, which templates and manifest.json are made of.
- `building` matches each override with its operation: `slots` are the places of a request that it can fill, `params`
  makes what the model is offered, `portable` the names of that, and `filling` the expressions that put its values
  into the request.
- `spellings` are those that other versions of the API have of an operation.
- `workflows` are the tools over several operations: only their definitions are generated.
- `rendering` lays out the files; `sentences` are those that the typed client carries as well.
"""

from codegen.tools.building import build
from codegen.tools.rendering import render_manifest, render_tools
from codegen.tools.sentences import docs
from codegen.tools.spellings import generated_only
from codegen.tools.tool_spec import ToolParam, ToolSpec, joined, manifest
from codegen.tools.workflows import build_workflows

__all__ = [
    "ToolParam",
    "ToolSpec",
    "build",
    "build_workflows",
    "docs",
    "generated_only",
    "joined",
    "manifest",
    "render_manifest",
    "render_tools",
]
