"""Every sentence that names a tool which is gone is itself named, by file and line."""

from pathlib import Path

from attrs import evolve

from codegen import curation
from codegen.contract import load, parse
from codegen.generate import OVERRIDES, PINNED, ROOT
from codegen.named_tools import unknown_tools

CONTRACT = parse(load(PINNED))
CURATED = curation.read(OVERRIDES).as_in(CONTRACT.operations)
GONE = "GET /docker/running"
WHY = f"names get_docker_status, which isn't offered: this Hummingbot API has no {GONE}"

FILES = {
    "src/hbmcp/paper/start.py": '"""get_docker_status"""\nADVICE = "Call get_docker_status"\nIT = 1\n',
    "src/hbmcp/prompts/prompts.toml": '[report]\ntext = """First\nget_docker_status: all of it."""\n',
    "tests/test_start.py": 'def test_it(answer: str) -> None:\n    assert "or get_docker_status" in answer\n',
    "README.md": "# Name\n\nAsk `get_docker_status` first; get_docker_status_of is another.\n",
    "docs/limits.md": "- (get_docker_status)\n",
    "CHANGELOG.md": "get_docker_status was new.\n",
}
NAMED = [
    "src/hbmcp/paper/start.py:2",
    "tests/test_start.py:2",
    "src/hbmcp/prompts/prompts.toml:3",
    "README.md:3",
    "docs/limits.md:1",
]


def test_wherever_it_stands(tmp_path: Path) -> None:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    reason = {"GET /storage/": "As get_docker_status tells."}
    curated = evolve(CURATED.without([GONE]), excluded=CURATED.excluded | reason)
    found = [
        str(one) for one in unknown_tools([(curated, CONTRACT)], tmp_path) if "names get_docker_status," in str(one)
    ]
    curated_too = [one for one in found if ".toml: [" in one]
    assert f"excluded.toml: [operations] GET /storage/: {WHY}" in curated_too
    assert [one for one in found if one not in curated_too] == [f"{place}: {WHY}" for place in NAMED]


def test_nothing_is_said_where_all_are_there() -> None:
    assert not list(unknown_tools([(CURATED, CONTRACT)], ROOT))
