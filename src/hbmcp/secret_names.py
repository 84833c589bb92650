"""Which names are those of secrets."""

import re

SECRET_WORDS = r"secret|passw|passphrase|private|mnemonic|seed|api_?key|credential"

_SECRET = re.compile(SECRET_WORDS, re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether a value of this name, or in this place, is a secret."""
    return _SECRET.search(name) is not None
