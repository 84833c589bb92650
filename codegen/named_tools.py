"""The tools that sentences name: of the curation, the hand-written run time, its tests, and the pages. All of them must
exist."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from codegen.contract import Contract
from codegen.curation import EXCLUDED, Curation, Mistake, Tool, Workflow
from codegen.source_texts import fields_read, texts

RUN_TIME = "src/hbmcp"
TESTS = "tests"
PAGES = ("*.md", "docs/*.md")
HISTORY = "CHANGELOG.md"  # tells of tools that are gone

_WORD = re.compile(r"(?<![\w.:/-])[a-z]+(?:_[a-z0-9]+)+(?![\w(/=-]|\":)")  # no key of JSON
_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
_DEFINED = re.compile(r"(?<=\bdef )\w+")  # by an example, on its page


def unknown_tools(apis: Sequence[tuple[Curation, Contract]], root: Path) -> Iterator[Mistake]:
    """Sentences of a repository that name a tool which isn't there: one that no contract carries, and any name that
    begins as tools do, and is neither one nor a parameter, a field or a module. In tests such names may be made up."""
    curations = [curation for curation, _ in apis]
    tables = [removed for curation in curations for removed in curation.removed.values()]
    absent = {name: one.why for curation in curations for one in curation.absent for name in (one.name, *one.aliases)}
    absent |= {name: "it was removed" for removed in tables for name in removed}
    there = {name for curation in curations for name in _names(curation)}
    verbs = {name.split("_")[0] for name in there}
    others = {name for curation, contract in apis for name in _other_names(curation, contract)}
    modules = list((root / RUN_TIME).rglob("*.py"))
    others |= fields_read(modules) | {module.stem for module in modules}
    others |= {name for _, text in _pages(root) for name in _DEFINED.findall(text)}
    known = there | others | absent.keys()
    curated = [one for curation in curations for one in _sentences(curation)]
    ours = [(place, "", "", text) for place, text in (*_written(root, RUN_TIME), *_prompts(root), *_pages(root))]
    tests = [(place, "", "", text) for place, text in _written(root, TESTS)]
    for file, table, key, text in (*curated, *ours, *tests) if absent else ():
        for word in dict.fromkeys(one for one in _NAME.findall(text) if one in absent):
            yield Mistake(file, table, key, f"names {word}, which isn't offered: {absent[word]}")
    for file, table, key, text in (*curated, *ours):
        for word in dict.fromkeys(one for one in _WORD.findall(text) if one not in known):
            if word.split("_")[0] in verbs:
                yield Mistake(file, table, key, f"names {word}, and there is no such tool")


def _names(curation: Curation) -> set[str]:
    workflows = [item for workflows in curation.workflows.values() for item in workflows.items()]
    return {name for key, one in (*curation.by_name.items(), *workflows) for name in (key, *one.aliases)}


def _other_names(curation: Curation, contract: Contract) -> set[str]:
    """Parameters, values of their enums, and fields."""
    names = set(_fields(contract.document))
    for one in _tables(curation):
        for name, param in one.params.items():
            names |= {name, *(str(value) for value in param.enum or ())}
        if isinstance(one, Tool):
            names.update(one.result.columns or ())
    return names


def _fields(value: Any) -> Iterator[str]:
    """The names of all properties and parameters in a document."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "properties" and isinstance(one, dict):
                yield from one
            elif key == "name" and isinstance(one, str):
                yield one
            yield from _fields(one)
    elif isinstance(value, list):
        for one in value:
            yield from _fields(one)


def _tables(curation: Curation) -> Iterator[Tool | Workflow]:
    yield from curation.by_name.values()
    for workflows in curation.workflows.values():
        yield from workflows.values()


def _sentences(curation: Curation) -> Iterator[tuple[str, str, str, str]]:
    """(file, table, key, sentence)"""
    sections: tuple[tuple[str, Any], ...] = (("tools", curation.tools), ("workflows", curation.workflows))
    for section, by_toolset in sections:
        for toolset, tables in by_toolset.items():
            for name, one in tables.items():
                place = (curation.file(f"{toolset}.toml"), f"{section}.{name}")
                yield (*place, "description", one.description)
                for key, param in one.params.items():
                    yield (*place, f"params.{key}", param.description or "")
                if isinstance(one, Tool):
                    yield (*place, "paper", one.paper or "")
                    yield (*place, "because", one.because or "")
                    result = one.result
                    for key in ("note", "row_note", "empty"):
                        yield (*place, f"result.{key}", getattr(result, key) or "")
                    for failed in result.failed or ():
                        yield (*place, "result.failed", " ".join(filter(None, (failed.say, failed.reason))))
    for toolset, one in curation.toolsets.items():
        yield curation.file(f"{toolset}.toml"), "toolset", "description", one.description
    for key, reason in curation.excluded.items():
        yield curation.file(EXCLUDED), "operations", key, reason


def _prompts(root: Path) -> Iterator[tuple[str, str]]:
    """(file and line, text) of what a person may pick."""
    for file in (root / RUN_TIME / "prompts").glob("*.toml"):
        yield from _lines(root, file)


def _pages(root: Path) -> Iterator[tuple[str, str]]:
    """(file and line, text) of what is documented."""
    for page in sorted(page for pattern in PAGES for page in root.glob(pattern) if page.name != HISTORY):
        yield from _lines(root, page)


def _lines(root: Path, file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        yield f"{file.relative_to(root)}:{number}", line


def _written(root: Path, folder: str) -> Iterator[tuple[str, str]]:
    """(file and line, text) of every text in Python source that has a space: a sentence, or a part of one."""
    for file, one in texts(root / folder):
        if not one.is_docstring and " " in one.value.strip():
            yield f"{file.relative_to(root)}:{one.line}", one.value
