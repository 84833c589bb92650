"""Which names are those of secrets."""

import re

_SECRET = re.compile(r"secret|passw|passphrase|private|mnemonic|seed|api_?key|credential", re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether a value of this name, or in this place, is a secret."""
    return _SECRET.search(name) is not None
