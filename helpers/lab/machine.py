"""A machine: a freshly installed Docker host, in a privileged container of the Engine."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container
from docker.types import Mount

from helpers.engine.images import MACHINE_IMAGE
from helpers.errors import LabError
from helpers.lab.lan import Lan
from helpers.lab.stream import STDOUT, Stream
from helpers.lab.tunnel import Tunnel

_READY_S = 240
_REQUEST_S = 120
_CTRL_C = b"\x03"
_AFTER_CTRL_C_S = 3


@dataclass(frozen=True)
class Completed:
    """A command that has ended.

    Attributes
    ----------
    exit_code:
        As the shell has it; 124 if the command was ended after its time.
    stdout, stderr:
        What it printed. With a terminal both are in `stdout`, in the order in which they appeared.
    """

    exit_code: int
    stdout: str
    stderr: str


class Machine:
    """A Docker host of a lab. Made by `Lab`.

    Attributes
    ----------
    name:
        "host", "manager", "machine1", …; also its host name.
    address:
        Its address on the LAN, e.g. "192.168.99.100".
    docker:
        docker-py's client for the machine's own dockerd.
    version:
        Of its own Engine, e.g. "26.1.5"; the same wherever the lab runs.
    docker_host:
        What the ``docker`` CLI and any other client take as DOCKER_HOST.
    """

    def __init__(self, client: docker.DockerClient, name: str, address: str, socket: Path) -> None:
        self.name = name
        self.address = address
        self.docker_host = f"unix://{socket}"
        self._api: docker.APIClient = client.api
        self._socket = socket

    def __repr__(self) -> str:
        return f"<Machine {self.name} {self.address}>"

    def start(self, lan: Lan, lab_id: str, labels: dict[str, str], peers: dict[str, str]) -> None:
        """Create and boot it, and return when its dockerd answers and its images are there.

        Parameters
        ----------
        peers:
            Addresses of the lab's machines by name.

        Raises
        ------
        LabError
            If it does not come up; with what it said last.
        """
        self.id = self._create(lan, lab_id, labels, peers)
        # Attached before it starts, so that the dead-man's switch is armed from its first moment on.
        self._heartbeat = Stream(
            self._api.attach_socket(self.id, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}),
            framed=True,
        )
        self._api.start(self.id)
        self._wait_until_ready()
        # Reads on, so that the Engine never waits for a reader.
        threading.Thread(target=lambda: list(self._heartbeat.output()), daemon=True).start()
        self._tunnel = Tunnel(self._api, self.id, self._socket)
        self.docker = docker.DockerClient(base_url=self.docker_host, version="auto", timeout=_REQUEST_S)
        self.version = str(self.docker.version()["Version"]).split("+")[0]

    def close(self) -> None:
        """Close the connections to it; the dead-man's switch then ends it."""
        with suppress(AttributeError):
            self.docker.close()
        with suppress(AttributeError):
            self._tunnel.close()
        with suppress(AttributeError):
            self._heartbeat.close()

    def container(self, name: str) -> Container:
        """Return the container `name` of this machine.

        Raises
        ------
        LabError
            If there is none; with the names of those there are.
        """
        try:
            return self.docker.containers.get(name)
        except docker.errors.NotFound:
            present = (
                ", ".join(sorted(str(one.name) for one in self.docker.containers.list(all=True))) or "none"
            )
            raise LabError(
                f"Looking for the container {name} on {self.name}",
                f"containers there: {present}",
                "Run the chapter's cells from the top, in order.",
            ) from None

    def run(self, command: str, *, tty: bool = False, timeout: float = 60) -> Completed:
        """Run a shell command on this machine and return what it printed and its exit code.

        Parameters
        ----------
        command:
            For ``sh -c``.
        tty:
            Give it a terminal: ``docker exec -it`` works, and output appears as on a screen.
        timeout:
            Seconds until it is ended: with Ctrl-C on a terminal, else with SIGINT, then SIGKILL.

        Raises
        ------
        LabError
            If the machine or its Engine has gone away.
        """
        # `timeout` runs in the machine, so that nothing is left there if this process dies.
        last = timeout + 2 * _AFTER_CTRL_C_S if tty else timeout
        bounded = [
            "timeout",
            *(["--foreground"] if tty else []),
            "-s",
            "INT",
            "-k",
            "2",
            f"{last:g}",
            "sh",
            "-c",
        ]
        try:
            created = self._api.exec_create(
                self.id, [*bounded, command], stdin=True, tty=tty, environment={"TERM": "xterm"}
            )
            stream = Stream(self._api.exec_start(created["Id"], tty=tty, socket=True), framed=not tty)
            try:
                printed = _collect(stream, timeout, tty)
            finally:
                stream.close()
            exit_code = self._exit_code(created["Id"])
        except (docker.errors.DockerException, OSError) as error:
            raise self._gone(f"Running `{command}` on {self.name}", error) from error
        out, err = (part.decode(errors="replace") for part in printed)
        return Completed(exit_code, out.replace("\r\n", "\n"), err)

    def _exit_code(self, exec_id: str) -> int:
        deadline = time.monotonic() + 10
        while True:
            inspected: dict[str, Any] = self._api.exec_inspect(exec_id)
            if inspected["ExitCode"] is not None:
                return int(inspected["ExitCode"])
            if time.monotonic() > deadline:
                return 124
            time.sleep(0.1)

    def _create(self, lan: Lan, lab_id: str, labels: dict[str, str], peers: dict[str, str]) -> str:
        api = self._api
        storage = Mount("/var/lib/docker", None, type="volume", labels=labels)  # overlay on overlay fails
        modules = Mount("/lib/modules", "/lib/modules", type="bind", read_only=True)  # for modprobe ip_vs
        endpoint = api.create_endpoint_config(
            ipv4_address=self.address,
            mac_address="02:42:" + ":".join(f"{int(part):02x}" for part in self.address.split(".")),
        )
        for mounts in ([storage, modules], [storage]):
            host_config = api.create_host_config(
                privileged=True,
                mounts=mounts,
                tmpfs={"/run": "", "/tmp": ""},
                auto_remove=True,  # with its volume, when the dead-man's switch ends it
                extra_hosts=peers,
                network_mode=lan.name,
            )
            host_config["CgroupnsMode"] = "private"  # the machine hands controllers to its own containers
            try:
                created = api.create_container(
                    MACHINE_IMAGE,
                    entrypoint=["tini", "-g", "--", "/usr/local/bin/machine"],
                    command=[],
                    name=f"{lab_id}-{self.name}",
                    hostname=self.name,
                    labels=labels,
                    stdin_open=True,
                    host_config=host_config,
                    networking_config=api.create_networking_config({lan.name: endpoint}),  # type: ignore[arg-type]
                )
            except docker.errors.APIError as error:
                if "/lib/modules" in str(error.explanation) and modules in mounts:
                    continue  # an Engine without modules, such as one whose kernel has all built in
                raise LabError(
                    f"Creating the machine {self.name}",
                    str(error.explanation),
                    "Run `python3 -m helpers doctor`: it says what this Engine lacks.",
                ) from error
            return str(created["Id"])
        raise AssertionError("unreachable: without the modules nothing names /lib/modules")

    def _wait_until_ready(self) -> None:
        said = ""
        try:
            for _, data in self._heartbeat.output(time.monotonic() + _READY_S):
                said += data.decode(errors="replace")
                if "ready\n" in said:
                    return
            seen = said or "it ended without a word"
        except TimeoutError:
            seen = f"{said}\nnot ready after {_READY_S} s"
        raise LabError(
            f"Booting the machine {self.name} ({self.address})",
            seen,
            "Run `python3 -m helpers doctor`: it says what this Engine lacks.",
        )

    def _gone(self, tried: str, error: Exception) -> LabError:
        return LabError(
            tried,
            str(getattr(error, "explanation", None) or error),
            "The machine or its Engine has ended. Restart the kernel and run the chapter from the top.",
        )


def _collect(stream: Stream, timeout: float, tty: bool) -> tuple[bytes, bytes]:
    """Read until the output ends; after `timeout` seconds on a terminal press Ctrl-C."""
    out, err = b"", b""
    deadline = time.monotonic() + timeout + (0 if tty else _AFTER_CTRL_C_S)
    if not tty:
        stream.half_close()
    while True:
        try:
            for kind, data in stream.output(deadline):
                out, err = (out + data, err) if kind == STDOUT else (out, err + data)
            return out, err
        except KeyboardInterrupt:
            if tty:
                stream.send(_CTRL_C)
            raise
        except TimeoutError:
            if not tty or time.monotonic() > deadline + 2 * _AFTER_CTRL_C_S:
                return out, err
            stream.send(_CTRL_C)
            deadline = time.monotonic() + _AFTER_CTRL_C_S
            tty = False  # once; after that `timeout` in the machine ends it
