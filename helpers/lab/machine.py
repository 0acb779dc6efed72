"""A machine: a freshly installed Docker host, in a privileged container of the Engine."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container

from helpers.engine import stock
from helpers.errors import LabError
from helpers.lab.command import AFTER_CTRL_C_S, Completed, check, collect
from helpers.lab.lan import Lan
from helpers.lab.stream import Stream
from helpers.lab.tunnel import Tunnel

_READY_S = 240
_REQUEST_S = 120
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")  # what Docker allows as a name or an id


class NoSuchContainer(LabError):
    """There is no container of that name on the machine (yet)."""


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

    def start(
        self,
        lan: Lan,
        lab_id: str,
        labels: dict[str, str],
        peers: dict[str, str],
        claimed: tuple[str, Any] | None,
    ) -> None:
        """Make it, or plug in the claimed one, give it its name and place, and return when it is ready.

        Parameters
        ----------
        peers:
            Addresses of the lab's machines by name.
        claimed:
            The id and the stream of a machine from the stock (see `helpers.engine.stock`), or None.

        Raises
        ------
        LabError
            If it does not come up; with what it said last.
        """
        if claimed:
            self._plug_in(lan, *claimed)
        else:
            self._create(lan, lab_id, labels)
        self.version, api_version = self._wait_until("booted").split()
        self.version = self.version.split("+")[0]
        hosts = " ".join(f"{address}={name}" for name, address in peers.items())
        self._heartbeat.send(f"{self.name} {self.address} {hosts}\n".encode())
        self._wait_until("ready")
        # Reads on, so that the Engine never waits for a reader.
        threading.Thread(target=lambda: list(self._heartbeat.output()), daemon=True).start()
        self._tunnel = Tunnel(self._api, self.id, self._socket)
        self.docker = self._tunnel.client(api_version, _REQUEST_S)

    def close(self) -> None:
        """Close the connections to it; the dead-man's switch then ends it."""
        with suppress(AttributeError):
            self.docker.close()
        with suppress(AttributeError):
            self._tunnel.close()
        with suppress(AttributeError):
            self._heartbeat.close()

    def power_off(self) -> None:
        """Pull the plug: everything on the machine ends at once, and nothing is said to anybody.

        Raises
        ------
        LabError
            If the machine or its Engine has gone away already.
        """
        try:
            self._api.kill(self.id)
        except docker.errors.DockerException as error:
            raise self._gone(f"Switching off {self.name}", error) from error
        self.close()

    def container(self, name: str) -> Container:
        """Return the container `name` of this machine.

        Raises
        ------
        NoSuchContainer
            With the names of those there are.
        LabError
            If the machine has gone away.
        """
        try:
            if isinstance(name, str) and _CONTAINER.fullmatch(name):
                with suppress(docker.errors.NotFound):
                    return self.docker.containers.get(name)
            present = sorted(str(one.name) for one in self.docker.containers.list(all=True))
        except Exception as error:  # also what an answer that is none of an Engine's comes to
            raise self._gone(f"Looking for the container {name} on {self.name}", error) from error
        raise NoSuchContainer(
            f"Looking for the container {name} on {self.name}",
            f"containers there: {', '.join(present) or 'none'}",
            "Run the chapter's cells from the top, in order.",
        )

    def run(self, command: str, *, tty: bool = False, timeout: float = 60) -> Completed:
        """Run a shell command on this machine and return what it printed and its exit code.

        Parameters
        ----------
        command:
            For ``sh -c``; without a null character.
        tty:
            Give it a terminal: ``docker exec -it`` works, and output appears as on a screen.
        timeout:
            Seconds until it is ended: with Ctrl-C on a terminal, else with SIGINT, then SIGKILL. A day at
            most.

        Raises
        ------
        LabError
            If the machine or its Engine has gone away, or if this is no command or no time.
        """
        check(command, timeout)
        # `timeout` runs in the machine, so that nothing is left there if this process dies.
        last = timeout + 2 * AFTER_CTRL_C_S if tty else timeout
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
                self.id,
                [*bounded, command],
                stdin=True,
                tty=tty,
                environment={"TERM": "xterm", "HOSTNAME": self.name},
            )
            stream = Stream(self._api.exec_start(created["Id"], tty=tty, socket=True), framed=not tty)
            try:
                printed = collect(stream, timeout, tty)
            finally:
                stream.close()
            exit_code = self._exit_code(created["Id"])
        except Exception as error:
            raise self._gone(f"Running `{command}` on {self.name}", error) from error
        out, err = (part.decode(errors="replace") for part in printed)
        return Completed(exit_code, out.replace("\r\n", "\n"), err)

    def stream(self, command: str) -> Iterator[bytes]:
        """Run a shell command on this machine and yield what it prints (standard output) as it comes.

        It goes on until it ends by itself, also when nobody reads: it needs a bound of its own.
        """
        created = self._api.exec_create(self.id, ["sh", "-c", command], stdin=True, stderr=False)
        stream = Stream(self._api.exec_start(created["Id"], socket=True), framed=True)
        try:
            yield from (data for _, data in stream.output())
        finally:
            stream.close()

    def _exit_code(self, exec_id: str) -> int:
        deadline = time.monotonic() + 10
        while True:
            inspected: dict[str, Any] = self._api.exec_inspect(exec_id)
            if inspected["ExitCode"] is not None:
                return int(inspected["ExitCode"])
            if time.monotonic() > deadline:
                return 124
            time.sleep(0.1)

    def _create(self, lan: Lan, lab_id: str, labels: dict[str, str]) -> None:
        """Make a machine of its own for this lab, and start it."""
        endpoint = self._api.create_endpoint_config(ipv4_address=self.address, mac_address=self._mac_address)
        try:
            self.id = stock.create(
                self._api, f"{lab_id}-{self.name}", labels, network=lan.name, endpoint=endpoint
            )
        except docker.errors.APIError as error:
            raise LabError(
                f"Creating the machine {self.name}",
                str(error.explanation),
                "Run `python3 -m helpers doctor`: it says what this Engine lacks.",
            ) from error
        # Attached before it starts, so that the dead-man's switch is armed from its first moment on.
        self._heartbeat = Stream(stock.attach(self._api, self.id), framed=True)
        self._api.start(self.id)

    def _plug_in(self, lan: Lan, container: str, stream: Any) -> None:
        """Connect a machine that has booted already to the LAN."""
        self.id, self._heartbeat = container, Stream(stream, framed=True)
        self._api.connect_container_to_network(
            self.id, lan.id, ipv4_address=self.address, mac_address=self._mac_address
        )

    @property
    def _mac_address(self) -> str:
        return "02:42:" + ":".join(f"{int(part):02x}" for part in self.address.split("."))

    def _wait_until(self, word: str) -> str:
        """Wait for the line that begins with `word`; return the rest of it."""
        said = ""
        try:
            for _, data in self._heartbeat.output(time.monotonic() + _READY_S):
                said += data.decode(errors="replace")
                if found := re.search(rf"^{word}(.*)\n", said, flags=re.MULTILINE):
                    return found.group(1)
            seen = said or "it ended without a word"
        except TimeoutError:
            seen = f"{said}\nnot {word} after {_READY_S} s"
        raise LabError(
            f"Booting the machine {self.name} ({self.address})",
            seen,
            "Run `python3 -m helpers doctor`: it says what this Engine lacks.",
        )

    def _gone(self, tried: str, error: Exception) -> LabError:
        return LabError(
            tried,
            str(getattr(error, "explanation", None) or f"{type(error).__name__}: {error}"),
            "The machine or its Engine has ended. Restart the kernel and run the chapter from the top.",
        )
