"""Fixtures for the tests of the typed client."""

from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
import pytest

from tests.codegen.generated_clients import GeneratedClient


@pytest.fixture(scope="session")
def client_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], GeneratedClient]:
    """The client of a document, by the document's name; each is generated once."""
    return cache(lambda name: GeneratedClient(name, tmp_path_factory.mktemp(name)))


@pytest.fixture
def built(client_of: Callable[[str], GeneratedClient]) -> Callable[..., httpx.Request]:
    """Build the HTTP request of `document.module.function(*args, **kwargs)`."""

    def build(document: str, module: str, function: str, *args: Any, **kwargs: Any) -> httpx.Request:
        request = getattr(client_of(document)[f"api.{module}"], function)(*args, **kwargs)
        return request.build(httpx.AsyncClient(base_url="http://api:8000/base"))

    return build
