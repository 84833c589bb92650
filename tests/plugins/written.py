"""Plugins that tests write, and the catalog with them."""

import textwrap
from pathlib import Path

from hbmcp.catalog import Catalog
from hbmcp.plugins.loading import catalog
from hbmcp.settings import Settings

HEAD = """\
import asyncio
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from hbmcp.plugins import *
from hbmcp_tools import accounts, bots, executors, market_data, trading

"""


def plugin(folder: Path, source: str, name: str = "my_tools.py") -> Path:
    """A file with this in it, below what most plugins import."""
    file = folder / name
    file.write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
    return file


def catalog_with(*files: Path) -> Catalog:
    """The generated tools and those of these files."""
    return catalog(Settings.model_construct(plugins=tuple(map(str, files))))
