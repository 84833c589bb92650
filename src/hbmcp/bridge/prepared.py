"""A tool, ready to be called: all that its calls have in common."""

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hbmcp.arguments import Checker
from hbmcp.arguments.checker import NOTHING
from hbmcp.bridge.outcome import Outcome
from hbmcp.catalog import Tool
from hbmcp.errors import BadArguments
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results import ResultSpec, render
from hbmcp.results.answer import Answer
from hbmcp.results.output_schema import answers_programs
from hbmcp.text import one_line
from hummingbot_api.client import Response
from hummingbot_api.request import Json, Request

if TYPE_CHECKING:
    from hbmcp.results.structured import Output


class Prepared:
    """A tool with its checker and its spec of results. `build` makes the request, or is the workflow; `listed_by` is
    the checker's."""

    def __init__(self, tool: Tool, listed_by: Mapping[str, str] = NOTHING) -> None:
        module = f"hbmcp.workflows.{tool.toolset}.{tool.name}" if tool.is_workflow else f"hbmcp_tools.{tool.toolset}"
        self.tool = tool
        self.checker = Checker(tool, listed_by)
        self.build: Callable[..., Any] = tool.function or getattr(import_module(module), tool.name)
        self.result = ResultSpec.from_table(tool.result)
        page = tool.schema.get("properties", {}).get(self.result.page, {}) if self.result.page else {}
        self._page = {"page_default": page.get("default"), "page_most": page.get("maximum")}

    def request(self, given: Mapping[str, Any]) -> Request[Any]:
        """The request of a tool over one operation. Raises BadArguments."""
        return built(self.tool, partial(self.build, **given))

    async def plan(self, installation: Installation, given: Mapping[str, Any]) -> Plan:
        """What a call of it would send; of a tool over one operation its request. Raises CallError."""
        if self.tool.is_workflow:
            plan: Plan = await self.build(installation, **given)
            return plan
        planned = PlannedRequest.plain(self.tool, self.request(given), given)
        flags = [name for name, value in given.items() if value is True]
        properties = self.tool.schema["properties"]
        said = [f"{name}: {words}." for name in flags if (words := properties[name].get("description"))]
        return Plan(Answer(" ".join((f"Would be sent: {planned.words}.", *said))), (planned,))

    def shown(self, answer: Json, spec: ResultSpec, *, structured: bool = False, **about: Any) -> Outcome:
        """An answer as text, or `structured` for a program, if the tool has an outputSchema; `about` is as
        hbmcp.results.render has it."""
        if not (structured and answers_programs(self.tool)):
            return Outcome(render(answer, spec, speaks=self.tool.is_workflow, **about), False)
        said = self._output.of(answer, spec, **about)
        return Outcome(said.line, False, structured=said.content)

    async def response_shown(
        self, response: Response[Any], given: Mapping[str, Any], *, structured: bool = False
    ) -> Outcome:
        """The same, of the API's response to a call with these arguments."""
        show = partial(self.shown, response.raw, self.result, structured=structured, arguments=given, **self._page)
        return await asyncio.to_thread(show) if response.large else show()

    @cached_property
    def _output(self) -> "Output":
        from hbmcp.results.structured import Output

        return Output(self.tool)


def built(tool: Tool, build: Callable[[], Request[Any]]) -> Request[Any]:
    """Raises BadArguments for what makes no request."""
    try:
        return build()
    except ValueError as error:
        raise BadArguments(
            f"{tool.name} can't take these arguments: {one_line(str(error))}",
            "Nothing was sent.",
            "Correct them and call it again.",
        ) from None
