"""Plugins into the catalog: the files that the settings name, and the entry points of installed packages.

One that can't be loaded is told of and stops nothing. Nothing is loaded that nobody named or installed, and nothing of
hbmcp's that a call needs, where there is no plugin.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from hbmcp.catalog import PLUGINS, Catalog, Toolset
from hbmcp.plugins.registry import Declared, mcp
from hbmcp.settings import Settings
from hbmcp.text import cut, one_line, words_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "hbmcp.tools"  # of entry points
TOOLSET = Toolset(PLUGINS, "Plugins", "Tools of one's own.", default=True)
LONGEST = 500  # characters of what is told of a plugin that can't be loaded

_numbers = count()  # of modules: two files can have the same name

logger = logging.getLogger("hbmcp.plugins")


def catalog(settings: Settings) -> Catalog:
    """The generated tools, and those of the plugins."""
    every = Catalog.load()
    for file in settings.plugins:
        _take(every, Path(file).name, Path(file).name, lambda file=file: _run(file), named=True)  # type: ignore[misc]
    for point in _entry_points():
        _take(every, f"{point.name} ({point.value})", "", point.load, named=False)
    return every


def _entry_points() -> "list[EntryPoint]":
    from importlib.metadata import entry_points

    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _take(every: Catalog, called: str, file: str, load: Callable[[], object], *, named: bool) -> None:
    """The tools of one plugin into the catalog; `named` where a person names it in the settings."""

    def tell(why: str) -> None:
        remark = f"The plugin {called} {why}"
        every.remarks.append(remark)
        logger.warning("%s", remark)

    try:
        with mcp.collecting() as found, _kept_off_stdout():
            load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, say
        tell(f"isn't loaded: {_what(error, file)}.")
        return
    taken = [name for one in found if (name := _taken(every, one, tell, named=named))]
    if found:
        logger.info("Plugin %s: %s.", called, ", ".join(taken) or "no tool")
    else:
        tell("has no tool: put @mcp.tool() on one, with mcp from hbmcp.plugins.")


def _taken(every: Catalog, declared: Declared, tell: Callable[[str], None], *, named: bool) -> str:
    """The name under which a function is offered; "" where it can't be."""
    from hbmcp.plugins.tool import BadSignature, tool

    code = getattr(declared.function, "__code__", None)
    where = f" ({Path(code.co_filename).name}, line {code.co_firstlineno})" if code else ""
    name = getattr(declared.function, "__name__", "?")
    try:
        made = tool(declared, every)
    except BadSignature as error:
        tell(f"has a tool {name}{where} that isn't offered: {error}.")
        return ""
    every.add(TOOLSET, made, named=named)
    return made.name


def _run(file: str) -> ModuleType:
    """The module that a file holds. Raises whatever it does."""
    from importlib.util import module_from_spec, spec_from_file_location

    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"there is no such file: {path}")
    spec = spec_from_file_location(f"hbmcp_plugin_{next(_numbers)}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError("its name must end in .py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@contextmanager
def _kept_off_stdout() -> Iterator[None]:
    """What is printed inside goes to stderr, by other programs too: stdout is a client's, or an answer."""
    with redirect_stdout(sys.stderr):
        sys.stderr.flush()
        try:
            kept = os.dup(1)
        except OSError:  # there is none
            yield
            return
        try:
            os.dup2(2, 1)
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def _what(error: BaseException, file: str) -> str:
    """What went wrong, and on which line of the plugin."""
    if isinstance(error, SyntaxError):
        name, line = Path(error.filename or "?").name, error.lineno
        return f"{type(error).__name__} in {name}, line {line}: {cut(one_line(error.msg), LONGEST)}"
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "importlib" not in one.filename]
    own = [one for one in frames if Path(one.filename).name == file]
    at = next(reversed(own or [one for one in frames if __file__ != one.filename]), None)
    where = "" if at is None else f" in {Path(at.filename).name}, line {at.lineno}"
    return f"{type(error).__name__}{where}: {cut(one_line(words_of(error)), LONGEST)}"
