"""A server over stdio, spoken to line by line, so that a test sees every byte that it writes to stdout."""

import json
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.forked import HBMCP, Popen


class StdioServer:
    """`python -m hbmcp serve`, or another command, after the handshake of 2025."""

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str],
        cwd: Path,
        command: list[str] | None = None,
        capabilities: Mapping[str, Any] | None = None,
    ) -> None:
        self._command = [*(command or [*HBMCP, "serve"]), *arguments]
        self._env = dict(env)
        self._cwd = cwd
        self._capabilities = dict(capabilities or {})
        self._id = 0
        self.log: list[str] = []
        self.notifications: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self.process = Popen(
            self._command, env=self._env, cwd=self._cwd, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8"
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.hello = self.request(
            "initialize",
            {
                "protocolVersion": "2025-06-18",
                "capabilities": self._capabilities,
                "clientInfo": {"name": "tests", "version": "0"},
            },
        )
        self.notify("notifications/initialized", {})
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> str:
        """End the session; what came on stdout after the last answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.wait(timeout=30)
        self._reader.join()
        return rest

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def write(self, line: str) -> None:
        """Send a line, whatever it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _send(self, message: dict[str, Any]) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **message}))

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def start(self, method: str, params: dict[str, Any]) -> int:
        """Send a request; its id, for `answer`."""
        self._id += 1
        self._send({"id": self._id, "method": method, "params": params})
        return self._id

    def answer(self, request: int) -> dict[str, Any]:
        """The answer to a request; every line before it must be a message too."""
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            assert line, "the server closed stdout: " + "".join(self.log)
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == request and "method" not in message:
                return message
            self.notifications.append(message)

    def notification(self) -> dict[str, Any]:
        """The next message, which must be a notification."""
        assert self.process.stdout is not None
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "id" not in message, message
        return message

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of a request."""
        answer = self.answer(self.start(method, params))
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def tools(self) -> dict[str, dict[str, Any]]:
        """The listed definitions by name."""
        return {tool["name"]: tool for tool in self.request("tools/list", {})["tools"]}

    def call(self, tool: str, **arguments: Any) -> tuple[str, bool]:
        """The text of a call, and whether it failed."""
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        return result["content"][0]["text"], result["isError"]
