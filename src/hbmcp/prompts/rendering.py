"""What prompts/get sends: a prompt's text with what was given."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import count

from jinja2 import Environment, StrictUndefined

from hbmcp.arguments.problems import SHOWN, unknown
from hbmcp.errors import BadArguments
from hbmcp.prompts.offered import Offered
from hbmcp.prompts.prompt import Prompt
from hbmcp.text import named, quoted

_TEMPLATES = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_STEP = re.compile(r"^- ", re.MULTILINE)


def rendered(offered: Offered, given: Mapping[str, str], tools: Collection[str]) -> str:
    """The text for who has these tools. What was given is quoted, so that it stays an argument. Raises BadArguments."""
    prompt = offered.prompt
    if offered.off:
        return (
            f"{prompt.title}: {', '.join(offered.off)} {'is' if len(offered.off) == 1 else 'are'} off here. Tell the "
            f"user that {offered.words} must be switched on in hbmcp's settings, and do nothing else."
        )
    told = _read(prompt, {name: value.strip() for name, value in given.items() if value.strip()})
    said = {name: told.get(name, one.default) for name, one in prompt.arguments.items()}
    quotes = {name: named(value) if value else "" for name, value in said.items()}
    text = _TEMPLATES.from_string(prompt.text).render(quotes, tools=tools).strip()
    number = count(1)
    about, first, steps = text.partition("\n- ")
    return f"{about}{_everywhere(prompt, quotes)}{_STEP.sub(lambda _: f'{next(number)}. ', first + steps)}"


def _everywhere(prompt: Prompt, quotes: Mapping[str, str]) -> str:
    """What holds for every step; "" for nothing."""
    found = [f"{name} {quotes[name]}" for name, one in prompt.arguments.items() if one.everywhere and quotes[name]]
    if not found:
        return ""
    return f"\nIn every call that takes them: {', '.join(found)}. Where none does, keep to these."


def _read(prompt: Prompt, given: Mapping[str, str]) -> dict[str, str]:
    """What was given, as it was meant. Raises BadArguments, with all that is wrong of it."""
    read = {name: prompt.arguments[name].read(value) for name, value in given.items() if name in prompt.arguments}
    told = {name: value for name, value in read.items() if value is not None}
    problems = {name: unknown(name, prompt.arguments) for name in given if name not in prompt.arguments}
    for name, one in prompt.arguments.items():
        if one.required and name not in given:
            problems[name] = f"missing; expected {one.expected}"
        elif name in given and name not in told:
            problems[name] = f"expected {one.expected}, got {quoted(given[name], SHOWN)}"
        elif one.under is not None and not _rises(told.get(name), told.get(one.under)):
            problems[name] = f"expected a price below {one.under}, got {told[name]}"
    if problems:
        lines = "\n".join(f"- {named(name)}: {problem}" for name, problem in problems.items())
        raise BadArguments(
            f"{prompt.name} can't take these arguments:\n{lines}\n",
            "Nothing was done.",
            "Correct them and pick it again.",
        )
    return told


def _rises(low: str | None, high: str | None) -> bool:
    """Whether one price is below another, as far as they can be compared: two numbers, or two percentages."""
    if low is None or high is None or low.endswith("%") != high.endswith("%"):
        return True
    return Decimal(low.removesuffix("%").strip()) < Decimal(high.removesuffix("%").strip())
