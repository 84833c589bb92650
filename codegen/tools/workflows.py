"""Each curated workflow as clients see it. What it does is written by hand, in src/hbmcp/workflows/."""

from functools import partial

from codegen.contract import Schema
from codegen.curation import Curation, CurationError, Mistake, WorkflowParam
from codegen.schema import annotation
from codegen.tools.params import check, limits, literal, time_hint
from codegen.tools.portable import is_portable
from codegen.tools.tool_spec import OF_THE_BRIDGE, ToolParam, WorkflowSpec, repeats


def build_workflows(curation: Curation) -> tuple[WorkflowSpec, ...]:
    """Every curated workflow, by toolset, in the order of the files.

    Raises:
        CurationError: a parameter's table contradicts itself.
    """
    mistakes: list[Mistake] = []
    specs = []
    effects = {name: tool.effect.table() for name, tool in curation.by_name.items() if tool.effect}
    for toolset, workflows in curation.workflows.items():
        for name, workflow in workflows.items():
            place = partial(Mistake, curation.file(f"{toolset}.toml"), f"workflows.{name}.params")
            params = [_param(key, param, place, mistakes) for key, param in workflow.params.items()]
            specs.append(
                WorkflowSpec(
                    name=name,
                    toolset=toolset,
                    service=curation.name,
                    title=workflow.title,
                    description=workflow.description,
                    risk=workflow.risk,
                    find=tuple(workflow.find),
                    aliases=tuple(workflow.aliases),
                    default=workflow.default,
                    acts_on_many=workflow.acts_on_many,
                    previews=workflow.previews,
                    repeats=any(repeats(effects.get(name, {})) for name in workflow.uses),
                    params=tuple(sorted(params, key=lambda param: not param.required)),
                    uses=tuple(workflow.uses),
                    uses_if_there=tuple(workflow.uses_if_there),
                    hands_over=workflow.hands_over,
                )
            )
    if mistakes:
        raise CurationError(mistakes)
    return tuple(specs)


def _param(name: str, param: WorkflowParam, place: partial[Mistake], mistakes: list[Mistake]) -> ToolParam:
    def wrong(reason: str) -> None:
        mistakes.append(place(name, reason))

    if not is_portable(name) or name in OF_THE_BRIDGE:
        wrong("can't be the name of a parameter: not a free Python identifier of ASCII letters")
    if param.base and name != "trading_pair":
        wrong("`base` is of a trading_pair")
    is_time = param.type == "time"
    schema = _of_type("string" if is_time else param.type)
    if param.type == "array":
        schema["items"] = _of_type(param.items) | ({"enum": param.enum} if param.enum else {})
    elif param.enum:
        schema["enum"] = param.enum
    schema |= limits(param, schema)
    default = None
    if "default" in param.model_fields_set:
        check("default", param.default, schema, wrong)
        schema["default"] = param.default
        default = literal(param.default, schema)
    required = bool(param.required)
    description = param.description or (time_hint(name) if is_time else None)
    return ToolParam(name, schema, required, annotation(schema), default, description, is_time, param.base)


def _of_type(kind: str) -> Schema:
    """A value of a type; an object is free-form."""
    return {"type": kind} | ({"additionalProperties": {}} if kind == "object" else {})
