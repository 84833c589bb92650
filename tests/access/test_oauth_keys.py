"""The keys of an issuer, which is asked for them in its own time."""

import asyncio
from collections.abc import Mapping

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from hbmcp.access import oauth
from hbmcp.access.oauth import Issuer, Verifier

pytestmark = pytest.mark.anyio

KEY = ec.generate_private_key(ec.SECP256R1())
ISSUER = Issuer("https://issuer.example", "https://hbmcp.example/mcp")


def token(kid: str) -> str:
    claims = {"iss": ISSUER.address, "aud": ISSUER.audience, "sub": "alice", "exp": 4_102_444_800}
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
