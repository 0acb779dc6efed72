"""An Engine whose every answer can be replaced: by other JSON, by something else, by truncated data."""

from __future__ import annotations

import json
import re
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.engine import requirements, routes
from helpers.lab import boot, reaper

ID = "0123456789ab" * 5
STDOUT = 1


def frame(kind: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", kind, len(data)) + data


def reply(body: bytes, status: str = "200 OK", promised: int = 0) -> bytes:
    """An HTTP response; if it promises more bytes than it has, it is truncated."""
    length = max(promised, len(body))
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def hijacked(stream: bytes) -> bytes:
    upgrade = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
    return f"{upgrade}Content-Type: application/vnd.docker.raw-stream\r\n\r\n".encode() + stream


def told(answer: Any) -> bytes:
    return reply(json.dumps(answer).encode())


_VERSION = {"Version": "26.1.5", "ApiVersion": "1.45", "Os": "linux", "Components": [{"Name": "Engine"}]}
_INFO = {"ID": "double", "OSType": "linux", "MemTotal": 8 * 10**9, "ServerVersion": "26.1.5"}
_INFO["SystemTime"] = "2026-11-27T12:00:00.123456789Z"
_NETWORK = {"Id": ID, "Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}, "Labels": {}}
_BOOT = frame(STDOUT, b"booted 26.1.5+dfsg1 1.45\n") + frame(STDOUT, b"ready\n")

# Method and path (without the API version) of a lab's requests, and the answers of an Engine.
ROUTES: Mapping[str, bytes] = {
    "GET /version": told(_VERSION),
    "GET /info": told(_INFO),
    "GET /networks": told([_NETWORK]),
    "GET /images/.*/json": told({"Id": f"sha256:{ID}", "RepoTags": []}),
    "GET /containers/json": told([]),
    "GET /volumes": told({"Volumes": []}),
    "POST /build": told({"stream": "Successfully built"}),
    "POST /images/create": told({}),
    "POST /networks/create": told({"Id": ID}),
    "POST /containers/create": told({"Id": ID, "Warnings": []}),
    "POST /containers/.*/attach": hijacked(_BOOT),
    "POST /containers/.*/start": reply(b"", "204 No Content"),
    "POST /containers/.*/exec": told({"Id": ID}),
    "POST /exec/.*/start": hijacked(frame(STDOUT, b"hello\n")),
    "GET /exec/.*/json": told({"ExitCode": 0, "Running": False}),
}
_MISSING = reply(b'{"message": "no such thing"}', "404 Not Found")


class EngineDouble:
    """Listens on a Unix socket; `changed` overrides answers in `ROUTES`."""

    def __init__(self, path: Path) -> None:
        self.url = f"unix://{path}"
        self.changed: Mapping[str, bytes] = {}
        self.received: list[str] = []  # requests, with head and body
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.received.append(_request(connection))
            connection.sendall(self._answer(self.received[-1].splitlines()[0]))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def _answer(self, request: str) -> bytes:
        asked = re.sub(r"^(\w+) (?:/v[\d.]+)?([^? ]*).*", r"\1 \2", request)
        for route in ROUTES:
            if re.fullmatch(route, asked):
                return self.changed.get(route, ROUTES[route])
        return _MISSING


@contextmanager
def listening() -> Iterator[EngineDouble]:
    """Yield a double whose socket has a short path, as a socket must."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        double = EngineDouble(Path(directory) / "engine.sock")
        try:
            yield double
        finally:
            double.close()


@contextmanager
def in_use(double: EngineDouble) -> Iterator[None]:
    """Connect to the double; leave out containers that are asked something, and the watcher's process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", double.url)
        patch.setattr(requirements, "recall", lambda client: [])
        patch.setattr(routes, "of_engine", lambda client, image: [])
        patch.setattr(boot, "_READY_S", 1)
        watch = SimpleNamespace(end=lambda settled: None)
        patch.setattr(reaper, "Watch", lambda endpoint, lab_id: watch)
        yield


def _request(connection: socket.socket) -> str:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (data := connection.recv(65536)):
            raise ConnectionError
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return f"{head.decode()}\n\n{body.decode(errors='replace')}"
