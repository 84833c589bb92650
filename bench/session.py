"""The client's end of a stdio session: as little as possible, so that the server is what is measured."""

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "hbmcp-bench", "version": "0"},
}


class SessionError(Exception):
    """The server ended, or answered with a protocol error; the text is its own, or the end of its stderr."""


class Session:
    """A running server. Leaving the context ends it."""

    def __init__(self, command: list[str], *, env: dict[str, str], cwd: Path, errors: Path) -> None:
        self._errors = errors
        # What pip installs is compiled; ours, which is read where it is, must be allowed to keep its bytecode too.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        with errors.open("w") as stderr:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=inherited | env, cwd=cwd
            )
        self._sent = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its result; notifications on the way are passed over."""
        self._sent += 1
        self._send({"jsonrpc": "2.0", "id": self._sent, "method": method, "params": params})
        assert self._process.stdout
        for line in self._process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self._sent and "method" not in answer:
                if "error" in answer:
                    raise SessionError(answer["error"]["message"])
                result: dict[str, Any] = answer["result"]
                return result
        raise SessionError(self._errors.read_text()[-500:].strip() or "the server ended without a word")

    def tools(self) -> list[dict[str, Any]]:
        """Open the session and list every tool, page by page."""
        self.request("initialize", _HELLO)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        tools: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            page = self.request("tools/list", {"cursor": page["nextCursor"]} if page else {})
            tools += page["tools"]
            if not page.get("nextCursor"):
                return tools

    def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """The text that a model reads.

        Raises:
            SessionError: the call failed.
        """
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise SessionError(f"{tool}: {_text(result)}")
        return _text(result)

    def answer(self, tool: str, arguments: dict[str, Any]) -> str:
        """The text that a model reads, also of a call that failed."""
        return _text(self.request("tools/call", {"name": tool, "arguments": arguments}))

    def peak_memory(self) -> float | None:
        """MiB that the process has had resident at most; None where the system doesn't tell (only Linux does)."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return None
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()


def _text(result: dict[str, Any]) -> str:
    return "\n".join(block.get("text", "") for block in result["content"])
