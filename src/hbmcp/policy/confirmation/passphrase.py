"""The passphrase of who approves at a terminal: scrypt of it is kept, with a salt."""

import hmac
from hashlib import scrypt
from secrets import token_bytes

KEY = "passphrase"  # in the store
SHORTEST = 8  # characters

_COST, _BLOCK, _PARALLEL = 2**15, 8, 1  # some 100 ms and 32 MB
_MEMORY = 64 * 2**20


def hashed(passphrase: str) -> str:
    """What is kept of it."""
    salt = token_bytes(16)
    return f"scrypt${salt.hex()}${_hash(passphrase, salt).hex()}"


def is_it(passphrase: str, kept: str) -> bool:
    """Whether it is the one, compared in constant time."""
    _, salt, known = kept.split("$")
    return hmac.compare_digest(_hash(passphrase, bytes.fromhex(salt)), bytes.fromhex(known))


def _hash(passphrase: str, salt: bytes) -> bytes:
    return scrypt(
        passphrase.encode("utf-8", "surrogatepass"), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MEMORY
    )
