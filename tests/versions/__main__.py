"""`python -m tests.versions [NAME]` adds what the pinned contract takes, unless a file says the same."""

import sys
from datetime import UTC, datetime

from tests.versions import FOLDER, VERSIONS, of_file, pinned, written

for version in VERSIONS:
    if of_file(version) == pinned():
        print(f"tests/versions/{version}.json is what the pinned contract takes: there is nothing to add.")
        sys.exit()
file = FOLDER / f"{sys.argv[1] if sys.argv[1:] else datetime.now(UTC).strftime('%Y-%m')}.json"
file.write_text(written(pinned()), encoding="utf-8")
print(f"tests/versions/{file.name} is what the pinned contract takes.")
