"""hbmcp over HTTP on paper, with what the conformance suite looks for by name: tools of a plugin, some of which ask a
person; and beside hbmcp's own resources and prompts some of other names that are served the same way.

    python -m tests.conformance.server --port PORT
"""

import os
import sys
from pathlib import Path

from attrs import frozen

from hbmcp.bridge import progress
from hbmcp.cli import main
from hbmcp.prompts.prompt import Argument, Prompt, prompts
from hbmcp.resources import resource

HERE = Path(__file__).parent
REPORT_EVERY = 0.2  # seconds: the suite hears a stream for five


@frozen(slots=False)
class _Resource(resource.Resource):
    """A resource at one of the suite's addresses."""

    @property
    def uri(self) -> str:
        return f"test://{self.path}"


RESOURCES = (
    _Resource("static-text", "Text", "A line of text.", "test_simple_text"),
    _Resource("watched-resource", "Watched", "A line of text that is looked at.", "test_simple_text", every=30),
    _Resource("template/{name}/data", "By its name", "A line of text with a name.", "test_of_template"),
)
PROMPTS = (
    Prompt("test_simple_prompt", "Simple", "A prompt.", "Tell me how things are.", {}),
    Prompt(
        "test_prompt_with_arguments",
        "With arguments",
        "A prompt with arguments.",
        "Tell me how {{ arg1 }} and {{ arg2 }} are.",
        {name: Argument("A word", required=True) for name in ("arg1", "arg2")},
    ),
)


def serve(*arguments: str) -> None:
    """Serve until the process is ended."""
    progress.REPORT_EVERY = REPORT_EVERY
    resource.RESOURCES = (*resource.RESOURCES, *RESOURCES)
    known = prompts()
    assert isinstance(known, dict)
    known.update({one.name: one for one in PROMPTS})
    os.environ["HBMCP_POLICY"] = str(HERE / "policy.toml")
    paper = ("--env-file", "none", "--paper", "--paper-db", ":memory:")
    sys.argv = ["hbmcp", "serve", "--transport", "http", *paper, "--plugin", str(HERE / "plugin.py"), *arguments]
    main()


if __name__ == "__main__":
    serve(*sys.argv[1:])
