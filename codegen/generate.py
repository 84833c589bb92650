"""Contract and overrides in, the files of generated/ out: the whole pipeline, in memory."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from codegen import fingerprints, render, tools
from codegen.client import Fallback, read_client, render_client
from codegen.contract import Contract, Schema, dumps
from codegen.curation import Curation, CurationError
from codegen.output_schema import output_schema
from codegen.tools import ToolSpec

ROOT = Path(__file__).parent.parent
PINNED = ROOT / "codegen/contract/hummingbot-api.openapi.json"
OVERRIDES = ROOT / "overrides"
GENERATED = ROOT / "generated"
RUN_TIME = ROOT / "src"


@frozen
class Generated:
    """What regen writes (path relative to generated/ -> text), and what its report needs."""

    files: dict[str, str]
    tools: tuple[ToolSpec, ...]
    manifest: dict[str, Any]
    fallbacks: tuple[Fallback, ...]


def generate(contract: Contract, curation: Curation, step: Callable[[str], None] = lambda _: None) -> Generated:
    """Everything that generated/ holds; `step` is told what is being done.

    Raises:
        CurationError: an override is wrong.
        ContractError: the contract has something that no client can express.
    """
    if curation.mistakes:
        raise CurationError(curation.mistakes)
    step("Parsing the contract for the typed client")
    client = read_client(contract, tools.docs(contract, curation))
    step(f"Building {sum(map(len, curation.tools.values()))} tools")
    specs = tools.build(contract, curation, client)
    manifest = tools.manifest(contract, curation, specs, tools.build_workflows(curation))
    step("Rendering")
    files = render_client(client) | tools.render_tools(specs, curation, manifest)
    files["hummingbot_api/openapi.json"] = dumps(contract.document)
    files["hbmcp_tools/fingerprints.py"] = Path(fingerprints.__file__).read_text(encoding="utf-8")
    files["hbmcp_tools/fingerprints.json"] = _lines(fingerprints.fingerprints(contract.document))
    files["hbmcp_tools/outputs.json"] = _lines(_outputs(contract, specs))
    return Generated(files, specs, manifest, client.fallbacks)


def _outputs(contract: Contract, specs: Iterable[ToolSpec]) -> dict[str, Schema]:
    """Tool -> the schema of what the API answers it, for reads of which the contract says it."""
    reads = {one.name: contract.operations[one.operation].response for one in specs if one.risk == "read"}
    found = {name: output_schema(response, contract.schemas) for name, response in reads.items()}
    return {name: schema for name, schema in found.items() if schema}


def _lines(table: Mapping[str, Any]) -> str:
    """A line for each entry, so that a diff shows which one changed."""
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items()) + "\n}\n"


def write(generated: Generated, folder: Path, step: Callable[[str], None] = lambda _: None) -> None:
    """Write the files into an empty folder, formatted and proved to import."""
    step(f"Formatting {len(generated.files)} files")
    render.write(generated.files, folder)
    step("Importing every module")
    render.prove(folder, RUN_TIME)
