"""How the endpoint and its certificates are found. Needs no Engine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from helpers.engine.reachable import Endpoint, resolve
from helpers.errors import LabError


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty configuration directory, with a home directory that has none either."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    directory = tmp_path / "docker"
    directory.mkdir()
    return directory


def write_context(config: Path, name: str, endpoint: Any) -> Path:
    """Store a context as the CLI does; return the directory for its certificates (not created)."""
    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts" / "meta" / folder / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    return config / "contexts" / "tls" / folder / "docker"


# Which endpoint


def test_default_socket(config: Path) -> None:
    endpoint = resolve({"DOCKER_CONFIG": str(config)})
    assert (endpoint.url, endpoint.source) == ("unix:///var/run/docker.sock", "default socket")
    assert (endpoint.backend, endpoint.tls) == ("docker", None)


def test_docker_host_beats_docker_context_beats_the_current_context(config: Path) -> None:
    write_context(config, "colima", {"Host": "unix:///colima.sock"})
    write_context(config, "far", {"Host": "ssh://me@far"})
    (config / "config.json").write_text('{"currentContext": "colima"}')
    environ = {"DOCKER_CONFIG": str(config)}
    assert resolve(environ) == Endpoint("unix:///colima.sock", "context 'colima' (currentContext)")
    environ["DOCKER_CONTEXT"] = "far"
    assert resolve(environ) == Endpoint("ssh://me@far", "context 'far' (DOCKER_CONTEXT)")
    environ["DOCKER_HOST"] = "unix:///chosen.sock"
    assert resolve(environ) == Endpoint("unix:///chosen.sock", "DOCKER_HOST")


def test_the_context_default_is_always_the_default_socket(config: Path) -> None:
    (config / "config.json").write_text('{"currentContext": "colima"}')
    endpoint = resolve({"DOCKER_CONFIG": str(config), "DOCKER_CONTEXT": "default"})
    assert endpoint == Endpoint("unix:///var/run/docker.sock", "context 'default' (DOCKER_CONTEXT)")


@pytest.mark.parametrize("chosen_by", ["environment", "config.json"])
def test_unknown_context_lists_the_known_ones(config: Path, chosen_by: str) -> None:
    write_context(config, "colima", {"Host": "unix:///colima.sock"})
    environ = {"DOCKER_CONFIG": str(config)}
    if chosen_by == "environment":
        environ["DOCKER_CONTEXT"] = "colma"
    else:
        (config / "config.json").write_text('{"currentContext": "colma"}')
    with pytest.raises(LabError, match="'colma'") as caught:
        resolve(environ)
    assert caught.value.seen.endswith("has only: default, colima")


@pytest.mark.parametrize("content", ["{", "[]", '"text"'])
def test_damaged_config_is_named(config: Path, content: str) -> None:
    (config / "config.json").write_text(content)
    with pytest.raises(LabError, match=r"config\.json"):
        resolve({"DOCKER_CONFIG": str(config)})


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"Endpoints": []}', '{"Endpoints": {"docker": {}}}'])
def test_damaged_context_is_named(config: Path, content: str) -> None:
    write_context(config, "colima", {"Host": "unix:///colima.sock"})
    next(config.glob("contexts/meta/*/meta.json")).write_text(content)
    with pytest.raises(LabError, match="Reading the Docker"):
        resolve({"DOCKER_CONFIG": str(config), "DOCKER_CONTEXT": "colima"})


@pytest.mark.parametrize(
    "address", ["tcp://", "tcp://engine", "ftp://engine:1", "fd://x", "tcp://engine:port"]
)
def test_malformed_address_names_its_source(config: Path, address: str) -> None:
    with pytest.raises(LabError, match="DOCKER_HOST") as caught:
        resolve({"DOCKER_CONFIG": str(config), "DOCKER_HOST": address})
    assert address in caught.value.tried


# TLS


def test_tls_follows_the_environment(config: Path) -> None:
    (config / "ca.pem").touch()
    environ = {"DOCKER_HOST": "tcp://engine:2376", "DOCKER_CERT_PATH": str(config)}
    assert resolve(environ).tls is None  # certificates alone do not enable TLS for the CLI either
    verified = resolve(environ | {"DOCKER_TLS_VERIFY": "1"}).tls
    assert verified is not None
    assert (verified.verify, verified.ca_cert, verified.cert) == (True, str(config / "ca.pem"), None)
    unverified = resolve(environ | {"DOCKER_TLS": "1"}).tls
    assert unverified is not None
    assert unverified.verify is False


def test_tls_of_a_context(config: Path) -> None:
    certificates = write_context(config, "far", {"Host": "tcp://far:2376", "SkipTLSVerify": False})
    environ = {"DOCKER_CONFIG": str(config), "DOCKER_CONTEXT": "far"}
    assert resolve(environ).tls is None
    certificates.mkdir(parents=True)
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (certificates / name).touch()
    tls = resolve(environ).tls
    assert tls is not None
    assert tls.verify is True
    assert tls.cert == (str(certificates / "cert.pem"), str(certificates / "key.pem"))


def test_certificate_without_key(config: Path) -> None:
    (config / "cert.pem").touch()
    environ = {"DOCKER_HOST": "tcp://e:2376", "DOCKER_CERT_PATH": str(config), "DOCKER_TLS_VERIFY": "1"}
    with pytest.raises(LabError, match=r"found cert\.pem"):
        resolve(environ)
