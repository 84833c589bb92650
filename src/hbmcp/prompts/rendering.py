"""What prompts/get sends: a prompt's text with what was given."""

from collections.abc import Collection, Mapping

from jinja2 import Environment, StrictUndefined

from hbmcp.errors import BadArguments
from hbmcp.prompts.offered import Offered
from hbmcp.text import named

_TEMPLATES = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def rendered(offered: Offered, given: Mapping[str, str], tools: Collection[str]) -> str:
    """The text for who has these tools. What was given is quoted, so that it stays an argument. Raises BadArguments."""
    prompt = offered.prompt
    told = {name: value.strip() for name, value in given.items() if value.strip()}
    wrong = [f"{name} is needed" for name, one in prompt.arguments.items() if one.required and name not in told]
    wrong += [f"{named(name)} is no argument of it" for name in told if name not in prompt.arguments]
    if wrong:
        raise BadArguments(
            f"{prompt.name} can't be written: {', '.join(wrong)}.",
            "Nothing was done.",
            f"It takes {', '.join(prompt.arguments)}.",
        )
    if offered.off:
        return (
            f"{prompt.title}: {', '.join(offered.off)} {'is' if len(offered.off) == 1 else 'are'} off here. Tell the "
            f"user that {offered.words} must be switched on in hbmcp's settings, and do nothing else."
        )
    quoted = {name: named(told[name]) if name in told else "" for name in prompt.arguments}
    return _TEMPLATES.from_string(prompt.text).render(quoted, tools=tools).strip()
