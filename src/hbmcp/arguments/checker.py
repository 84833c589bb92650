"""The arguments of one tool, checked against its schema."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from hbmcp.arguments.coercion import closed, fit_object, is_empty
from hbmcp.arguments.exchange_spelling import fit_exchanges
from hbmcp.arguments.json_types import Schema
from hbmcp.arguments.pair_spelling import fit_pairs
from hbmcp.arguments.preview import with_preview
from hbmcp.arguments.problems import told, unknown
from hbmcp.catalog import Tool
from hbmcp.errors import BadArguments
from hbmcp.text import named
from hbmcp.times import to_milliseconds

PROBLEMS_SHOWN = 20
NOTHING: Mapping[str, str] = {}


class Checker:
    """Checks the arguments of one tool; make it once, use it for every call."""

    def __init__(self, tool: Tool, listed_by: Mapping[str, str] = NOTHING) -> None:
        """`listed_by`: an argument -> the tool that lists what it can be."""
        self._tool = tool
        self._listed_by = listed_by
        # Bounds as Decimals, for the arguments are: Decimal and float compare, but don't divide.
        self._schema: Schema = closed(json.loads(json.dumps(tool.schema), parse_float=Decimal))
        self._properties: Mapping[str, Schema] = self._schema.get("properties", {})
        self._validator = Draft202012Validator(self._schema)
        self._echo = tool.risk != "secret"

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments for the tool's function. Raises BadArguments."""
        arguments = with_preview(arguments, self._properties)
        problems = {name: unknown(name, self._properties) for name in arguments if name not in self._properties}
        known = {name: value for name, value in arguments.items() if name in self._properties}
        fitted = fit_object(known, self._schema, "", problems)
        if self._tool.acts_on_many:
            required = self._schema.get("required", ())
            # A filter that was left empty by mistake would widen what is done, to all instead of some.
            filters = [
                name
                for name, rule in self._properties.items()
                if name not in required and "default" not in rule and name not in ("preview", "again")
            ]
            empty = [name for name in filters if name in known and is_empty(known[name])]
            problems |= dict.fromkeys(empty, "is empty: leave it out, or say which")
        fit_exchanges(fitted)
        fit_pairs(fitted, problems, self._tool.bases)
        self._check_times(fitted, problems)
        for error in self._errors(fitted, problems):
            for place, text in told(error, echo=self._echo):
                if not any(place == other or place.startswith((f"{other}.", f"{other}[")) for other in problems):
                    problems[place] = text
        if problems:
            raise self._refusal(problems)
        return fitted

    def _errors(self, fitted: Mapping[str, Any], problems: Mapping[str, str]) -> list[ValidationError]:
        """What the schema does not take. A number that is none has no bounds, and is told of already."""
        try:
            return list(self._validator.iter_errors(fitted))
        except InvalidOperation:
            if not problems:
                raise
            return []

    def _check_times(self, fitted: Mapping[str, Any], problems: dict[str, str]) -> None:
        """Every time can be read, and a period doesn't end before it starts."""
        moments = {}
        for name in self._tool.times:
            try:
                moments[name] = to_milliseconds(fitted.get(name))
            except (ValueError, AttributeError) as error:
                if isinstance(fitted[name], str):
                    problems[name] = str(error)
        start, end = moments.get("start_time"), moments.get("end_time")
        if start is not None and end is not None and start >= end:
            problems["start_time"] = "isn't before end_time (an age such as 24h counts back from now)"

    def _refusal(self, problems: Mapping[str, str]) -> BadArguments:
        lines = "\n".join(f"- {named(place)}: {text}" for place, text in islice(problems.items(), PROBLEMS_SHOWN))
        if len(problems) > PROBLEMS_SHOWN:
            lines += f"\n- and {len(problems) - PROBLEMS_SHOWN} more problems"
        return BadArguments(
            f"{self._tool.name} can't take these arguments:\n{lines}\n",
            "Nothing was sent.",
            f"Correct them and call it again.{self._where(problems)}",
        )

    def _where(self, problems: Mapping[str, str]) -> str:
        """Where to look what an argument can be that is missing or wrong; "" where none is, or nobody knows."""
        return "".join(
            f" {by} has those there are, for {name}." for name, by in self._listed_by.items() if name in problems
        )
