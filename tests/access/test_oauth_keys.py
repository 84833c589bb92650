"""The keys of an issuer, which is asked for them in its own time."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from hbmcp.access import oauth
from hbmcp.access.oauth import Issuer, Unverifiable, Verifier

pytestmark = pytest.mark.anyio

KEY = ec.generate_private_key(ec.SECP256R1())
ISSUER = Issuer("https://issuer.example", "https://hbmcp.example/mcp")


def token(kid: str, **other: Any) -> str:
    claims = {"iss": ISSUER.address, "aud": ISSUER.audience, "sub": "alice", "exp": 4_102_444_800, **other}
    return jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": kid})


async def test_a_made_up_key_lets_no_known_one_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    now, answers = 0.0, asyncio.Event()
    asked: list[float] = []
    monkeypatch.setattr(oauth, "ticking", lambda: now)

    async def ask(_: Verifier) -> Mapping[str | None, jwt.PyJWK]:
        asked.append(now)
        await answers.wait()
        return {"one": jwt.PyJWK({**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "one"}, "ES256")}

    monkeypatch.setattr(Verifier, "_ask", ask)
    verifier = Verifier(ISSUER)
    answers.set()
    assert await verifier.holder(token("one")) is not None
    answers.clear()
    now += oauth.ASKED_AGAIN_AFTER + 1
    made_up = [asyncio.create_task(verifier.holder(token(f"none-{number}"))) for number in range(3)]
    while len(asked) < 2:
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert await verifier.holder(token("one")) is not None
    assert not any(task.done() for task in made_up)
    answers.set()
    assert await asyncio.gather(*made_up) == [None] * 3
    assert len(asked) == 2


def keys(*, kid: str = "one") -> str:
    return json.dumps({"keys": [{**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": kid}]})


@pytest.fixture
def issued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the issuer answers, the first of it as long as there is no other."""
    answers = [keys()]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=answers[0])

    class Http(httpx.AsyncClient):
        def __init__(self, **said: Any) -> None:
            super().__init__(transport=httpx.MockTransport(answer), **said)

    monkeypatch.setattr(httpx, "AsyncClient", Http)
    return answers


@pytest.mark.parametrize("odd", ["[]", "null", '"x"', '{"keys": [1]}', '{"keys": [{"kty": ["EC"]}]}', "[" * 100_000])
async def test_keys_that_can_t_be_read_end_none_that_are_known(
    odd: str, issued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(oauth, "ticking", lambda: now)
    verifier = Verifier(ISSUER._replace(jwks="https://issuer.example/keys"))
    issued[0] = odd
    with pytest.raises(Unverifiable):
        await verifier.holder(token("one"))
    now, issued[0] = now + oauth.ASKED_AGAIN_AFTER + 1, keys()
    assert await verifier.holder(token("one")) is not None
    now, issued[0] = now + oauth.KEYS_HOLD + 1, odd
    assert await verifier.holder(token("one")) is not None
    issued[0] = '{"jwks_uri": "http://[", "issuer": "https://issuer.example"}'
    with pytest.raises(Unverifiable):
        await Verifier(ISSUER).holder(token("one"))


@pytest.mark.usefixtures("issued")
@pytest.mark.parametrize("odd", [{"scope": 5}, {"scope": {"hbmcp:all": 1}}, {"scope": "hbmcp:no_such"}, {"exp": [1]}])
async def test_what_its_claims_can_t_say_opens_nothing(odd: dict[str, Any]) -> None:
    found = await Verifier(ISSUER._replace(jwks="https://issuer.example/keys")).holder(token("one", **odd))
    assert found is None or found.rights.none


@pytest.mark.usefixtures("issued")
async def test_an_end_that_is_written_as_text_is_read() -> None:
    found = await Verifier(ISSUER._replace(jwks="https://issuer.example/keys")).holder(token("one", exp="4102444800"))
    assert found is not None
    assert found.until == 4_102_444_800_000
