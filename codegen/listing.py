"""What the generated tools cost whoever is shown them, and what README says of it. The run time knows which tools it
would offer: it is asked in a process of its own, as `bench.lists` tells."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from codegen.curation import Mistake
from codegen.generate import ROOT, RUN_TIME
from codegen.render import RenderError

#: Tokens that a list may cost, by how it is asked for.
CEILINGS: Mapping[str, int] = {"by default": 4_500, "with every toolset named": 16_000}
LONGEST = 6  # tools in a line
README = "README.md"


@frozen
class Listing:
    """`lists` are the names of the tools that are offered, and the tokens of all, by how they are asked for; `tokens`
    those of each tool; `readme` is that page with what it should say."""

    lists: Mapping[str, Any]
    tokens: Mapping[str, int]
    readme: str

    @classmethod
    def of(cls, generated: Path, page: Path) -> "Listing | None":
        """Of a generated folder; None where README isn't there. Raises RenderError with the process's own words."""
        if not page.exists():
            return None
        done = subprocess.run(
            [sys.executable, "-m", "bench.lists", str(page.resolve())],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": f"{generated.resolve()}{os.pathsep}{RUN_TIME}",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )
        if done.returncode:
            raise RenderError(f"the run time can't list these tools:\n{done.stderr.strip()}")
        return cls(**json.loads(done.stdout))

    def too_long(self) -> Iterator[Mistake]:
        """Lists that cost more than they may."""
        for how, most in CEILINGS.items():
            tokens, names = self.lists[how]["tokens"], self.lists[how]["tools"]
            if tokens > most:
                longest = sorted(names, key=self.tokens.__getitem__, reverse=True)[:LONGEST]
                told = ", ".join(f"{name} {self.tokens[name]}" for name in longest)
                reason = (
                    f"cost {tokens:,} tokens, {tokens - most:,} more than the {most:,} that they may: shorten "
                    f"descriptions, move a tool to a toolset that isn't on by default, let one stand back "
                    f'(`default = false`, `instead = "TOOL"`), or exclude an operation. The longest: {told}'
                )
                yield Mistake("overrides", "", f"the tools offered {how}", reason)

    def changes(self, page: Path) -> bool:
        """Whether that page says something else."""
        return page.read_text(encoding="utf-8") != self.readme

    def write(self, page: Path) -> None:
        """Make it say so."""
        if self.changes(page):
            page.write_text(self.readme, encoding="utf-8")
