"""How what some settings need is installed: from hbmcp's own folder, wherever that is said."""

import re
import tomllib

import pytest

from hbmcp.extras import install
from tests.conftest import ROOT

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@pytest.mark.parametrize("extra", sorted(EXTRAS.keys() - {"dev"}))
def test_readme_or_another_page_says_it_so(extra: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert any(install(extra) in page.read_text(encoding="utf-8") for page in pages)


def test_nobody_is_sent_to_an_index_or_away_from_the_folder() -> None:
    """By its bare name an index gives what anybody put there; without -e the folder's code isn't what runs any more."""
    files = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "src").rglob("*.py")]
    for file in files:
        said = file.read_text(encoding="utf-8")
        assert "hbmcp[" not in said, file
        assert not re.search(r"pip install (?!.*-e )[^`\n]*'\.\[", said), file
