"""Every sentence that names a tool which is gone is itself named, by file and line."""

from pathlib import Path

from attrs import evolve

from codegen import curation
from codegen.contract import load, parse
from codegen.generate import OVERRIDES, PINNED, ROOT
from codegen.named_tools import unknown_tools
from codegen.services import Api

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
    "src/hbmcp/prompts/prompts.toml:3",
    "README.md:3",
    "docs/limits.md:1",
    "tests/test_start.py:2",
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


NEVER = {
    "src/hbmcp/workflows/bots/deploy.py": 'ADVICE = "First call get_nothing, then go on"\nIT = "get_it"\n',
    "src/hbmcp/prompts/prompts.toml": '[report]\ntext = """get_nothing: all of it."""\n',
    "README.md": "Ask `get_nothing`, or get_spread.\n",
    "docs/plugins.md": "    async def get_spread(pair): ...\n",
    "tests/test_start.py": 'assert "or get_nothing" in answer\n',
}


def test_a_name_that_never_was_is_none(tmp_path: Path) -> None:
    for name, text in NEVER.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    trading = CURATED.toolsets["trading"].model_copy(update={"description": "get_nothing: nothing. Else get_prices."})
    tool = CURATED.tools["trading"]["submit_order"].model_copy(update={"because": "get_nothing does it"})
    curated = evolve(
        CURATED,
        toolsets=CURATED.toolsets | {"trading": trading},
        tools=CURATED.tools | {"trading": CURATED.tools["trading"] | {"submit_order": tool}},
    )
    found = list(map(str, unknown_tools([(curated, CONTRACT)], tmp_path)))
    assert not [one for one in found if "names get_spread," in one]
    assert [one for one in found if "names get_nothing," in one] == [
        f"{place}: names get_nothing, and there is no such tool"
        for place in (
            "trading.toml: [tools.submit_order] because",
            "trading.toml: [toolset] description",
            "src/hbmcp/workflows/bots/deploy.py:1",
            "src/hbmcp/prompts/prompts.toml:2",
            "README.md:1",
        )
    ]


def test_nothing_is_said_where_all_are_there() -> None:
    each = ((api, api.pinned()) for api in Api("", PINNED, OVERRIDES).with_others())
    assert not list(unknown_tools([(api.curation(contract), contract) for api, contract in each], ROOT))
