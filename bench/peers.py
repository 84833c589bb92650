"""Other servers, each installed into an environment of its own under .venv-peers."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_ENVIRONMENTS = ROOT / ".venv-peers"
_OUR_PINS = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT")


@dataclass(frozen=True)
class Peer:
    """`requirements` are what pip is asked for; `program` is what the environment's bin/ is asked to run."""

    name: str
    requirements: tuple[str, ...]
    program: tuple[str, ...]

    def command(self) -> list[str] | None:
        """How to start it; it is installed first if it isn't yet. None when that failed."""
        home = _ENVIRONMENTS / self.name
        stamp = home / "installed"
        if not stamp.exists() or stamp.read_text() != str(self.requirements):
            print(f"Installing {self.name} into {home.relative_to(ROOT)}", file=sys.stderr)
            pip = [str(home / "bin/pip"), "install", "--quiet", *self.requirements]
            env = {name: value for name, value in os.environ.items() if name not in _OUR_PINS}
            try:
                subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
                subprocess.run(pip, check=True, env=env)
            except subprocess.CalledProcessError:
                print(f"{self.name} could not be installed; its column stays empty.", file=sys.stderr)
                return None
            stamp.write_text(str(self.requirements))
        return [str(home / "bin" / self.program[0]), *self.program[1:]]


FROM_OPENAPI = Peer(
    "from_openapi",
    ("fastmcp>=4,<5",),
    (
        "python",
        str(ROOT / "bench/servers/from_openapi.py"),
        str(ROOT / "codegen/contract/hummingbot-api.openapi.json"),
    ),
)
# It says no upper bound for the SDK, but doesn't start on 2.x.
HUMMINGBOT_MCP = Peer("hummingbot-mcp", ("hummingbot-mcp==1.0.4", "mcp<2"), ("hummingbot-mcp",))
