"""The byte stream of a command in a container (exec), or of the container's first process (attach)."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

STDOUT, STDERR = 1, 2
_HEADER = struct.Struct(">BxxxL")  # stream type, three bytes of padding, length: Engine API, "Stream format"


class Stream:
    """A hijacked connection of the Engine API, with deadlines and half-close.

    Parameters
    ----------
    hijacked:
        What docker-py returns for ``exec_start(socket=True)`` or ``attach_socket``.
    framed:
        True if there is no TTY: output then comes in frames that name their stream.

    Source: Engine API reference, "Attach to a container", stream format.
    """

    def __init__(self, hijacked: Any, *, framed: bool) -> None:
        self._keep = hijacked  # the response is closed when this is freed, and the connection with it
        self._socket = getattr(hijacked, "_sock", hijacked)
        self._framed = framed
        self._buffer = _already_read(hijacked, self._socket)

    def send(self, data: bytes) -> None:
        """Send `data` to the command's standard input."""
        self._socket.sendall(data)

    def half_close(self) -> None:
        """Close the command's standard input; its output can still be read."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection; a thread that is reading from it sees it end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._keep.close()

    def output(self, deadline: float | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield (STDOUT or STDERR, data) until the output ends.

        Parameters
        ----------
        deadline:
            A time of time.monotonic, or None.

        Raises
        ------
        TimeoutError
            When the deadline passes; another call continues where this one stopped.
        """
        while True:
            if not self._framed:
                data, self._buffer = self._buffer or self._receive(deadline), b""
                if not data:
                    return
                yield STDOUT, data
                continue
            while len(self._buffer) < _HEADER.size:
                if not self._fill(deadline):
                    return
            kind, length = _HEADER.unpack_from(self._buffer)
            while len(self._buffer) < _HEADER.size + length:
                if not self._fill(deadline):
                    return
            data = self._buffer[_HEADER.size : _HEADER.size + length]
            self._buffer = self._buffer[_HEADER.size + length :]
            yield kind, data

    def _fill(self, deadline: float | None) -> bool:
        data = self._receive(deadline)
        self._buffer += data
        return bool(data)

    def _receive(self, deadline: float | None) -> bytes:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
        else:
            self._socket.settimeout(None)
        try:
            data: bytes = self._socket.recv(65536)
        except ConnectionError:
            return b""
        return data


def _already_read(hijacked: Any, connection: Any) -> bytes:
    """Recover what http.client read past the response's headers: docker-py hands out the bare socket."""
    try:
        reader = hijacked._response.raw._fp.fp
    except AttributeError:  # with TLS there is no reader in between
        return b""
    connection.setblocking(False)  # peek must not block if the buffer is empty
    try:
        return bytes(reader.peek())
    finally:
        connection.setblocking(True)
