"""What the lists of tools hold and cost, and README's figures of it: `python -m bench.lists README.md` prints both as
JSON, for `codegen check` and `regen`, which never import the run time, and what the tools of a manifest cost that comes
in, another version's."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill

from bench.tokens import exact, listing
from hbmcp.catalog import Catalog, Tool
from hbmcp.policy.model import default
from hbmcp.policy.offered import offered
from hbmcp.settings import Settings

WIDTH = 150  # of a line of README

_COUNTED = re.compile(r"There\s+are\s+\d+\s+tools,.*?all`\.", re.DOTALL)
_ROW = r"(?m)(?<=^\| %s \| )[^|]*(?= \|)"  # what the table under "Measured" says of hbmcp


def lists(catalog: Catalog) -> Mapping[str, list[Tool]]:
    """What is offered, by how it is asked for."""
    asked: Mapping[str, dict[str, tuple[str, ...]]] = {
        "by default": {},
        "with `--toolsets all`": {"toolsets": ("all",)},
        "with every toolset named": {"toolsets": tuple(catalog.toolsets)},
        "with `--tools all`": {"tools": ("all",)},
    }
    policy = default(on_paper=False)
    return {how: offered(catalog, Settings.model_validate(told), policy).tools for how, told in asked.items()}


def cost(tools: list[Tool]) -> int:
    """Tokens of their list."""
    return listing([tool.definition for tool in tools])


def readme(text: str, catalog: Catalog) -> str:
    """README with the figures that are right."""
    found = lists(catalog)
    usual, every = found["by default"], found["with every toolset named"]
    workflows = sum(tool.is_workflow for tool in catalog.tools.values())
    (first, few), *others = ((how, len(tools)) for how, tools in found.items())
    said = (
        f"There are {len(catalog.tools)} tools, {len(catalog.tools) - workflows} of one operation each and {workflows} "
        f"workflows: {few} are offered {first}, {', '.join(f'{number} {how}' for how, number in others)}."
    )
    if said not in " ".join(text.split()):
        text = _COUNTED.sub(fill(said, WIDTH, break_long_words=False, break_on_hyphens=False), text)
    text = re.sub(_ROW % "tools listed", f"{len(every)} ({len(usual)} by default)", text)
    return re.sub(_ROW % "tokens of the list", f"{cost(every):,} ({cost(usual):,} by default)", text)


def main(page: Path, before: str) -> None:
    """Tokens of each list and of each tool, now and `before`, and the page as it should be."""
    if not exact:
        sys.exit("Tokens can't be counted: install rs-bpe.")
    catalog = Catalog.load()
    told = {
        "lists": {
            how: {"tools": [tool.name for tool in tools], "tokens": cost(tools)}
            for how, tools in lists(catalog).items()
        },
        "tokens": {name: cost([tool]) for name, tool in catalog.tools.items()},
        "toolsets": {name: tool.toolset for name, tool in catalog.tools.items()},
        "before": {
            tool["definition"]["name"]: listing([tool["definition"]])
            for tool in (json.loads(before)["tools"] if before else ())
        },
        "readme": readme(page.read_text(encoding="utf-8"), catalog),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "" if sys.stdin.isatty() else sys.stdin.read())
