"""The Engine API's byte streams: frames, half-close and deadlines."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from helpers.lab.stream import STDERR, STDOUT, Stream


def frame(kind: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", kind, len(data)) + data


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    engine, client = socket.socketpair()
    with engine, client:
        yield engine, client


def test_frames_are_separated_however_they_are_fragmented(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, client = pair
    for byte in frame(STDOUT, b"out") + frame(STDERR, b"error") + frame(STDOUT, b""):
        engine.send(bytes([byte]))
    engine.close()
    assert list(Stream(client, framed=True).output()) == [
        (STDOUT, b"out"),
        (STDERR, b"error"),
        (STDOUT, b""),
    ]


def test_a_terminal_has_no_frames(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, client = pair
    engine.sendall(b"\x01as it is")
    engine.close()
    assert b"".join(data for _, data in Stream(client, framed=False).output()) == b"\x01as it is"


def test_half_a_frame_is_not_output(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, client = pair
    engine.sendall(frame(STDOUT, b"cut off")[:-1])
    engine.close()
    assert list(Stream(client, framed=True).output()) == []


def test_output_continues_after_half_close(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, client = pair
    stream = Stream(client, framed=True)
    stream.send(b"question")
    stream.half_close()
    assert engine.recv(100) == b"question"
    assert engine.recv(100) == b""
    engine.sendall(frame(STDOUT, b"answer"))
    engine.close()
    assert list(stream.output()) == [(STDOUT, b"answer")]


def test_a_deadline_ends_the_wait_and_reading_can_continue(pair: tuple[socket.socket, socket.socket]) -> None:
    engine, client = pair
    stream = Stream(client, framed=True)
    late = frame(STDOUT, b"late")
    engine.sendall(late[:5])
    with pytest.raises(TimeoutError):
        list(stream.output(time.monotonic() + 0.1))
    engine.sendall(late[5:])
    engine.close()
    assert list(stream.output(time.monotonic() + 5)) == [(STDOUT, b"late")]
