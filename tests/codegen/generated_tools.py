"""Generated tools, imported beside those of the project."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

OURS = ("hummingbot_api", "hbmcp_tools")


@contextmanager
def importing_tools(folder: Path) -> Iterator[Mapping[str, ModuleType]]:
    """Import the tools in a folder, by name, and leave no trace: every folder has packages of the same names."""
    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in OURS}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        names = [
            f"hbmcp_tools.{file.stem}" for file in (folder / "hbmcp_tools").glob("*.py") if file.stem != "__init__"
        ]
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in list(sys.modules):
            if name.split(".")[0] in OURS:
                del sys.modules[name]
        sys.modules.update(saved)
