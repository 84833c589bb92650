"""Resources: which address means which, and that one is read by the tool that it says, as the tool reads it."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp import settings
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.resources.resource import RESOURCES, Resource
from tests.conftest import PASSWORD, USERNAME
from tests.faulty_api import FaultyApi, Reply

CATALOG = Catalog.load()


@pytest.mark.parametrize("one", RESOURCES, ids=lambda one: one.path)
def test_its_tool_reads_and_takes_what_its_address_says(one: Resource) -> None:
    assert bool(one.tool) != bool(one.own)
    if one.own:
        return
    tool = CATALOG.tools[one.tool]
    assert tool.reads
    assert tool.default
    names = {one.list_of.get(name, name) for name in one.variables}
    assert names <= tool.schema["properties"].keys()
    assert set(tool.schema.get("required", ())) <= names
    if one.every:
        assert tool.is_workflow, "what it finds is compared before it is text"


@given(st.sampled_from(RESOURCES), st.data())
def test_an_address_means_one_resource_and_says_its_arguments(one: Resource, data: st.DataObject) -> None:
    values = {name: data.draw(st.text(min_size=1, max_size=20)) for name in one.variables}
    uri = one.uri.format(**{name: quote(value, safe="") for name, value in values.items()})
    meant = {other.path: given for other in RESOURCES if (given := other.arguments(uri)) is not None}
    told = {one.list_of.get(key, key): [value] if key in one.list_of else value for key, value in values.items()}
    assert meant == {one.path: told}


@given(st.text(max_size=60))
def test_no_other_address_means_any(text: str) -> None:
    known = {one.uri for one in RESOURCES}
    meant = [one for one in RESOURCES if one.arguments(text) is not None]
    assert not meant or text in known


@pytest.mark.anyio
async def test_who_reads_one_takes_no_news_from_who_calls(
    api: FaultyApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD})
    api.always = Reply.json(["master_account"])
    bridge = Bridge(CATALOG.choose(tools=["list_accounts"]), told)
    try:
        bridge.news.append("trigger 1 fired")
        assert (await bridge.for_resources().call("list_accounts", {})).text == '["master_account"]'
        assert "trigger 1 fired" in (await bridge.call("list_accounts", {})).text
    finally:
        await bridge.aclose()
