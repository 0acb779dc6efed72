"""No other account on this computer can open our files and sockets, and every port requires a key.

Everything that the course starts is running meanwhile: the engine, a lab, a kernel, JupyterLab.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Queue

import psutil
import pytest
from jupyter_client.manager import KernelManager

from helpers import copies
from helpers.engine import Engine
from helpers.lab import Lab
from helpers.learning import record
from helpers.paths import PROJECT, cache_dir, engine_dir, run_dir, state_dir
from tests.engine.support import wait_until_empty
from tests.jupyterlab import JUPYTERLAB

NOBODY = 65534
START_S = 120


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Yield a separate state directory with some recorded progress and copies of the chapters."""
    tmp_path.chmod(0o755)  # so that the course protects the file, not pytest
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("LAB_PROGRESS", raising=False)
    record.note_done("02-1")
    copies.prepare()
    return state_dir()


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3", transport_encryption="auto")
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[psutil.Process, str]]:
    """Start JupyterLab as `make lab` does; yield its process and the address that it prints."""
    started = subprocess.Popen(
        [*JUPYTERLAB, "--no-browser"],
        cwd=PROJECT,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    addresses: Queue[str] = Queue()

    def read() -> None:
        for line in started.stderr or ():
            if found := re.search(r"http://127\.\S+token=\w+", line):
                addresses.put(found[0])

    threading.Thread(target=read, daemon=True).start()
    try:
        address = addresses.get(timeout=START_S)
        port = int(address.split(":")[2].partition("/")[0])
        assert wait_until_empty(lambda: not _listens(port), START_S) is False  # it prints just before
        yield psutil.Process(started.pid), address
    finally:
        started.terminate()
        started.wait(30)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_account_cannot_open_our_files_and_sockets(
    engine: Engine, lab: Lab, kept: Path, kernel: KernelManager, server: tuple[psutil.Process, str]
) -> None:
    places = [run_dir(), cache_dir(), kept]
    doors = [door for place in places for door in _with_contents(place)] + [Path(kernel.connection_file)]
    names = {door.name for door in doors}
    assert {"host.sock", "progress.json", "00_start_here.ipynb"} <= names
    if engine.endpoint.backend == "embedded":
        assert {"docker.sock", "qmp.sock", "state", "ssh_key", "host_key", "disk.qcow2"} <= names
    assert _opened([record.path()]) == [str(record.path())]  # the owner can
    assert _as_another_account(lambda: _opened([Path("/etc/passwd")])) == ["/etc/passwd"]  # everyone can
    assert _as_another_account(lambda: _opened(doors)) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_account_cannot_read_our_processes(
    engine: Engine, kernel: KernelManager, server: tuple[psutil.Process, str]
) -> None:
    ours = [process.pid for process in _ours()]
    assert len(ours) >= 2
    assert _as_another_account(lambda: [pid for pid in ours if _readable(pid)]) == []


def test_listening_sockets_are_only_on_loopback(
    engine: Engine, lab: Lab, kernel: KernelManager, server: tuple[psutil.Process, str]
) -> None:
    listening = {
        (process.name(), one.laddr.ip)
        for process in _ours()
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }
    assert listening
    assert {(name, address) for name, address in listening if address not in ("127.0.0.1", "::1")} == set()


def test_jupyterlab_requires_its_token(server: tuple[psutil.Process, str]) -> None:
    base, _, token = server[1].partition("lab")
    token = token.rpartition("token=")[2]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{base}api/contents", timeout=30)
    assert refused.value.code == 403
    with pytest.raises(urllib.error.HTTPError) as guessed:
        urllib.request.urlopen(f"{base}api/terminals?token={token[::-1]}", timeout=30)
    assert guessed.value.code == 403
    with urllib.request.urlopen(f"{base}api/contents?token={token}", timeout=30) as answer:
        assert "content" in json.load(answer)


@pytest.mark.parametrize("port", ["shell_port", "iopub_port", "stdin_port", "control_port"])
def test_a_kernel_requires_its_key(kernel: KernelManager, port: str) -> None:
    client = kernel.blocking_client()
    client.load_connection_file(kernel.connection_file)
    client.start_channels()
    client.wait_for_ready(START_S)
    client.stop_channels()
    asked = getattr(kernel, port)
    assert _greeted(asked, b"NULL")[12:] == b""  # it hangs up
    assert _greeted(asked, b"CURVE")[12:].rstrip(b"\0") == b"CURVE"


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _greeted(port: int, mechanism: bytes) -> bytes:
    """The reply of a ZeroMQ socket to a stranger who proposes that mechanism.

    Source: ZMTP 3.0, rfc.zeromq.org/spec/23, "greeting": signature, version, mechanism, role, filler.
    """
    greeting = b"\xff\0\0\0\0\0\0\0\1\x7f\3\0" + mechanism
    with socket.create_connection(("127.0.0.1", port), 10) as stranger:
        stranger.sendall(greeting.ljust(64, b"\0"))
        said = b""
        while len(said) < 64 and (data := stranger.recv(64)):
            said += data
    return said


def _ours() -> list[psutil.Process]:
    """This process's descendants, and the virtual machine and its SSH connections."""
    found = psutil.Process().children(recursive=True)
    named = str(engine_dir())
    for process in psutil.process_iter(["cmdline"]):
        if any(named in word for word in process.info["cmdline"] or []) and process not in found:
            found.append(process)
    return found


def _with_contents(place: Path) -> list[Path]:
    """The directory and all that is in it, except what another test run removes meanwhile."""
    found = [Path(where, name) for where, inner, files in os.walk(place) for name in [*inner, *files]]
    return [place, *found]


def _opened(doors: list[Path]) -> list[str]:
    """Those that can be listed, read, written to, connected to, or have a file created in them."""
    ways: list[Callable[[Path], object]] = [
        os.listdir,
        lambda path: path.open("rb").close(),
        lambda path: path.open("ab").close(),
        lambda path: socket.socket(socket.AF_UNIX).connect(str(path)),
        lambda path: (path / "intruder").touch(),
    ]
    return [str(door) for door in doors if any(_succeeds(way, door) for way in ways)]


def _succeeds(way: Callable[[Path], object], door: Path) -> bool:
    try:
        way(door)
    except OSError:
        return False
    return True


def _readable(pid: int) -> bool:
    """Whether the process's memory or environment can be read: both contain keys."""
    kept = (Path(f"/proc/{pid}/{what}") for what in ("environ", "mem"))
    return any(_succeeds(lambda path: path.open("rb").close(), path) for path in kept)


def _as_another_account(ask: Callable[[], Sequence[object]]) -> list[object]:
    """The result of `ask` in a child process with another user and group, without any of our rights."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(writing, json.dumps(ask()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    found: list[object] = json.loads(said)
    return found
