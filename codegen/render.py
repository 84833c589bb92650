"""The files of generated/: formatted, proved to import, and put in place whole or not at all."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from codegen.templating import WIDTH

RUFF = ("--isolated", "--line-length", str(WIDTH), "--target-version", "py311", "--quiet")


class RenderError(Exception):
    """The generated code is not what it should be; generated/ was left as it was."""


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write files into an empty folder, formatted.

    Raises:
        RenderError: a file is not Python.
    """
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    first_party = sorted({"hbmcp", *(path.partition("/")[0] for path in files)})
    config = f"lint.isort.known-first-party = {first_party}"
    _ruff("check", "--select", "I,F401", "--fix", *RUFF, "--config", config, str(folder))
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


def _ruff(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RenderError(f"ruff can't read the generated code:\n{(done.stdout + done.stderr).strip()}")
