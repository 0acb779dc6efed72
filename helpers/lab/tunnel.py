"""The tunnel from this computer to a machine's dockerd: a local Unix socket, and an exec for each connection.

It needs no port, certificate or route: it works wherever the Engine's API does. The command in the machine
does the same as ``docker system dial-stdio`` but starts many times faster.
"""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
from docker.transport.unixconn import UnixHTTPAdapter

from helpers import scripts
from helpers.answers import understood
from helpers.engine.client import Client
from helpers.engine.refusals import FAILURES
from helpers.errors import BadAnswer
from helpers.lab.stream import STDOUT, Stream

_log = logging.getLogger(__name__)

_COMMAND = scripts.argv(__package__, "relay.pl")


class _OnePool(UnixHTTPAdapter):
    """Reuses connections for all requests: docker-py itself keeps a pool for each URL.

    A new connection is a new exec, which takes a second under emulation.
    """

    def get_connection(self, url: str | bytes, proxies: Any = None) -> Any:
        del url
        return super().get_connection("http+docker://machine", proxies)


class Tunnel:
    """Provides the Docker socket of a machine as a Unix socket here, mode 0600.

    Parameters
    ----------
    api:
        docker-py's low-level client for the Engine that runs the machine.
    container:
        The id of the machine's container.
    path:
        Where the socket is created, in a directory of mode 0700.
    """

    def __init__(self, api: docker.APIClient, container: str, path: Path) -> None:
        self._api = api
        self._container = container
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(64)
        threading.Thread(target=self._accept, name=f"tunnel {path.name}", daemon=True).start()

    def client(self, api_version: str, timeout_s: int) -> docker.DockerClient:
        """Return a docker-py client for the machine, without sending a request.

        Parameters
        ----------
        api_version:
            The version that the machine's dockerd speaks, e.g. "1.45".
        timeout_s:
            Seconds that a request may wait for an answer.
        """
        client = Client(f"unix://{self.path}", timeout_s, api_version)
        client.api.mount("http+docker://", _OnePool(f"http+unix://{self.path}", timeout_s))
        return client

    def close(self) -> None:
        """Close and remove the socket."""
        # Closing alone would not wake the thread that accepts connections.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(connection,), daemon=True).start()

    def _carry(self, connection: socket.socket) -> None:
        with connection:
            try:
                with understood("the Engine's answers to a new connection"):
                    created = self._api.exec_create(self._container, _COMMAND, stdin=True)
                    stream = Stream(self._api.exec_start(created["Id"], socket=True), framed=True)
            except (BadAnswer, *FAILURES) as error:
                _log.debug("%s: no connection: %s", self.path.stem, error)
                return  # the client sees its connection close, as when dockerd goes away
            _log.debug("%s: a connection", self.path.stem)
            threading.Thread(target=_upstream, args=(connection, stream), daemon=True).start()
            with suppress(OSError):
                for kind, data in stream.output():
                    if kind == STDOUT:
                        connection.sendall(data)
                connection.shutdown(socket.SHUT_RDWR)
            stream.close()


def _upstream(connection: socket.socket, stream: Stream) -> None:
    with suppress(OSError):
        while data := connection.recv(65536):
            stream.send(data)
    stream.half_close()
