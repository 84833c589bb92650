"""What the generated tools cost whoever is shown them, and what README says of it. The run time knows which tools it
would offer: it is asked in a process of its own, as `bench.lists` tells."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from codegen.curation import Mistake
from codegen.generate import ROOT, RUN_TIME
from codegen.render import RenderError

EVERY = "with every toolset named"
#: Tokens that a list may cost, by how it is asked for.
CEILINGS: Mapping[str, int] = {"by default": 4_500, EVERY: 16_000}
NAMED = 6  # tools or toolsets in a line
README = "README.md"
MANIFEST = "generated/hbmcp_tools/manifest.json"


@frozen
class Listing:
    """`lists` are the names of the tools that are offered, and the tokens of all, by how they are asked for; `tokens`
    those of each tool, `toolsets` which it is in, and `before` the tokens of those that the last commit has; `readme`
    is that page with what it should say."""

    lists: Mapping[str, Any]
    tokens: Mapping[str, int]
    toolsets: Mapping[str, str]
    before: Mapping[str, int]
    readme: str

    @classmethod
    def of(cls, generated: Path, page: Path) -> "Listing | None":
        """Of a generated folder; None where README isn't there. Raises RenderError with the process's own words."""
        if not page.exists():
            return None
        done = subprocess.run(
            [sys.executable, "-m", "bench.lists", str(page.resolve())],
            input=_committed(page.parent),
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
                elsewhere = "" if how == EVERY else ", move it to a toolset that isn't on by default,"
                reason = (
                    f"cost {tokens:,} tokens, {tokens - most:,} more than the {most:,} that they may. "
                    f"{self._added(names)}By toolset: {self._by_toolset(names)}. Say it shorter, there or in their "
                    f"neighbours{elsewhere} or let a tool of one operation that few need stand back: "
                    f'`default = false` in its table, and `instead = "TOOL"` or `because = "why few need it"`'
                )
                yield Mistake("overrides", "", f"the tools offered {how}", reason)

    def _added(self, names: Sequence[str]) -> str:
        """What of these costs more than in the last commit, where that is known."""
        more = {name: self.tokens[name] - self.before.get(name, 0) for name in names} if self.before else {}
        told = [
            f"{name} ({self.toolsets[name]}) {'+' if name in self.before else ''}{tokens}"
            for name, tokens in Counter(more).most_common(NAMED)
            if tokens > 0
        ]
        return f"Since the last commit: {', '.join(told)}. " if told else ""

    def _by_toolset(self, names: Sequence[str]) -> str:
        sums: Counter[str] = Counter()
        for name in names:
            sums[self.toolsets[name]] += self.tokens[name]
        return ", ".join(f"{toolset} {tokens:,}" for toolset, tokens in sums.most_common(NAMED))

    def changes(self, page: Path) -> bool:
        """Whether that page says something else."""
        return page.read_text(encoding="utf-8") != self.readme

    def write(self, page: Path) -> None:
        """Make it say so."""
        if self.changes(page):
            page.write_text(self.readme, encoding="utf-8")


def _committed(repository: Path) -> str:
    """The manifest of the last commit; nothing where there is none."""
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), "show", f"HEAD:./{MANIFEST}"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout
