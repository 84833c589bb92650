"""Another service beside the Hummingbot API: a part of our own contract under another name, made, served and called."""

import json
import os
import shutil
import sys
import tomllib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from codegen.cli import app
from codegen.contract import dumps, load, normalise
from codegen.generate import OVERRIDES, PINNED
from hbmcp.catalog import Catalog
from hbmcp.errors import UnknownTool
from tests.codegen import shop
from tests.conftest import ROOT, connected
from tests.faulty_api import FaultyApi
from tests.replay.server import Answer, Replay
from tests.stdio_server import StdioServer

PATHS = ("/accounts/", "/accounts/add-account", "/connectors/{connector_name}/trading-rules")
SERVICE = 'title = "Practice desk"\nurl = "http://practice.example"\nheader = "Authorization"\n'
TOOLSET = """
[toolset]
title = "Practice"
description = "Accounts of the practice desk."
default = true

[tools.list_practice_accounts]
operation = "GET /accounts/"
title = "Practice accounts"
risk = "read"
description = "Accounts of the practice desk."

[tools.add_practice_account]
operation = "POST /accounts/add-account"
title = "Add practice account"
risk = "write"
effect = { is = "configures", account = "account_name" }
description = "Add an account to the practice desk."

[tools.list_practice_rules]
operation = "GET /connectors/{connector_name}/trading-rules"
title = "Practice rules"
risk = "read"
description = "Trading rules of an exchange at the practice desk."
"""


class Workplace:
    """A folder with a contract and its overrides, the shop's or the project's, and those of a service that calls itself
    practice."""

    def __init__(self, folder: Path, *, ours: bool = False) -> None:
        self.contract = folder / "contract/hummingbot-api.openapi.json"
        self.overrides = folder / "overrides"
        self.output = folder / "generated"
        self.document = folder / "openapi.json"
        self.contract.parent.mkdir()
        self.contract.write_text(dumps(normalise(load(PINNED if ours else shop.DOCUMENT))))
        self.overrides.mkdir()
        for file in (OVERRIDES if ours else shop.OVERRIDES).glob("*.toml"):
            shutil.copy(file, self.overrides)
        whole = json.loads(PINNED.read_text())
        paths = {path: {**whole["paths"][path], "summary": "Not ours to keep"} for path in PATHS}
        self.document.write_text(json.dumps({**whole, "paths": paths}))

    def curate(self, name: str = "practice", service: str = SERVICE, toolset: str = TOOLSET) -> None:
        folder = self.overrides / name
        folder.mkdir(exist_ok=True)
        (folder / "service.toml").write_text(service)
        (folder / "practice.toml").write_text(toolset)

    def run(self, command: str, *arguments: object) -> Result:
        options: list[object] = ["--contract", self.contract, "--overrides", self.overrides]
        options += ["--output", self.output] if command in ("regen", "check") else []
        return CliRunner().invoke(app, [command, *map(str, (*arguments, *options))])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    place = Workplace(tmp_path_factory.mktemp("practice"), ours=True)
    place.curate()
    result = place.run("regen", "--source", f"practice={place.document}")
    assert result.exit_code == 0, result.output
    return place


def environment(place: Workplace, ours: FaultyApi, **settings: str) -> dict[str, str]:
    return connected(ours.url, PYTHONPATH=os.pathsep.join((str(place.output), str(ROOT / "src"))), **settings)


def served(env: dict[str, str], folder: Path) -> StdioServer:
    return StdioServer(env=env, cwd=folder, command=[sys.executable, "-m", "hbmcp", "serve"])


@pytest.mark.slow
def test_it_is_pinned_without_prose_and_made_again_with_ours(made: Workplace) -> None:
    pinned = made.contract.with_name("practice.openapi.json").read_text()
    assert "Not ours to keep" not in pinned
    assert {*json.loads(pinned)["paths"]} == {*PATHS}
    before = {file: file.read_bytes() for file in made.output.rglob("*") if file.is_file()}
    again = made.run("regen")
    assert "none changed" in again.output, again.output
    assert {file: file.read_bytes() for file in made.output.rglob("*") if file.is_file()} == before
    assert not (made.output / "practice_api/client.py").exists()  # what sends is shared
    assert (made.output / "practice_api/api/accounts.py").exists()
    assert "practice GET /accounts/" in made.run("list").output


@pytest.mark.slow
def test_check_finds_what_is_wrong_with_either(made: Workplace) -> None:
    assert "all in order" in made.run("check").output
    file = made.overrides / "practice/practice.toml"
    file.write_text(TOOLSET.replace('operation = "GET /accounts/"', 'operation = "GET /acounts/"'))
    try:
        told = made.run("check").output
    finally:
        file.write_text(TOOLSET)
    assert "practice/practice.toml: [tools.list_practice_accounts] operation: the contract has no GET /acounts/" in told
    assert "practice: GET /accounts/: neither a tool nor in excluded.toml" in told


@pytest.mark.slow
def test_it_is_called_at_its_own_address_with_its_own_credential(
    made: Workplace, replay: Replay, api: FaultyApi, tmp_path: Path
) -> None:
    key = f"Basic {b64encode(':'.join(replay.auth).encode()).decode()}"
    env = environment(
        made, api, HBMCP_PRACTICE_URL=replay.url, HBMCP_PRACTICE_KEY=key, HBMCP_TOOLSETS="practice,accounts"
    )
    with served(env, tmp_path) as server:
        assert {"list_practice_accounts", "add_practice_account", "get_accounts"} <= server.tools().keys()
        assert server.call("list_practice_accounts") == ('["desk","family"]', False)
        assert api.requests == []
        assert replay.last.headers["authorization"] == key
        replay.requests.clear()
        preview, failed = server.call("add_practice_account", account_name="x", preview=True)
        assert not failed, preview
        assert replay.requests == []
        assert not server.call("add_practice_account", account_name="x")[1]
        assert [one.operation for one in replay.requests] == ["POST /accounts/add-account"]
        replay.answers("POST /accounts/add-account", Answer(500, {"detail": f"no {key}"}))
        text, failed = server.call("add_practice_account", account_name="y")
        assert failed
        assert "Outcome unknown: add_practice_account was sent, and Practice desk answered 500" in text
        assert key not in text
        assert key.split()[1] not in text
        assert api.requests == []  # nor was ours asked
        replay.answers("GET /accounts/", Answer(200, ["Basic"]))
        assert server.call("list_practice_accounts") == ('["Basic"]', False)  # which is no secret by itself
        replay.answers("GET /accounts/", Answer(401, {"detail": "who?"}))
        text, _ = server.call("list_practice_accounts")
        assert text.startswith('Practice desk answered 401 to list_practice_accounts: "who?". Nothing was done.')
        assert "HBMCP_PRACTICE_KEY" in text


def test_read_only_holds(made: Workplace) -> None:
    catalog = Catalog(json.loads((made.output / "hbmcp_tools/manifest.json").read_bytes()))
    offer = catalog.choose(toolsets=("practice",), read_only=True)
    assert [tool.name for tool in offer.tools] == ["list_practice_accounts", "list_practice_rules"]
    with pytest.raises(UnknownTool, match="this server is read-only"):
        offer.find("add_practice_account")


def test_its_credential_goes_nowhere_else(made: Workplace, api: FaultyApi, tmp_path: Path) -> None:
    """As ours: the address from one place and the key from another may be anybody's."""
    (tmp_path / "other.env").write_text("HBMCP_PRACTICE_URL=http://elsewhere.example\n")
    env = environment(made, api, HBMCP_PRACTICE_KEY="Bearer s3cret-words")
    command = [sys.executable, "-m", "hbmcp", "serve", "--env-file", str(tmp_path / "other.env")]
    with pytest.raises(AssertionError) as caught, StdioServer(env=env, cwd=tmp_path, command=command):
        pass
    assert "HBMCP_PRACTICE_KEY from the environment" in str(caught.value)
    assert "s3cret-words" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("practice", {"list_practice_accounts": "place_order"}, "'place_order' is a name in orders.toml already"),
        ("hummingbot", {}, "there is a package hummingbot_api already"),
        ("state", {}, "HBMCP_STATE_URL is a setting already"),
        ("Practice", {}, "must be NAME=URL or NAME=FILE, with a name in snake_case"),
    ],
)
def test_a_name_that_is_taken_is_told(name: str, changes: dict[str, str], told: str, tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    toolset = TOOLSET
    for was, now in changes.items():
        toolset = toolset.replace(was, now)
    place.curate(name, toolset=toolset)
    result = place.run("regen", "--source", f"{name}={place.document}")
    assert result.exit_code == 1
    assert told in " ".join(result.output.split())
    assert not place.output.exists()
    assert not place.contract.with_name(f"{name}.openapi.json").exists()


def test_a_toolset_that_is_taken_is_told(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.curate()
    (place.overrides / "practice/practice.toml").rename(place.overrides / "practice/orders.toml")
    result = place.run("regen", "--source", f"practice={place.document}")
    assert "practice/orders.toml: [toolset]: 'orders' is a toolset of orders.toml already" in result.output


def test_what_a_service_must_say_is_told(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    source = f"practice={place.document}"
    told = place.run("regen", "--source", source).output
    assert 'practice/service.toml: is missing: it says at least `title = "…"`' in told
    place.curate(service='title = "Practice desk"\n')
    told = place.run("regen", "--source", source).output
    assert "practice/service.toml: url: is missing, and the contract's servers don't say it" in told
    skeleton = place.run("scaffold", "--source", source).output
    assert skeleton.strip() == ""


@pytest.mark.slow
def test_scaffold_and_diff_are_of_the_service(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    skeleton = place.run("scaffold", "--source", f"practice={place.document}").output
    assert '[tools.list_accounts]\noperation = "GET /accounts/"' in skeleton
    assert "paper =" not in skeleton
    place.curate()
    document: dict[str, Any] = json.loads(place.document.read_text())
    del document["paths"]["/accounts/"]
    newer = tmp_path / "newer.json"
    newer.write_text(json.dumps(document))
    arguments = ["diff", str(place.document), str(newer), "--overrides", str(place.overrides)]
    told = CliRunner().invoke(app, [*arguments, "--source", "practice"])
    assert told.exit_code == 4
    assert "list_practice_accounts: removed" in told.output
    assert place.run("regen", "--source", f"practice={place.document}").exit_code == 0
    refused = place.run("regen", "--source", f"practice={newer}")
    assert refused.exit_code == 1
    assert "GET /accounts/: loses list_practice_accounts" in refused.output
    assert place.run("regen", "--source", f"practice={newer}", "--drop").exit_code == 0
    manifest = json.loads((place.output / "hbmcp_tools/manifest.json").read_text())
    assert manifest["absent"]["list_practice_accounts"] == "Practice desk has no GET /accounts/"


@pytest.mark.slow
def test_scaffold_writes_into_the_folder_of_the_service(tmp_path: Path) -> None:
    """Of one that nobody curated yet it makes that; of one that changed it says what went."""
    place = Workplace(tmp_path)
    source, folder = ("--source", f"practice={place.document}"), place.overrides / "practice"
    told = place.run("scaffold", *source, "--write")
    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[0] == "overrides/practice/practice.toml: [tools.list_accounts]"
    assert (folder / "service.toml").read_text().startswith('title = "')
    tables = tomllib.loads((folder / "practice.toml").read_text())
    assert {one["operation"] for one in tables["tools"].values()} == {
        "GET /accounts/",
        "POST /accounts/add-account",
        "GET /connectors/{connector_name}/trading-rules",
    }
    assert "practice/practice.toml: [toolset] title: " in place.run("regen", *source).output  # a person says that
    assert place.run("scaffold", *source, "--write").exit_code == 1
    place.curate()
    assert place.run("regen", *source).exit_code == 0
    assert "already" not in place.run("check").output
    document: dict[str, Any] = json.loads(place.document.read_text())
    del document["paths"]["/accounts/"]
    document["paths"]["/moon"] = {"get": {"responses": {"200": {"description": "It"}}}}
    place.document.write_text(json.dumps(document))
    lines = place.run("scaffold", *source, "--write").output.splitlines()
    assert sorted(lines) == [
        "overrides/practice/practice.toml: [removed.list_practice_accounts]",
        "overrides/practice/practice.toml: [tools.get_moon]",
    ]
    toolset = folder / "practice.toml"
    tables = tomllib.loads(toolset.read_text())
    assert tables["removed"] == {"list_practice_accounts": {"operation": "GET /accounts/"}}
    blanks = {'risk = ""': 'risk = "read"', 'description = ""': 'description = "As list_practice_accounts."'}
    for blank, words in blanks.items():
        toolset.write_text(toolset.read_text().replace(blank, words))
    assert place.run("regen", *source).exit_code == 0
    named = "practice/practice.toml: [tools.get_moon] description: names list_practice_accounts, which isn't offered"
    assert named in place.run("check").output


@pytest.mark.slow
def test_lists_count_its_tools_too(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.curate()
    page = tmp_path / "README.md"
    page.write_text("There are 1 tools, and so on, with `--tools all`.\n")
    told = place.run("regen", "--source", f"practice={place.document}")
    assert told.exit_code == 0, told.output
    ours = sum(len(tomllib.loads(file.read_text()).get("tools", ())) for file in place.overrides.glob("*.toml"))
    assert page.read_text().startswith(f"There are {ours + 3} tools, ")
    assert place.run("check").exit_code == 0
