"""What ~/.docker/config.json says stays out of every request, except what the image build is given of it."""

from __future__ import annotations

import ast
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from helpers.engine import contexts, images
from helpers.engine.client import Client
from helpers.engine.reachable import resolve
from helpers.errors import LabError
from helpers.lab.tunnel import Tunnel
from helpers.paths import PROJECT
from tests.unit.engine_double import EngineDouble, listening, reply

SECRET = "dXNlcjpzZWNyZXQ="
PROXY = "http://proxy.example:3128"
CONFIGURATION = {
    "proxies": {"default": {"httpProxy": PROXY, "noProxy": "localhost"}},
    "HttpHeaders": {"X-Of-The-User": "yes"},
    "detachKeys": "ctrl-c",
    "auths": {"https://index.docker.io/v1/": {"auth": SECRET}},
}
NO_HELPER = {"proxies": CONFIGURATION["proxies"], "credsStore": "desktop.exe"}
DAMAGED: list[Any] = [
    [],
    {"proxies": []},
    {"proxies": {"default": []}},
    {"auths": {"https://index.docker.io/v1/": "secret"}},
    {"auths": {"https://index.docker.io/v1/": {"auth": "no base64"}}},
]


@pytest.fixture
def double() -> Iterator[EngineDouble]:
    with listening() as started:
        yield started


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a user who has a proxy, headers, keys and credentials."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIGURATION))
    return path


def use(client: Client) -> None:
    """Create a container, run a command in it, pull an image."""
    with closing(client):
        client.api.create_container("nginx", environment=["KEPT=1"])
        client.api.exec_create("web", "true")
        client.api.pull("nginx")


def leaked(double: EngineDouble) -> list[str]:
    signs = ("proxy.example", "X-Of-The-User", "ctrl-c", "X-Registry", "secret")
    return [request for request in double.received if any(sign.lower() in request.lower() for sign in signs)]


@pytest.mark.parametrize("content", [CONFIGURATION, NO_HELPER, *DAMAGED])
def test_no_request_of_a_client_contains_any_of_it(
    double: EngineDouble, configuration: Path, content: Any
) -> None:
    configuration.write_text(json.dumps(content))
    use(Client(double.url, 5, "1.45"))
    assert len(double.received) == 3
    assert any("KEPT=1" in request for request in double.received)
    assert leaked(double) == []


def test_nor_does_a_request_through_a_tunnel(
    double: EngineDouble, configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        tunnel = Tunnel(None, "container", Path(directory) / "machine.sock")  # type: ignore[arg-type]
        monkeypatch.setattr(tunnel, "path", Path(double.url.removeprefix("unix://")))
        use(tunnel.client("1.45", 5))  # type: ignore[arg-type]
    assert len(double.received) == 3
    assert leaked(double) == []


def test_no_password_of_netrc_is_sent(
    double: EngineDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with closing(Client(double.url, 5, "1.45")) as client:
        client.version()
    assert "authorization" not in double.received[0].lower()


def test_every_client_of_the_project_is_made_in_one_place() -> None:
    makers = {"DockerClient", "APIClient", "from_env"}
    found = {
        str(path.relative_to(PROJECT))
        for directory in ("helpers", "tools")
        for path in (PROJECT / directory).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in makers
    }
    # A hub's environment has none of this project's packages; this client only looks at containers.
    assert found == {"tools/room/hub/leader.py"}


@pytest.mark.parametrize("content", [CONFIGURATION, NO_HELPER])
def test_the_image_build_gets_the_proxies_and_no_credentials(
    double: EngineDouble, configuration: Path, content: Any
) -> None:
    configuration.write_text(json.dumps(content))
    _build(double)
    (build,) = [request for request in double.received if "/build?" in request]
    arguments = json.loads(parse_qs(urlsplit(build.split()[1]).query)["buildargs"][0])
    assert arguments.items() >= {"http_proxy": PROXY, "HTTP_PROXY": PROXY, "no_proxy": "localhost"}.items()
    assert "x-registry" not in build.lower()


def test_the_image_is_built_without_proxies_if_they_cannot_be_read(
    double: EngineDouble, configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration.write_text("{")
    _build(double)
    assert "Continuing without the proxies" in capsys.readouterr().err
    assert any("/build?" in request for request in double.received)


def _build(double: EngineDouble) -> None:
    missing = reply(b'{"message": "No such image"}', "404 Not Found")
    double.changed = {"GET /images/.*/json": missing}
    with closing(Client(double.url, 5, "1.45")) as client:
        images.ensure(client, double.url)


def test_the_proxies_of_one_engine_come_before_the_default(configuration: Path) -> None:
    proxies = {"default": {"httpProxy": PROXY}, "tcp://far:2376": {"allProxy": "socks5://far:1080"}}
    configuration.write_text(json.dumps({"proxies": proxies}))
    assert contexts.proxies(configuration.parent, "unix:///var/run/docker.sock") == {
        "http_proxy": PROXY,
        "HTTP_PROXY": PROXY,
    }
    assert set(contexts.proxies(configuration.parent, "tcp://far:2376")) == {"all_proxy", "ALL_PROXY"}
    configuration.unlink()
    assert contexts.proxies(configuration.parent, "tcp://far:2376") == {}


# A directory that cannot be entered


@pytest.fixture
def locked(configuration: Path) -> Iterator[Path]:
    """Yield a configuration directory that the present user cannot enter."""
    configuration.parent.chmod(0)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        if os.access(configuration.parent, os.X_OK, effective_ids=True):
            pytest.skip("this user enters every directory")
        yield configuration.parent
    finally:
        os.seteuid(was)
        configuration.parent.chmod(0o700)


@pytest.mark.parametrize("context", ["", "colima"])
def test_a_directory_that_cannot_be_entered_is_named(locked: Path, context: str) -> None:
    with pytest.raises(LabError, match="Permission denied") as caught:
        resolve({"DOCKER_CONFIG": str(locked), "DOCKER_CONTEXT": context})
    assert str(locked) in caught.value.tried
    assert "DOCKER_HOST" in caught.value.next_step


def test_certificates_that_cannot_be_reached_are_named(locked: Path) -> None:
    with pytest.raises(LabError, match="Permission denied") as caught:
        resolve({"DOCKER_CONFIG": str(locked), "DOCKER_HOST": "tcp://far:2376", "DOCKER_TLS_VERIFY": "1"})
    assert str(locked) in caught.value.tried


def test_with_docker_host_nothing_is_read(locked: Path, double: EngineDouble) -> None:
    endpoint = resolve({"DOCKER_CONFIG": str(locked), "DOCKER_HOST": double.url})
    assert (endpoint.url, endpoint.source) == (double.url, "DOCKER_HOST")
