"""The null API: answers at once, the same every time. Prints its port, and ends when its stdin does.

null_api.py FILE    FILE: {path: JSON body as text}; any other path is answered with a list of one account
"""

import asyncio
import json
import sys
from pathlib import Path

_ELSEWHERE = '["master_account"]'


def _response(body: str) -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


class _Connection(asyncio.Protocol):
    def __init__(self, answers: dict[bytes, bytes], other: bytes) -> None:
        self._answers, self._other, self._received = answers, other, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            length = int(head.split(b"content-length:")[1].split()[0]) if b"content-length:" in head else 0
            if len(self._received) < end + 4 + length:
                return
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            self._received = self._received[end + 4 + length :]
            self._transport.write(self._answers.get(path, self._other))


async def _main(file: Path) -> None:
    answers = {path.encode(): _response(body) for path, body in json.loads(file.read_text()).items()}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers, _response(_ELSEWHERE)), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
