"""A machine whose shell runs locally, with programs that print the recorded output of real ones."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from helpers.lab.command import Completed


class Shell:
    """Runs scripts with one directory's programs first in PATH."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program("nsenter", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"')

    def program(self, name: str, script: str) -> None:
        path = self.directory / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def start(self, argv: list[str]) -> subprocess.Popen[bytes]:
        path = f"{self.directory}:{os.environ['PATH']}"
        return subprocess.Popen(
            argv, env={"PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )


class Container:
    """The parts of docker-py's container that the probes use."""

    def __init__(self, name: str, shell: Shell, networks: dict[str, Any] | None = None, pid: int = 1) -> None:
        self.name = name
        self.shell = shell
        self.log = ""
        self.attrs = {"NetworkSettings": {"Networks": networks or {}}, "State": {"Pid": pid}}

    def exec_run(self, argv: list[str], *, stream: bool) -> SimpleNamespace:
        assert stream
        return SimpleNamespace(output=self._stream(self.shell.start(argv)))

    def logs(self, *, stdout: bool, stderr: bool) -> bytes:
        assert stdout
        assert not stderr
        return self.log.encode()

    @staticmethod
    def _stream(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
        assert process.stdout
        while chunk := os.read(process.stdout.fileno(), 4096):
            yield chunk
        process.communicate()


class Machine:
    """The parts of a machine that the probes use."""

    def __init__(self, shell: Shell, *containers: Container, name: str = "host", address: str = "") -> None:
        self.name, self.address, self.shell = name, address, shell
        self.containers = {container.name: container for container in containers}
        self.networks: list[SimpleNamespace] = []
        self.docker = SimpleNamespace(
            containers=SimpleNamespace(list=lambda **_: list(self.containers.values())),
            networks=SimpleNamespace(list=lambda: self.networks),
        )

    def add_network(
        self, name: str, driver: str, subnet: str = "", options: dict[str, str] | None = None
    ) -> None:
        pools = [{"Subnet": subnet, "Gateway": subnet.replace(".0/16", ".1")}] if subnet else None
        attrs = {
            "Id": f"{name}-0123456789abcdef",
            "Name": name,
            "Driver": driver,
            "Scope": "local",
            "Internal": name == "closed",
            "IPAM": {"Config": pools},
            "Options": options,
        }
        self.networks.append(SimpleNamespace(id=attrs["Id"], name=name, attrs=attrs))

    def run(self, command: str, *, tty: bool = False, timeout: float = 60) -> Completed:
        process = self.shell.start(["sh", "-c", command])
        out, err = process.communicate(timeout=timeout)
        return Completed(process.returncode, out.decode(), err.decode())

    def stream(self, command: str) -> Iterator[bytes]:
        return Container._stream(self.shell.start(["sh", "-c", command]))

    def container(self, name: str) -> Container:
        return self.containers[name]
