"""What is served beside tools, to clients of both eras, over stdio and HTTP."""

from base64 import b64decode
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from hbmcp import __version__
from tests.server.http.clients import on_paper, process
from tests.server.ways import WAYS, Ways


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    folder = tmp_path_factory.mktemp("beside_tools")
    env = on_paper(folder)
    with process(env=env, cwd=folder) as (_, url):
        yield Ways(env, folder, url)


@pytest.mark.anyio
@pytest.mark.parametrize(("over", "mode"), WAYS)
async def test_says_what_it_is_and_answers_every_list(over: str, mode: str, ways: Ways) -> None:
    async with ways.client(over, mode) as client:
        info = client.server_info
        assert info is not None
        assert (info.name, info.title, info.version) == ("hbmcp", "Hummingbot", __version__)
        assert info.description == "Lets AI assistants run a Hummingbot trading installation."
        assert info.icons is not None
        (icon,) = info.icons
        kind, _, data = icon.src.partition(";base64,")
        assert (kind, icon.mime_type) == ("data:image/svg+xml", "image/svg+xml")
        assert ElementTree.fromstring(b64decode(data)).tag == "{http://www.w3.org/2000/svg}svg"
        assert len(icon.src) < 400
        assert (await client.list_tools()).tools
        await client.list_prompts()
        await client.list_resources()
        await client.list_resource_templates()
