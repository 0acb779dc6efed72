"""A machine: a freshly installed Docker host, in a privileged container on the Engine."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container

from helpers.answers import understood
from helpers.engine.refusals import FAILURES, said
from helpers.errors import LabError
from helpers.lab.command import AFTER_CTRL_C_S, Completed, check, collect
from helpers.lab.stream import Stream
from helpers.lab.tunnel import Tunnel

_log = logging.getLogger(__name__)

_ID_DIGITS = 12  # of an id, as `docker ps` shows it
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")  # what Docker allows as a name or an id


class NoSuchContainer(LabError):
    """There is no container of that name on the machine (yet)."""


class Machine:
    """A Docker host of a lab, ready to use. Created by `helpers.lab.boot` for a `Lab`.

    Parameters
    ----------
    api:
        docker-py's low-level client for the Engine that runs the machine.
    name, address:
        See below.
    container:
        The id of its container on that Engine.
    version:
        See below.
    client:
        See `docker` below.
    tunnel:
        The tunnel to its dockerd, which `client` uses.
    heartbeat:
        The stream that keeps it alive: when it ends, the dead-man's switch ends the machine.

    Attributes
    ----------
    name:
        "host", "manager", "machine1", …; also its host name.
    address:
        Its address on the LAN, e.g. "192.168.99.100".
    id:
        The id of its container on the Engine that runs it.
    docker:
        docker-py's client for the machine's own dockerd.
    version:
        The version of its own Engine, e.g. "26.1.5"; the same wherever the lab runs.
    docker_host:
        The value of DOCKER_HOST for the ``docker`` CLI and any other client.
    """

    def __init__(
        self,
        *,
        api: docker.APIClient,
        name: str,
        address: str,
        container: str,
        version: str,
        client: docker.DockerClient,
        tunnel: Tunnel,
        heartbeat: Stream,
    ) -> None:
        self.name = name
        self.address = address
        self.id = container
        self.docker = client
        self.version = version
        self.docker_host = f"unix://{tunnel.path}"
        self._api = api
        self._tunnel = tunnel
        self._heartbeat = heartbeat

    def __repr__(self) -> str:
        return f"<Machine {self.name} {self.address}>"

    def close(self) -> None:
        """Close the connections to it; the dead-man's switch then ends it."""
        self.docker.close()
        self._tunnel.close()
        self._heartbeat.close()

    def power_off(self) -> None:
        """Pull the plug: everything on the machine ends at once, without notifying other machines.

        Raises
        ------
        LabError
            If the machine or its Engine has already ended.
        """
        with self._asking(f"Switching off {self.name}"):
            self._api.kill(self.id)
        self.close()

    def container(self, name: str) -> Container:
        """Return a container on this machine.

        Parameters
        ----------
        name:
            Its name, or at least 12 digits of its id. (The Engine finds `db` as the beginning of an id, too.)

        Raises
        ------
        NoSuchContainer
            If there is no such container; it lists those that exist.
        LabError
            If the machine has ended.
        """
        tried = f"Looking for the container {name} on {self.name}"
        with self._asking(tried):
            if isinstance(name, str) and _CONTAINER.fullmatch(name):
                with suppress(docker.errors.NotFound):
                    found = self.docker.containers.get(name)
                    if found.name == name or len(name) >= _ID_DIGITS:
                        return found
            present = sorted(str(one.name) for one in self.docker.containers.list(all=True))
        raise NoSuchContainer(
            tried,
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
            Whether to give it a terminal: ``docker exec -it`` works then, and output appears as on a screen.
        timeout:
            Seconds until it is ended: with Ctrl-C on a terminal, else with SIGINT, then SIGKILL. At most a
            day.

        Raises
        ------
        LabError
            If the machine or its Engine has ended, or `command` or `timeout` is invalid.
        """
        check(command, timeout)
        # `timeout` runs on the machine, so that nothing is left there if this process dies.
        last = timeout + 2 * AFTER_CTRL_C_S if tty else timeout
        bounded = f"timeout {'--foreground' if tty else ''} -s INT -k 2 {last:g} sh -c".split()
        tried = f"Running `{command}` on {self.name}"
        started = time.monotonic()
        with self._asking(tried):
            exec_id: str = self._api.exec_create(
                self.id,
                [*bounded, command],
                stdin=True,
                tty=tty,
                environment={"TERM": "xterm", "HOSTNAME": self.name},
            )["Id"]
            stream = Stream(self._api.exec_start(exec_id, tty=tty, socket=True), framed=not tty)
        try:
            printed = collect(stream, timeout, tty)
        except FAILURES as error:
            raise self._gone(tried, error) from error
        finally:
            stream.close()
        exit_code = self._exit_code(exec_id, tried)
        took = time.monotonic() - started
        _log.debug("%s: `%s`: exit code %d after %.2f s", self.name, command, exit_code, took)
        out, err = (part.decode(errors="replace") for part in printed)
        return Completed(exit_code, out.replace("\r\n", "\n"), err)

    def stream(self, command: str) -> Iterator[bytes]:
        """Run a shell command on this machine and yield what it prints (standard output) as it comes.

        Parameters
        ----------
        command:
            For ``sh -c``. It runs until it ends by itself, even if its output is no longer read, so it must
            limit its own duration.

        Raises
        ------
        LabError
            If the machine or its Engine has ended before the command starts.
        """
        _log.debug("%s: `%s`: its output is read as it comes", self.name, command)
        with self._asking(f"Running `{command}` on {self.name}"):
            created = self._api.exec_create(self.id, ["sh", "-c", command], stdin=True, stderr=False)
            stream = Stream(self._api.exec_start(created["Id"], socket=True), framed=True)
        try:
            yield from (data for _, data in stream.output())
        finally:
            stream.close()

    def _exit_code(self, exec_id: str, tried: str) -> int:
        deadline = time.monotonic() + 10
        while True:
            with self._asking(tried):
                inspected: dict[str, Any] = self._api.exec_inspect(exec_id)
                if inspected["ExitCode"] is not None:
                    return int(inspected["ExitCode"])
            if time.monotonic() > deadline:
                return 124
            time.sleep(0.1)

    @contextmanager
    def _asking(self, tried: str) -> Iterator[None]:
        """Turn a failure of the Engine during a docker-py call, or a malformed answer, into a LabError."""
        try:
            with understood(f"the Engine's answer ({tried})"):
                yield
        except FAILURES as error:
            raise self._gone(tried, error) from error

    def _gone(self, tried: str, error: Exception) -> LabError:
        return LabError(
            tried,
            said(error),
            "The machine or its Engine has ended. Restart the kernel and run the chapter from the top.",
        )
