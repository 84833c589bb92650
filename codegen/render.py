"""The files of generated/: rendered, formatted, proved to import, and put in place whole or not at all."""

import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codegen.curation import Curation
from codegen.tools import ToolSpec

TEMPLATES = Path(__file__).parent / "templates"
WIDTH = 120
RUFF = ("--isolated", "--line-length", str(WIDTH), "--target-version", "py311", "--quiet")
FIRST_PARTY = "lint.isort.known-first-party = ['hbmcp', 'hummingbot_api', 'hbmcp_tools']"


class RenderError(Exception):
    """The generated code is not what it should be; generated/ was left as it was."""


def environment(folder: str) -> Environment:
    """The Jinja environment of one folder of templates: Python code, so nothing is escaped for HTML."""
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


def render_tools(tools: Sequence[ToolSpec], curation: Curation, manifest: Mapping[str, Any]) -> dict[str, str]:
    """generated/hbmcp_tools: path relative to generated/ -> text, not yet formatted."""
    env = environment("tools")
    files = {
        "hbmcp_tools/__init__.py": env.get_template("__init__.py.jinja").render(api=manifest["api"]),
        "hbmcp_tools/py.typed": "",
        "hbmcp_tools/manifest.json": _manifest_text(manifest),
    }
    for name, toolset in curation.toolsets.items():
        members = [tool for tool in tools if tool.toolset == name]
        files[f"hbmcp_tools/{name}.py"] = env.get_template("toolset.py.jinja").render(
            toolset=toolset, tools=members, imports=_imports(members)
        )
    return files


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write files into an empty folder, formatted.

    Raises:
        RenderError: a file is not Python.
    """
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    _ruff("check", "--select", "I,F401", "--fix", *RUFF, "--config", FIRST_PARTY, str(folder))
    _ruff("format", *RUFF, str(folder))


def prove(folder: Path, run_time: Path) -> None:
    """Import every module of the folder in a process of its own; `run_time` is where hbmcp is.

    Raises:
        RenderError: with Python's own words, where one doesn't import.
    """
    modules = [
        ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        for file in sorted(folder.rglob("*.py"))
    ]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    paths = f"import sys; sys.path[:0] = {[str(folder), str(run_time)]!r}; sys.dont_write_bytecode = True\n"
    done = subprocess.run([sys.executable, "-c", paths + code, *modules], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RenderError(f"generated code doesn't import:\n{done.stderr.strip()}")


def replace(target: Path, fill: Callable[[Path], None]) -> None:
    """Put a new folder in the place of `target`: whole, or not at all.

    `fill` writes the new folder beside the old one; only when it returns are the two exchanged.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target)
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}-new-", dir=target.parent))
    try:
        fill(new)
        new.chmod(0o755)
        old = _aside(target)
        if target.exists():
            target.rename(old)
        new.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        recover(target)
        shutil.rmtree(new, ignore_errors=True)


def recover(target: Path) -> None:
    """Finish what a killed `replace` left: the old folder goes back where no new one took its place."""
    old = _aside(target)
    if not old.exists():
        return
    if target.exists():
        shutil.rmtree(old)
    else:
        old.rename(target)


def differences(expected: Path, actual: Path) -> list[str]:
    """Files that differ between two folders, each with what is wrong with the actual one."""
    wanted = {file.relative_to(expected).as_posix(): file for file in expected.rglob("*") if file.is_file()}
    found = {
        file.relative_to(actual).as_posix(): file
        for file in actual.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    return [
        *(f"{name}: missing" for name in sorted(wanted.keys() - found.keys())),
        *(f"{name}: not generated any more" for name in sorted(found.keys() - wanted.keys())),
        *(
            f"{name}: differs"
            for name in sorted(wanted.keys() & found.keys())
            if wanted[name].read_bytes() != found[name].read_bytes()
        ),
    ]


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}-old")


def _imports(tools: Sequence[ToolSpec]) -> list[str]:
    """All that the functions could need; ruff takes out what they don't."""
    lines = {
        "from decimal import Decimal",
        "from typing import Any, Literal",
        "from hummingbot_api.request import Request",
    }
    for tool in tools:
        lines |= tool.imports
        lines.add(f"from hummingbot_api.api import {tool.module} as {tool.module}_api")
    return sorted(lines)


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    """One line per tool: small, and a diff shows which tool changed."""
    head = {key: value for key, value in manifest.items() if key != "tools"}
    tools = ",\n".join(json.dumps(tool, ensure_ascii=False, separators=(",", ":")) for tool in manifest["tools"])
    return json.dumps(head, ensure_ascii=False, indent=1)[:-2] + f',\n "tools": [\n{tools}\n]}}\n'


def _ruff(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RenderError(f"ruff can't read the generated code:\n{(done.stdout + done.stderr).strip()}")


def _wrapped(text: str, indent: int = 4) -> str:
    """A docstring's paragraph, its first line already indented."""
    clean = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = textwrap.wrap(clean, WIDTH - indent - 3, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)
