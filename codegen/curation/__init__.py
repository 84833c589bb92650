"""overrides/*.toml: what people say of the operations, read and validated.

A toolset is a file. A tool over one operation is a table `[tools.NAME]`; one over several, written by hand in
src/hbmcp/workflows/, is `[workflows.NAME]`. A folder of another service's name holds the same for that one, and its
service.toml. CONTRIBUTING.md explains every key by example. Reading collects all mistakes at once, each with its file,
table, key and, where one is near, the name that was meant.

- `tables` says what each table may hold, `curation` what all of them are together.
- `reading` reads the files; `rules` are what all tables together must keep, `coverage` what they and the contract must.
"""

from codegen.curation.coverage import audit, unaccounted, vanished
from codegen.curation.curation import EXCLUDED, SERVICE, Curation
from codegen.curation.mistake import CurationError, Mistake
from codegen.curation.reading import UNREADABLE, read
from codegen.curation.rules import TOOL_NAME
from codegen.curation.tables import (
    MAX_NAME,
    EffectName,
    Param,
    Removed,
    Risk,
    Spelling,
    Tool,
    Toolset,
    Workflow,
    WorkflowAnswer,
    WorkflowParam,
)

__all__ = [
    "EXCLUDED",
    "MAX_NAME",
    "SERVICE",
    "TOOL_NAME",
    "UNREADABLE",
    "Curation",
    "CurationError",
    "EffectName",
    "Mistake",
    "Param",
    "Removed",
    "Risk",
    "Spelling",
    "Tool",
    "Toolset",
    "Workflow",
    "WorkflowAnswer",
    "WorkflowParam",
    "audit",
    "read",
    "unaccounted",
    "vanished",
]
