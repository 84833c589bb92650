"""FastMCP's from_openapi on a contract; runs in an environment of its own, which has FastMCP 4.

from_openapi.py CONTRACT
"""

import json
import os
import sys
from pathlib import Path

import httpx2
from fastmcp import FastMCP

if __name__ == "__main__":
    http = httpx2.AsyncClient(base_url=os.environ["HUMMINGBOT_API_URL"], auth=("user", "password"))
    contract = json.loads(Path(sys.argv[1]).read_text())
    FastMCP.from_openapi(contract, client=http).run(show_banner=False)
