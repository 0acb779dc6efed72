"""Whatever an Engine, or something in its place, answers: the result is a lab or a readable error."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.engine import connect
from helpers.engine.reachable import Endpoint, open_client, resolve
from helpers.engine.vm import VirtualMachine
from helpers.errors import LabError
from helpers.lab import Lab, labels, ownership
from helpers.lab.stream import Stream
from tests.unit.engine_double import (
    ID,
    ROUTES,
    EngineDouble,
    frame,
    hijacked,
    in_use,
    listening,
    reply,
    told,
)
from tests.unit.properties import JSON, PRINTED, readable

BODIES = st.one_of(
    JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=20),
    st.just(b"<html>It works!</html>"),
)
STREAMS = st.lists(
    st.one_of(
        PRINTED.map(lambda text: frame(1, text.encode(errors="replace"))),
        st.just(frame(1, b"booted \n")),
        st.just(frame(1, b"booted 26.1.5 1.45\n")),
        st.binary(max_size=12),
    ),
    max_size=4,
).map(b"".join)
ANSWERS = st.one_of(
    BODIES.map(reply),
    BODIES.map(lambda body: reply(body, promised=len(body) + 9)),
    st.builds(reply, BODIES, st.sampled_from(["204 No Content", "404 Not Found", "500 Oops", "302 Found"])),
    st.just(b""),
    st.binary(max_size=30),
    STREAMS.map(hijacked),
)


@pytest.fixture(scope="module")
def double() -> Iterator[EngineDouble]:
    with listening() as started:
        yield started


@pytest.fixture
def quick(double: EngineDouble) -> Iterator[None]:
    with in_use(double):
        yield


def use(double: EngineDouble) -> None:
    """Connect, start a lab, run a command, look for a container, close."""
    engine = connect("docker")
    try:
        with Lab(engine=engine) as started:
            host = started["host"]
            done = host.run("echo hello", timeout=1)
            assert isinstance(done.exit_code, int)
            host.container("web")
    finally:
        engine.close()


def test_the_unmodified_double_behaves_like_an_engine(quick: None, double: EngineDouble) -> None:
    double.changed = {}
    engine = connect("docker")
    with Lab(engine=engine) as started:
        assert started["host"].version == "26.1.5"
        assert started["host"].run("echo hello").stdout == "hello\n"
    engine.close()


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(sorted(ROUTES)), ANSWERS, min_size=1, max_size=2))
@example({"GET /version": told({"ApiVersion": "one", "Version": "26"})})
@example({"GET /version": told({"ApiVersion": "1.45", "Components": [1]})})
@example({"GET /networks": told([{"Id": ID, "Name": "odd", "IPAM": {"Config": [{"Subnet": "everything"}]}}])})
@example({"GET /info": told([])})
@example({"GET /volumes": told({})})
@example({"POST /networks/create": told({})})
@example({"POST /containers/create": told({})})
@example({"POST /containers/.*/attach": hijacked(frame(1, b"booted\n"))})
@example({"POST /containers/.*/attach": hijacked(frame(1, b"booted 26 x\n") + frame(1, b"ready\n"))})
@example({"POST /containers/.*/exec": told({})})
@example({"GET /exec/.*/json": told({"ExitCode": "seven"})})
@example({"POST /exec/.*/start": hijacked(b"\x01\0\0\0\xff\xff\xff\xffshort")})
def test_answers_that_docker_would_not_give(
    quick: None, double: EngineDouble, changed: dict[str, bytes]
) -> None:
    double.changed = changed
    with readable():
        use(double)


def test_a_mistake_of_ours_while_a_lab_starts_shows(
    quick: None, double: EngineDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(lab_id: str) -> dict[str, str]:
        raise KeyError("ours")

    double.changed = {}
    monkeypatch.setattr(labels, "for_lab", mistaken)
    with pytest.raises(KeyError, match="ours"):
        use(double)


@pytest.mark.parametrize(
    "changed",
    [
        {"POST /containers/.*/attach": hijacked(frame(1, b"never\n"))},
        {"POST /containers/create": reply(b'{"message": "no"}', "500 Oops")},
        {"POST /networks/create": reply(b'{"message": "no"}', "500 Oops")},
        {"GET /volumes": told([])},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_lab_that_does_not_start_leaves_no_socket_and_no_thread(
    quick: None, double: EngineDouble, changed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    double.changed = changed
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        monkeypatch.setattr(ownership, "run_dir", lambda: Path(directory))
        with pytest.raises(LabError):
            use(double)
        assert list(Path(directory).glob("labs/*/*.sock")) == []  # the watch deletes the owner's lock
    assert not [one for one in set(threading.enumerate()) - before if one.name.startswith("tunnel")]


def test_an_answer_that_is_nested_too_deeply(quick: None, double: EngineDouble) -> None:
    double.changed = {"GET /networks": reply(b"[" * 100_000)}
    with pytest.raises(LabError, match="RecursionError"):
        use(double)


@given(st.text(st.characters(exclude_characters="\0")), st.text(st.characters(exclude_characters="\0")))
@example("tcp://[", "")
@example("ssh://host:port", "")
@example("unix://", "")
def test_engine_addresses(host: str, context: str) -> None:
    with readable():
        assert resolve({"DOCKER_HOST": host, "DOCKER_CONTEXT": context, "DOCKER_CONFIG": "/nowhere"}).url


@pytest.mark.parametrize("url", ["ssh://host:99999999", "tcp://host:0x1", "tcp://[::1", "tcp://127.0.0.1:1"])
def test_addresses_that_lead_nowhere(url: str) -> None:
    with pytest.raises(LabError, match="Reaching the Docker Engine"):
        open_client(Endpoint(url, "test"), timeout_s=3)


# ---- the byte streams


@given(st.binary(max_size=200), st.booleans(), st.integers(1, 50))
@example(b"\x01\0\0\0\xff\xff\xff\xffshort", True, 50)
def test_a_stream_ends_whatever_is_sent(sent: bytes, framed: bool, piece: int) -> None:
    engine, client = socket.socketpair()
    with engine, client:
        for start in range(0, len(sent), piece):
            engine.sendall(sent[start : start + piece])
        engine.close()
        received = b"".join(data for _, data in Stream(client, framed=framed).output())
    assert received == sent if not framed else len(received) <= len(sent)


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=30)), max_size=5), st.integers(1, 20))
def test_frames_survive_any_fragmentation(frames: list[tuple[int, bytes]], piece: int) -> None:
    sent = b"".join(frame(kind, data) for kind, data in frames)
    engine, client = socket.socketpair()
    with engine, client:
        for start in range(0, len(sent), piece):
            engine.sendall(sent[start : start + piece])
        engine.close()
        assert list(Stream(client, framed=True).output()) == frames


# ---- the files of a virtual machine


@given(st.binary(max_size=10))
def test_damaged_files_of_a_virtual_machine(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.getbasetemp()
    (directory / "qemu.pid").write_bytes(content)
    virtual_machine = VirtualMachine(directory)
    assert virtual_machine.alive() is False
    virtual_machine.end()
    (directory / "ssh_port").write_bytes(content)
    with readable():
        assert virtual_machine.ssh_port is not None


@pytest.mark.parametrize(
    "answer", ["", "[]", "null", "{}", '{"return": []}', '{"error": "no"}', '{"error": {"desc": "no"}}', "{"]
)
def test_odd_answers_of_qemu(tmp_path: Path, answer: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor(1) as pool:
        listener.bind(str(tmp_path / "qmp.sock"))
        listener.listen()
        qemu = pool.submit(_answer_once, listener, answer)
        with pytest.raises(LabError, match="asking QEMU for query-status"):
            VirtualMachine(tmp_path).qmp("query-status")
        qemu.result(10)


def _answer_once(listener: socket.socket, answer: str) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rw") as stream:
        stream.write("greeting\n")
        for line in ('{"return": {}}', answer):
            stream.flush()
            stream.readline()
            stream.write(f"{line}\n")
