"""A user's own Docker configuration does not show inside a lab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.engine import Engine
from helpers.lab import Lab

CONFIGURATION = {
    "proxies": {"default": {"httpProxy": "http://proxy.example:3128", "noProxy": "localhost"}},
    "credsStore": "desktop.exe",  # a helper that is not there
    "detachKeys": "ctrl-c",
}


def test_neither_machines_nor_their_containers_get_the_users_proxies(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIGURATION))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    # As any Engine of the user's: without a stock, from which machines come that were made before.
    monkeypatch.setenv("LAB_ENGINE", "docker")
    monkeypatch.setenv("DOCKER_HOST", engine.endpoint.url)
    previous = Lab.current
    with Lab() as lab:
        host = lab["host"]
        inside = host.docker.containers.run("busybox", "env", remove=True).decode()
        environments = [host.run("env").stdout, host.run("cat /proc/1/environ").stdout, inside]
    Lab.current = previous
    assert all("PATH=" in environment for environment in environments)
    assert not [environment for environment in environments if "proxy" in environment.lower()]
