"""make conformance: the official suite's server scenarios against hbmcp over HTTP, and the report in docs/.

    python -m tests.conformance FOLDER      where npm has installed node and the suite

Exits with 1 where something fails that hbmcp declares, or something passes that it says it doesn't do.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any

import yaml
from attrs import frozen

ROOT = Path(__file__).parent.parent.parent
REPORT = ROOT / "docs/conformance.md"
REVISIONS = ("2025-11-25", "2026-07-28")
PACKAGE = "node_modules/@modelcontextprotocol/conformance"
WARM_UP = "server-stateless"  # which hears a stream for half a second, when a first call loads what calls need
PASSES = ("SUCCESS", "INFO", "SKIPPED")


@frozen
class Gap:
    """What hbmcp doesn't do."""

    what: str
    why: str
    checks: tuple[str, ...]


@frozen
class Came:
    """What a scenario came to: how many checks passed, and which didn't; `scored` where the revision requires it."""

    scenario: str
    passed: int
    failed: tuple[str, ...]
    scored: bool

    def unlisted(self, listed: frozenset[str]) -> list[str]:
        """The checks that fail and aren't known to."""
        if not self.scored or self.scenario in listed:
            return []
        return [name for check in self.failed if (name := f"{self.scenario}:{check}") not in listed]


class Suite:
    """The suite as npm installed it."""

    def __init__(self, folder: Path) -> None:
        self._node = folder / "node_modules/.bin/node"
        self._package = folder / PACKAGE
        self.version: str = json.loads((self._package / "package.json").read_text())["version"]

    def run(self, address: str, *arguments: str) -> dict[str, list[dict[str, Any]]]:
        """Scenario -> its checks."""
        with tempfile.TemporaryDirectory() as out:
            command = [str(self._node), str(self._package / "dist/index.js"), "server", "--url", address, "-o", out]
            subprocess.run([*command, *arguments], stdout=subprocess.DEVNULL, check=False)
            found = sorted(Path(out).glob("server-*/checks.json"))
            return {_scenario(one): json.loads(one.read_text()) for one in found}

    def came(self, address: str, revision: str) -> list[Came]:
        """Each scenario of a revision, those that it requires first."""
        found = self.run(address, "--requirements", revision)
        required = yaml.safe_load((self._package / f"requirements/{revision}.yaml").read_text())["server"]
        if missing := set(required) - found.keys():
            raise SystemExit(f"The suite ran no {', '.join(sorted(missing))} of {revision}.")
        order = [*required, *sorted(found.keys() - set(required))]
        return [_came(name, found[name], scored=name in required) for name in order]


def _scenario(checks: Path) -> str:
    """ "server-tools-list-2026-11-30T17-36-20-524Z" -> "tools-list" """
    return checks.parent.name.removeprefix("server-")[: -len("-2026-11-30T17-36-20-524Z")]


def _came(scenario: str, checks: list[dict[str, Any]], *, scored: bool) -> Came:
    failed = tuple(dict.fromkeys(one["id"] for one in checks if one["status"] not in PASSES))
    return Came(scenario, sum(one["status"] == "SUCCESS" for one in checks), failed, scored)


@contextmanager
def server() -> Iterator[str]:
    """The address of a server that has what the suite looks for."""
    with tempfile.TemporaryDirectory() as state:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.conformance.server", "--port", "0"],
            cwd=ROOT,
            env={**os.environ, "XDG_DATA_HOME": state, "XDG_CONFIG_HOME": state, "LOG_LEVEL": "CRITICAL"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stderr is not None
        try:
            said = next(line for line in process.stderr if "serves at " in line)
            yield said.split("serves at ")[1].split(",")[0]
        finally:
            process.terminate()
            process.communicate(timeout=30)


def gaps() -> list[Gap]:
    """As not_declared.toml lists them."""
    tables = tomllib.loads(Path(__file__).with_name("not_declared.toml").read_text(encoding="utf-8"))["not_declared"]
    return [Gap(one["what"], one["why"], tuple(one["checks"])) for one in tables]


def wrong(results: dict[str, list[Came]], known: list[Gap]) -> Iterator[str]:
    """What fails that is declared, and what passes that isn't."""
    listed = frozenset(check for gap in known for check in gap.checks)
    still = set()
    for revision, came in results.items():
        for one in came:
            yield from (f"{revision}: {check} fails" for check in one.unlisted(listed))
            still |= {one.scenario} if one.failed else set()
            still |= {f"{one.scenario}:{check}" for check in one.failed}
    yield from (f"{check} is listed as not declared, and passes" for check in sorted(listed - still))


def report(version: str, results: dict[str, list[Came]], known: list[Gap]) -> str:
    """docs/conformance.md."""
    listed = frozenset(check for gap in known for check in gap.checks)
    scenarios = dict.fromkeys(one.scenario for came in results.values() for one in came if one.scored)
    by_name = {revision: {one.scenario: one for one in came} for revision, came in results.items()}
    rows = [
        f"| `{name}` | {' | '.join(_cell(by_name[one].get(name), listed) for one in results)} |" for name in scenarios
    ]
    missing = [f"- **{gap.what}**: {_quoted(gap.checks)}. {gap.why}" for gap in known]
    unscored = {one.scenario: not one.failed for came in results.values() for one in came if not one.scored}
    passing, failing = (sorted(name for name, good in unscored.items() if good is wanted) for wanted in (True, False))
    template = Template(Path(__file__).with_name("report.md").read_text(encoding="utf-8"))
    return template.substitute(
        version=version,
        total=sum(one.passed for came in results.values() for one in came if one.scored),
        revisions=" | ".join(results),
        rows="\n".join(["| --- |" + " --- |" * len(results), *rows]),
        missing="\n".join(missing),
        unscored=f"{_quoted(passing)} (pass), {_quoted(failing)} (fail)",
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(came: Came | None, listed: frozenset[str]) -> str:
    if came is None:
        return ""
    if came.scenario in listed and came.failed:
        return "not declared"
    known = f", {len(came.failed)} not declared" if came.failed else ""
    return f"{came.passed}{known}" if not came.unlisted(listed) else "**fails**"


def main(folder: Path) -> int:
    """Run, write the report, say what is wrong."""
    suite, known = Suite(folder), gaps()
    with server() as address:
        suite.run(address, "--scenario", WARM_UP, "--spec-version", REVISIONS[-1])
        results = {revision: suite.came(address, revision) for revision in REVISIONS}
    REPORT.write_text(report(suite.version, results, known), encoding="utf-8")
    problems = list(wrong(results, known))
    for problem in problems:
        print(problem)
    scored = [one for came in results.values() for one in came if one.scored]
    print(f"{sum(one.passed for one in scored)} checks passed, {len(problems)} problems; see docs/conformance.md")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
