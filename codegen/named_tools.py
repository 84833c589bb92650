"""The tools that sentences name: of the curation, and of the hand-written run time. All of them must exist."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from codegen.contract import Contract
from codegen.curation import Curation, Mistake, Tool, Workflow
from codegen.source_texts import fields_read, texts

_WORD = re.compile(r"(?<![\w.:/`-])[a-z]+(?:_[a-z0-9]+)+(?![\w(:/=-])")


def unknown_tools(apis: Sequence[tuple[Curation, Contract]], run_time: Path) -> Iterator[Mistake]:
    """Sentences that name a tool which isn't there: any that no contract carries, and in the curation any name that
    begins as tools do, and is neither one nor a parameter or a field."""
    curations = [curation for curation, _ in apis]
    absent = {name: one.why for curation in curations for one in curation.absent for name in (one.name, *one.aliases)}
    absent |= {
        name: "it was removed" for curation in curations for removed in curation.removed.values() for name in removed
    }
    there = {name for curation in curations for name in _names(curation)}
    verbs = {name.split("_")[0] for name in there}
    others = {name for curation, contract in apis for name in _other_names(curation, contract)} | fields_read(run_time)
    for file, table, key, text in (one for curation in curations for one in _sentences(curation)):
        for word in dict.fromkeys(_WORD.findall(text)):
            if word in absent:
                yield Mistake(file, table, key, f"names {word}, which isn't offered: {absent[word]}")
            elif word not in there | others and word.split("_")[0] in verbs:
                yield Mistake(file, table, key, f"names {word}, and there is no such tool")
    for path, place, text in (*_written(run_time), *_prompts(run_time)):
        for word in dict.fromkeys(_WORD.findall(text)):
            if word in absent:
                yield Mistake(path, place, "", f"names {word}, which isn't offered: {absent[word]}")


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
                    result = one.result
                    for key in ("note", "row_note", "empty"):
                        yield (*place, f"result.{key}", getattr(result, key) or "")
                    for failed in result.failed or ():
                        yield (*place, "result.failed", " ".join(filter(None, (failed.say, failed.reason))))


def _prompts(run_time: Path) -> Iterator[tuple[str, str, str]]:
    """(file, prompt, text) of what a person may pick; a colon stands there between a tool and what it is called for."""
    file = run_time / "prompts" / "prompts.toml"
    for name, prompt in tomllib.loads(file.read_text(encoding="utf-8")).items():
        yield (str(file.relative_to(run_time.parent)), name, prompt["text"].replace(": ", " "))


def _written(run_time: Path) -> Iterator[tuple[str, str, str]]:
    """(file, place, text) of every text in the source that has a space: a sentence, or a part of one."""
    for file, one in texts(run_time):
        if not one.is_docstring and " " in one.value.strip():
            yield str(file.relative_to(run_time.parent)), f"line {one.line}", one.value
