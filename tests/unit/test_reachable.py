"""The errors when nothing usable answers at an endpoint. Needs no Engine."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from helpers.engine.reachable import Endpoint, open_client, resolve
from helpers.errors import LabError

CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=engine -keyout key.pem -out cert.pem"
)
ENGINE = {"Version": "26.1.5", "ApiVersion": "1.45", "Os": "linux", "Components": [{"Name": "Engine"}]}

Answer = Callable[[socket.socket], None]


@pytest.fixture
def short() -> Iterator[Path]:
    """Yield a directory short enough for the 107-byte limit on a Unix socket's path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture
def serve(short: Path) -> Iterator[Callable[[Answer], str]]:
    """Yield a function that listens on a Unix socket, hands over each connection, and returns the URL."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(short / "engine.sock"))
    with listener:
        yield lambda answer: _listen(listener, answer, f"unix://{short}/engine.sock")


@pytest.fixture
def tcp() -> Iterator[Callable[..., str]]:
    """Yield the same for a TCP port, with TLS if a context is given."""
    listener = socket.create_server(("127.0.0.1", 0))

    def start(answer: Answer, context: ssl.SSLContext | None = None) -> str:
        secured = context.wrap_socket(listener, server_side=True) if context else listener
        stack.callback(secured.close)
        return _listen(secured, answer, f"tcp://127.0.0.1:{secured.getsockname()[1]}")

    with ExitStack() as stack:
        stack.callback(listener.close)
        yield start


def _listen(listener: socket.socket, answer: Answer, url: str) -> str:
    listener.listen()
    threading.Thread(target=_accept, args=(listener, answer), daemon=True).start()
    return url


def _accept(listener: socket.socket, answer: Answer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                answer(connection)
            except OSError:
                continue


def http(body: str, status: str = "200 OK", kind: str = "application/json") -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n{body}".encode())

    return answer


def version(**changes: Any) -> Answer:
    return http(json.dumps(ENGINE | changes))


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def dribbling(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")
    for _ in range(300):
        connection.sendall(b" ")
        time.sleep(0.1)


def refusal(url: str, timeout_s: int = 5, **more: Any) -> LabError:
    with pytest.raises(LabError) as caught:
        open_client(Endpoint(url, "test", **more), timeout_s)
    assert caught.value.tried == f"Reaching the Docker Engine at {url} (test)"
    assert caught.value.next_step
    return caught.value


# What is listening


def test_an_engine_is_opened_with_its_own_api_version(serve: Callable[[Answer], str]) -> None:
    with closing(open_client(Endpoint(serve(version()), "test"), timeout_s=5)) as client:
        assert client.api.api_version == "1.45"


def test_no_socket(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    assert refusal(f"unix://{short}/engine.sock").seen == f"there is no {short}/engine.sock"
    (short / "docker.sock").touch()
    assert f"rootless Engine at {short}/docker.sock" in refusal(f"unix://{short}/engine.sock").next_step


def test_nothing_listens(short: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as abandoned:
        abandoned.bind(str(short / "engine.sock"))
    assert "nothing is listening" in refusal(f"unix://{short}/engine.sock").seen


def test_not_a_socket(short: Path) -> None:
    (short / "engine.sock").touch()
    assert refusal(f"unix://{short}/engine.sock").seen.endswith("which is not a socket")


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user's identity")
def test_no_permission(serve: Callable[[Answer], str], short: Path) -> None:
    url = serve(version())
    short.chmod(0o755)
    (short / "engine.sock").chmod(0o660)
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        error = refusal(url)
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
    assert "engine.sock is srw-rw----, user 0, group 0" in error.seen
    assert error.seen.endswith("you are user 65534, in groups [65534]")
    assert "usermod -aG docker" in error.next_step


@pytest.mark.parametrize("answer", [silent, dribbling])
def test_waiting_for_an_answer_is_bounded(serve: Callable[[Answer], str], answer: Answer) -> None:
    url, started = serve(answer), time.monotonic()
    assert refusal(url, timeout_s=1).seen == "no answer within 1 s"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (http("<h1>It works</h1>", kind="text/html"), "not a Docker Engine"),
        (http("<h1>Not here</h1>", "404 Not Found"), "not a Docker Engine: HTTP 404"),
        (http("[]"), "not a Docker Engine"),
        (http('{"message": "no"}', "403 Forbidden"), "HTTP 403"),
        (http("Client sent an HTTP request to an HTTPS server.", "400 Bad Request"), "HTTPS server"),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), "not a Docker Engine"),
        (version(Components=[{"Name": "Podman Engine"}], Version="5.4.2"), "this is Podman 5.4.2"),
        (version(Os="windows"), "Windows containers"),
        (version(Version="19.03.15", ApiVersion="1.40"), "speaks API 1.40; the lab needs 1.41"),
    ],
)
def test_an_answer_from_something_other_than_a_suitable_engine(
    serve: Callable[[Answer], str], answer: Answer, seen: str
) -> None:
    assert seen in refusal(serve(answer)).seen


def test_tcp_refused() -> None:
    assert "Connection refused" in refusal("tcp://127.0.0.1:1").seen


def test_a_name_that_does_not_resolve() -> None:
    assert "engine.invalid does not resolve" in refusal("tcp://engine.invalid:2375", timeout_s=20).seen


def test_proxies_are_bypassed(tcp: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    open_client(Endpoint(tcp(version()), "test"), timeout_s=5).close()


def test_an_untrusted_certificate(tmp_path: Path, tcp: Callable[..., str]) -> None:
    subprocess.run(CERTIFICATE.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    url = tcp(version(), context)
    endpoint = resolve({"DOCKER_HOST": url, "DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": "/nonexistent"})
    error = refusal(url, tls=endpoint.tls)
    assert "certificate verify failed" in error.seen
    assert "ca.pem" in error.next_step


def test_tls_to_an_engine_without_tls(tcp: Callable[[Answer], str]) -> None:
    url = tcp(version())
    endpoint = resolve({"DOCKER_HOST": url, "DOCKER_TLS": "1", "DOCKER_CONFIG": "/nonexistent"})
    assert "does not use TLS" in refusal(url, tls=endpoint.tls).next_step
