"""Contracts and overrides in, the files of generated/ out: the whole pipeline, in memory."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from codegen import fingerprints, render, tools
from codegen.client import ClientSpec, Fallback, read_client, render_client
from codegen.contract import Contract, Schema, dumps
from codegen.curation import SERVICE, Curation, CurationError, Mistake
from codegen.output_schema import named, output_schema
from codegen.tools import ToolSpec

ROOT = Path(__file__).parent.parent
PINNED = ROOT / "codegen/contract/hummingbot-api.openapi.json"
OVERRIDES = ROOT / "overrides"
GENERATED = ROOT / "generated"
RUN_TIME = ROOT / "src"

Step = Callable[[str], None]  # is told what is being done


@frozen
class Made:
    """What is made of one API, not yet text."""

    contract: Contract
    curation: Curation
    client: ClientSpec
    tools: tuple[ToolSpec, ...]
    manifest: dict[str, Any]


@frozen
class Generated:
    """What regen writes (path relative to generated/ -> text), and what its report needs."""

    files: dict[str, str]
    tools: tuple[ToolSpec, ...]
    manifest: dict[str, Any]
    fallbacks: tuple[Fallback, ...]


def make(contract: Contract, curation: Curation, step: Step = lambda _: None) -> Made:
    """The typed client and the tools of one API.

    Raises:
        CurationError: an override is wrong.
        ContractError: the contract has something that no client can express.
    """
    if curation.mistakes:
        raise CurationError(curation.mistakes)
    step(f"Parsing the contract for the typed client {curation.package}")
    client = read_client(contract, tools.docs(contract, curation), curation.package)
    step(f"Building {sum(map(len, curation.tools.values()))} tools")
    specs = tools.build(contract, curation, client)
    manifest = tools.manifest(contract, curation, specs, tools.build_workflows(curation))
    return Made(contract, curation, client, specs, manifest)


def generate(
    contract: Contract, curation: Curation, step: Step = lambda _: None, *, others: Sequence[Made] = ()
) -> Generated:
    """Everything that generated/ holds: of the Hummingbot API, and of other services. Raises as `make` does."""
    return whole(make(contract, curation, step), others, step)


def whole(ours: Made, others: Sequence[Made] = (), step: Step = lambda _: None) -> Generated:
    """Everything that generated/ holds. Raises CurationError for a service without an address."""
    step("Rendering")
    manifest = tools.joined(ours.manifest, [one.manifest for one in others])
    files = tools.render_manifest(manifest)
    for one in (ours, *others):
        files |= render_client(one.client) | tools.render_tools(one.tools, one.curation)
    files["hummingbot_api/openapi.json"] = dumps(ours.contract.document)
    files["hbmcp_tools/services.json"] = json.dumps(dict(map(_service, others)), ensure_ascii=False, indent=1) + "\n"
    files["hbmcp_tools/fingerprints.py"] = Path(fingerprints.__file__).read_text(encoding="utf-8")
    files["hbmcp_tools/fingerprints.json"] = _lines(fingerprints.fingerprints(ours.contract.document))
    outputs = [entry for one in (ours, *others) for entry in _outputs(one).items()]
    files["hbmcp_tools/outputs.json"] = _lines(dict(outputs))
    specs = tuple(spec for one in (ours, *others) for spec in one.tools)
    return Generated(files, specs, manifest, tuple(said for one in (ours, *others) for said in one.client.fallbacks))


def _service(made: Made) -> tuple[str, dict[str, str]]:
    """What the run time knows of a service, in the form that src/hbmcp/services.py describes."""
    told = made.curation.service
    url = (told and told.url) or made.contract.address
    if told is None or url is None:
        reason = "is missing, and the contract's servers don't say it either"
        raise CurationError([Mistake(made.curation.file(SERVICE), "", "url", reason)])
    header = {"header": told.header} if told.header else {}
    return made.curation.name, {"title": told.title, "url": url.rstrip("/"), **header}


def _outputs(made: Made) -> dict[str, Schema]:
    """Tool -> the schema of what the API answers it, for reads of which the contract says it; of what a workflow
    answers, its names."""
    contract = made.contract
    reads = {one.name: contract.operations[one.operation].response for one in made.tools if one.risk == "read"}
    found = {name: output_schema(response, contract.schemas) for name, response in reads.items()}
    workflows = [item for tables in made.curation.workflows.values() for item in tables.items()]
    found |= {name: named(one.answer) for name, one in workflows if one.answer}
    return {name: schema for name, schema in found.items() if schema}


def _lines(table: Mapping[str, Any]) -> str:
    """A line for each entry, so that a diff shows which one changed."""
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items()) + "\n}\n"


def write(generated: Generated, folder: Path, step: Step = lambda _: None) -> None:
    """Write the files into an empty folder, formatted and proved to import."""
    step(f"Formatting {len(generated.files)} files")
    render.write(generated.files, folder)
    step("Importing every module")
    render.prove(folder, RUN_TIME)
