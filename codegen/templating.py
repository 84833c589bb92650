"""The Jinja environment that both packages of generated/ are laid out with."""

import textwrap
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
WIDTH = 120  # of a line of generated code


def environment(folder: str) -> Environment:
    """The environment of one folder of templates: Python code, so nothing is escaped for HTML."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES / folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters["wrapped"] = _wrapped
    env.filters["first_lower"] = lambda text: text[:1].lower() + text[1:]
    return env


def _wrapped(text: str, indent: int = 4) -> str:
    """A docstring's paragraph, its first line already indented."""
    clean = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = textwrap.wrap(clean, WIDTH - indent - 3, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)
