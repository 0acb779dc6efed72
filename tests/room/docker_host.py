"""A Docker host of the tests' own: the dockerd of a Debian root file system, on this computer's kernel."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
import pytest

from helpers import programs
from helpers.paths import cache_dir
from helpers.steps import step
from helpers.waiting import NotYet, wait_until

_SCRIPT = Path(__file__).with_suffix(".sh")
_PACKAGES = ("docker.io", "iproute2", "iptables")
_SUITE = "bookworm"
_BUILD_S, _START_S, _END_S = 600, 60, 60
# It ends with this process, even if that is killed.
_NAMESPACES = "setpriv --pdeathsig KILL unshare --mount --net --pid --cgroup --fork --kill-child".split()


class DockerHost:
    """A dockerd with network, mount and PID namespaces of its own; a context manager that ends it.

    Attributes
    ----------
    client:
        docker-py's client for it.
    url:
        Its socket: reached from everywhere on this computer.
    """

    def __init__(self) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can start a dockerd in namespaces of its own")
        if (refused := run([*_NAMESPACES, "true"], _END_S)).returncode:
            pytest.skip(f"root may not make namespaces here: {refused.stderr}")
        self._place = Path(tempfile.mkdtemp(prefix="docker-host-", dir=cache_dir()))
        data, self._run = self._place / "data", self._place / "run"
        data.mkdir()
        self._run.mkdir()
        self.url = f"unix://{self._run}/docker.sock"
        self._log = (self._place / "log").open("w+")
        self._process = subprocess.Popen(
            [*_NAMESPACES, "sh", str(_SCRIPT), str(_root()), str(data), str(self._run)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        try:
            wait_until(
                lambda: None if (self._run / "docker.sock").is_socket() else NotYet(self._said()),
                tried="Starting a dockerd in namespaces of its own",
                within_s=_START_S,
                next_step="Look at what it says.",
            )
            self.client: Any = docker.DockerClient(self.url, timeout=900)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> DockerHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def inside(self, *argv: str) -> list[str]:
        """Return the command that runs `argv` in this host's network, where containers can be reached."""
        pid = _only_child(self._process.pid)
        return ["nsenter", f"--net=/proc/{pid}/ns/net", *argv]

    def open_to_all(self, device: Path) -> str:
        """Return the path, on this host, of a node of a computer's device that every user may open."""
        node = self._run / device.name
        os.mknod(node, 0o600 | stat.S_IFCHR, device.stat().st_rdev)
        node.chmod(0o666)
        return f"/run/{device.name}"

    def close(self) -> None:
        """Kill it, and with it all its containers, networks and mounts; delete what it stored."""
        self._process.kill()
        self._process.wait(_END_S)
        self._log.close()
        shutil.rmtree(self._place, ignore_errors=True)

    def _said(self) -> str:
        return (self._place / "log").read_text()[-1000:]


def _only_child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _root() -> Path:
    """Return a root file system with Debian's dockerd, made once."""
    digest = hashlib.sha256(" ".join([_SUITE, *_PACKAGES]).encode()).hexdigest()[:8]
    root = cache_dir() / f"docker-host-{digest}"
    if not root.exists():
        with step("Building a Docker host for tests", about="40 s"), tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "root"
            packages = f"--include={','.join(_PACKAGES)}"
            programs.run(["mmdebstrap", "--variant=minbase", packages, _SUITE, str(made)], timeout_s=_BUILD_S)
            (made / "var/lib/docker").mkdir(exist_ok=True)
            shutil.move(made, root)
    return root


def told(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a program printed, for an assertion's message."""
    return f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def run(argv: Sequence[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it printed, whatever its exit code."""
    return subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False)
