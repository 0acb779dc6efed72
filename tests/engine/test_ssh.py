"""A lab on an Engine that only ssh leads to: the embedded engine's, taken for another computer's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from helpers.engine import Engine, builder
from helpers.lab import Lab
from helpers.paths import engine_dir, run_dir
from tests.engine.support import Owner, wait_until_empty
from tools.soak.lab_objects import of_lab

TWO_MINUTES = 120


@pytest.fixture
def by_ssh(embedded_engine: Engine, tmp_path: Path) -> dict[str, str]:
    """Return the environment in which DOCKER_HOST leads to the embedded engine by ssh."""
    entry = Path((engine_dir() / "entry").read_text())
    port = (engine_dir() / "ssh_port").read_text()
    (tmp_path / "config").write_text(
        f"Host 127.0.0.1\n IdentityFile {entry / builder.SSH_KEY}\n IdentitiesOnly yes\n"
        f" UserKnownHostsFile {entry / builder.KNOWN_HOSTS}\n HostKeyAlias {builder.HOST_ALIAS}\n"
    )
    # ssh takes the home directory from the user database, not from HOME.
    (tmp_path / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {tmp_path}/config "$@"\n')
    (tmp_path / "ssh").chmod(0o755)
    return {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "LAB_ENGINE": "docker",
        "DOCKER_HOST": f"ssh://root@127.0.0.1:{port}/run/docker.sock",
    }


def ssh_to(url: str) -> list[object]:
    """Return the processes of ssh that lead to `url`, and their sockets."""
    destination = url.removesuffix("/run/docker.sock")
    found = [one for one in psutil.process_iter(["cmdline"]) if destination in (one.info["cmdline"] or [])]
    return [*found, *run_dir().glob("ssh-*.sock")]


def test_a_lab_by_ssh(engine: Engine, by_ssh: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in by_ssh.items():
        monkeypatch.setenv(name, value)
    previous = Lab.current
    with Lab() as lab:
        assert (lab.engine.endpoint.url, lab.engine.endpoint.source) == (by_ssh["DOCKER_HOST"], "DOCKER_HOST")
        assert lab.engine.client.info()["ID"] == engine.client.info()["ID"]
        host = lab["host"]
        assert host.run("hostname").stdout == "host\n"
        assert host.run("tty", tty=True).stdout.startswith("/dev/pts/")
        assert host.docker.containers.run("busybox", "echo hello", remove=True) == b"hello\n"
    Lab.current = previous
    assert wait_until_empty(lambda: of_lab(engine.client, lab.id), 30) == {}
    assert wait_until_empty(lambda: ssh_to(by_ssh["DOCKER_HOST"]), 30) == []


def test_a_killed_owner_leaves_nothing_behind_not_even_ssh(
    engine: Engine, by_ssh: dict[str, str], owner: Callable[..., Owner]
) -> None:
    killed = owner(**by_ssh)
    assert len(of_lab(engine.client, killed.lab_id)) >= 2
    assert ssh_to(by_ssh["DOCKER_HOST"])
    killed.kill()
    assert wait_until_empty(lambda: of_lab(engine.client, killed.lab_id), TWO_MINUTES) == {}
    assert wait_until_empty(lambda: ssh_to(by_ssh["DOCKER_HOST"]), 30) == []
