"""An Engine behind ssh, with a program in the place of ssh. Needs neither an Engine nor an SSH server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from helpers.engine.reachable import Endpoint, open_client, resolve
from helpers.errors import LabError
from helpers.paths import PROJECT
from tests.engine.support import mode, wait_until_empty
from tests.unit.engine_double import EngineDouble, listening

# What ssh does, with this computer as the other one: the forward of -L, and the command with our input.
FORWARDING = f"""#!{sys.executable}
import os, socket, subprocess, sys, threading
if "-L" not in sys.argv or "-O" in sys.argv:
    sys.exit(255)
here, there = sys.argv[sys.argv.index("-L") + 1].split(":")
listener = socket.socket(socket.AF_UNIX)
os.umask(0o177)
listener.bind(here)
listener.listen()

def carry(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)

def accept():
    while True:
        near, far = listener.accept()[0], socket.socket(socket.AF_UNIX)
        try:
            far.connect(there)
        except OSError:
            near.close()
            continue
        threading.Thread(target=carry, args=(near, far), daemon=True).start()
        threading.Thread(target=carry, args=(far, near), daemon=True).start()

threading.Thread(target=accept, daemon=True).start()
os._exit(subprocess.run(["sh", "-c", sys.argv[-1]]).returncode)
"""

Install = Callable[[str], None]


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that puts a program as `ssh` before the real one in PATH."""

    def install(code: str) -> None:
        program = tmp_path / "ssh"
        program.write_text(code if code.startswith("#!") else f"#!/bin/sh\n{code}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return install


@pytest.fixture
def double() -> Iterator[EngineDouble]:
    with listening() as started:
        yield started


@pytest.fixture(autouse=True)
def sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test a place of its own for sockets: it is empty at the end, and no `ssh` runs on."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        place = Path(directory)
        monkeypatch.setattr("helpers.engine.ssh.run_dir", lambda: place)
        yield place
        assert wait_until_empty(lambda: [*place.iterdir(), *processes(tmp_path / "ssh")], 10) == []


def processes(program: Path) -> list[Path]:
    return [
        program for one in psutil.process_iter(["cmdline"]) if str(program) in (one.info["cmdline"] or [])
    ]


def through(double: EngineDouble) -> str:
    """The URL of the double, for the ssh that leads back to this computer."""
    return double.url.replace("unix://", "ssh://me@far")


def refusal(url: str, timeout_s: int = 5) -> LabError:
    with pytest.raises(LabError) as caught:
        open_client(Endpoint(url, "test"), timeout_s)
    assert caught.value.tried == f"Reaching the Docker Engine at {url} (test)"
    return caught.value


def test_an_engine_is_reached_through_ssh(ssh: Install, double: EngineDouble, sockets: Path) -> None:
    ssh(FORWARDING)
    endpoint = resolve({"DOCKER_HOST": through(double)})
    with closing(open_client(endpoint, timeout_s=20)) as client:
        assert client.info()["ID"] == "double"
        (path,) = sockets.iterdir()
        assert mode(path) == "0o600"


def test_ssh_ends_with_a_process_that_is_killed(
    ssh: Install, double: EngineDouble, tmp_path: Path, sockets: Path
) -> None:
    ssh(FORWARDING)
    owner = (
        "import sys\nfrom pathlib import Path\nfrom helpers.engine import ssh\n"
        "from helpers.engine.reachable import *\nssh.run_dir = lambda: Path(sys.argv[2])\n"
        "client = open_client(Endpoint(sys.argv[1], 'test'))\nprint(client.info()['ID'], flush=True)\ninput()"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", owner, through(double), str(sockets)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        assert started.stdout
        assert started.stdout.readline() == "double\n"
        assert list(sockets.iterdir())
        assert processes(tmp_path / "ssh")
        started.send_signal(signal.SIGKILL)
    assert wait_until_empty(lambda: [*sockets.iterdir(), *processes(tmp_path / "ssh")], 10) == []


def test_errors_of_ssh_are_quoted(ssh: Install) -> None:
    ssh('echo "me@far: Permission denied (publickey)." >&2; exit 255')
    error = refusal("ssh://me@far")
    assert error.seen == "me@far: Permission denied (publickey)."
    assert error.next_step.endswith("ssh ssh://me@far docker version")


def test_an_ssh_that_says_nothing(ssh: Install) -> None:
    ssh("exit 3")
    assert refusal("ssh://me@far").seen == "ssh ended with exit code 3"


def test_ssh_without_an_answer_is_bounded(ssh: Install) -> None:
    ssh("echo Who are you? >&2; exec sleep 60")
    started = time.monotonic()
    assert "no answer to ssh\nWho are you?\nafter 1 s" in refusal("ssh://me@far:22", timeout_s=1).seen
    assert time.monotonic() - started < 4


def test_there_is_no_socket_at_the_other_end(ssh: Install) -> None:
    ssh(FORWARDING)
    error = refusal("ssh://me@far/nowhere/engine.sock")
    assert error.seen.startswith("ssh has connected, but no Engine answers there:\nls: ")
    assert "No such file or directory" in error.seen
    assert f"uid={os.getuid()}" in error.seen
    assert error.next_step.endswith("ssh ssh://me@far docker -H unix:///nowhere/engine.sock version")


def test_something_else_at_the_other_end_is_told_from_an_engine(ssh: Install, double: EngineDouble) -> None:
    ssh(FORWARDING)
    double.changed = {"GET /version": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"}
    assert "not a Docker Engine" in refusal(through(double)).seen


@pytest.mark.parametrize(
    ("url", "destination", "there"),
    [
        ("ssh://far", "ssh://far", "/var/run/docker.sock"),
        ("ssh://Me@Far:2222/", "ssh://Me@Far:2222", "/var/run/docker.sock"),
        ("ssh://me@[::1]/run/my engine.sock", "ssh://me@[::1]", "/run/my engine.sock"),
    ],
)
def test_user_and_port_are_left_to_ssh(
    ssh: Install, tmp_path: Path, url: str, destination: str, there: str
) -> None:
    ssh(f'[ "$1" != -T ] || printf "%s\\n" "$@" > {tmp_path}/arguments; exit 1')
    assert resolve({"DOCKER_HOST": url}).url == url
    refusal(url)
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[arguments.index("--") + 1] == destination
    assert arguments[arguments.index("-L") + 1].partition(":")[2] == there
    assert not {"-p", "-l", "-F"} & set(arguments)


def test_a_connection_that_the_user_has_opened_loses_the_forward_again(
    ssh: Install, tmp_path: Path, sockets: Path
) -> None:
    shared = tmp_path / "shared"
    ssh(
        f'[ "$1" = -G ] && echo "controlpath {shared}" && exit\n'
        f'[ "$1" = -F ] && echo "$@" > {tmp_path}/taken_back && exit\nexit 1'
    )
    subprocess.run([sys.executable, "-c", _LISTEN, shared], check=True)
    refusal("ssh://me@far")
    taken_back = (tmp_path / "taken_back").read_text()
    assert taken_back.startswith(f"-F none -S {shared} -O cancel -L {sockets}/ssh-")
    assert taken_back.endswith(".sock:/var/run/docker.sock -- ssh://me@far\n")


_LISTEN = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"


def test_there_is_no_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refusal("ssh://me@far:22")
    assert error.seen == "there is no ssh command here"
    assert error.next_step == "Install the OpenSSH client."


@pytest.mark.parametrize("url", ["ssh://", "ssh:///run/docker.sock", "ssh://me:secret@far", "ssh://far?x=y"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(LabError, match="Understanding the Docker address"):
        resolve({"DOCKER_HOST": url})
