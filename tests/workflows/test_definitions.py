"""Each workflow is what its curation says: the function, its parameters, and the tools that it asks."""

import inspect
from functools import partial
from importlib import import_module
from typing import Any, get_args

import pytest

from codegen.generate import RUN_TIME
from codegen.source_texts import fields_read, with_imported
from hbmcp.catalog import Catalog, Tool
from hbmcp.results.output_schema import output_schema

CATALOG = Catalog.load()
OF_THE_BRIDGE = ("preview", "again")
WORKFLOWS = [pytest.param(tool, id=tool.name) for tool in CATALOG.tools.values() if tool.is_workflow]


def function(tool: Tool) -> Any:
    return getattr(import_module(f"hbmcp.workflows.{tool.toolset}.{tool.name}"), tool.name)


def parameters(function: Any) -> dict[str, inspect.Parameter]:
    """Those after the installation; what several functions take is named once, and each of it can be left out."""
    found: dict[str, inspect.Parameter] = {}
    for name, one in list(inspect.signature(function).parameters.items())[1:]:
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            (named,) = get_args(one.annotation)
            assert not named.__total__
            keyword = partial(inspect.Parameter, kind=inspect.Parameter.KEYWORD_ONLY, default=None)
            found |= {each: keyword(each) for each in named.__annotations__}
        else:
            found[name] = one
    return found


@pytest.mark.parametrize("tool", WORKFLOWS)
def test_the_function_takes_what_the_definition_says(tool: Tool) -> None:
    taken = parameters(function(tool))
    properties = {name: one for name, one in tool.schema["properties"].items() if name not in OF_THE_BRIDGE}
    assert taken.keys() == properties.keys()
    needed = tool.schema.get("required", [])
    for name, parameter in taken.items():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        if name in needed:
            assert parameter.default is inspect.Parameter.empty, name
        else:
            assert parameter.default == properties[name].get("default"), name


@pytest.mark.parametrize("tool", WORKFLOWS)
def test_it_uses_tools_over_one_operation(tool: Tool) -> None:
    used = [CATALOG.tools[name] for name in tool.parts if name not in CATALOG.absent]
    assert not any(part.is_workflow for part in used)
    assert all(part.reads for part in used) or not tool.reads
    assert len(tool.parts) == len(tool.uses) + len(tool.uses_if_there)


READS = [tool for tool in CATALOG.tools.values() if tool.is_workflow and tool.only_looks]
COMPOSED = {  # of two words, in an f-string
    "get_executor": {"bought_amount", "bought_average", "sold_amount", "sold_average", "stop_loss_price"},
    "get_portfolio_performance": {"change_with_unrealized", "profit_with_unrealized"}
    | {"unrealized_pnl_at_start", "unrealized_pnl_at_end"},
}


@pytest.mark.parametrize("tool", [pytest.param(one, id=one.name) for one in READS if one.name != "run_backtest"])
def test_what_programs_are_told_of_is_named_by_its_rooms(tool: Tool) -> None:
    """No name of an answer outlives what made it; run_backtest's are the API's."""
    schema = output_schema(tool)
    assert schema is not None
    result = schema["properties"]["result"]
    members = result.get("properties", {})
    columns = [one["items"].get("properties", {}) for one in (result, *members.values()) if "items" in one]
    module = RUN_TIME / f"hbmcp/workflows/{tool.toolset}/{tool.name}.py"
    read = fields_read(with_imported(module, RUN_TIME, ("hbmcp",))) | COMPOSED.get(tool.name, set())
    assert members.keys() | {name for one in columns for name in one} <= read
