"""python -m tests.versions openapi.json"""

import json
import sys

from codegen.contract import load, normalise, parse
from tests.versions import form

lines = (
    f" {json.dumps(key)}: {json.dumps(places)}" for key, places in form(parse(normalise(load(sys.argv[1])))).items()
)
print("{\n" + ",\n".join(lines) + "\n}")
