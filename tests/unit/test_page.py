"""JupyterLab as `make lab` starts it, and the ways to its page, without an Engine."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from helpers.commands import clean
from helpers.errors import LabError
from helpers.page import options, redirect, remote
from helpers.paths import NAME, PROJECT, copies_dir, run_dir
from helpers.setup import environment
from helpers.waiting import NotYet, wait_until
from tests.jupyterlab import JUPYTERLAB

START_S = 120
# A browser that notes what it is given, that file's mode and text, and the arguments of all processes.
BROWSER = """\
import json, os, sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

path = Path(unquote(urlsplit(sys.argv[1]).path))
called = []
for one in Path("/proc").glob("[0-9]*/cmdline"):
    with suppress(OSError):
        called.append(one.read_text(errors="replace"))
mode = path.stat().st_mode & 0o777
note = {"address": sys.argv[1], "mode": mode, "page": path.read_text(), "called": called}
whole = Path(os.environ["NOTE"])
whole.with_suffix(".part").write_text(json.dumps(note))
whole.with_suffix(".part").rename(whole)
"""


class Learner:
    """Somebody with a home and a screen of their own who starts JupyterLab."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.note = home / "note.json"
        (home / "browser.py").write_text(BROWSER)
        self.environ = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("JUPYTER", "SSH", "WSL"))
            },
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_STATE_HOME": str(home / ".local" / "state"),
            "BROWSER": f"{sys.executable} {home / 'browser.py'} %s",
            "NOTE": str(self.note),
            "DISPLAY": ":0",
        }
        self.servers: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start it as `lab` does once an Engine is there."""
        started = subprocess.Popen(
            [*JUPYTERLAB, *arguments],
            cwd=PROJECT,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # As in a terminal; whoever runs the tests in the background may have it ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.servers.append(started)
        return started

    def told(self) -> dict[str, Any]:
        """What the browser noted."""

        def look() -> str | NotYet:
            return self.note.read_text() if self.note.exists() else NotYet()

        noted: dict[str, Any] = json.loads(
            wait_until(look, tried="Waiting for the browser", within_s=START_S, next_step="-")
        )
        self.note.unlink()
        return noted

    def pages(self) -> list[Path]:
        """The files in their home that lead to JupyterLab, and what holds them."""
        return sorted(redirect.in_home().parent.glob(f"{redirect.in_home().name}/**"))


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Learner]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".local" / "state"))
    learner = Learner(tmp_path)
    yield learner
    for one in learner.servers:
        one.kill()
        one.wait()


def said(started: subprocess.Popen[str]) -> str:
    """What JupyterLab printed up to its address."""
    assert started.stderr
    lines: list[str] = []
    for line in started.stderr:
        lines.append(line)
        if re.search(r"http://127\.\S+token=", line):
            break
    return "".join(lines)


@pytest.mark.skipif(sys.platform != "linux", reason="browsers are snaps on Linux alone")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_browser_gets_a_file_that_a_snap_can_read_and_no_process_shows_the_token(
    learner: Learner, end: signal.Signals
) -> None:
    started = learner.start()
    told = learner.told()
    path = Path(told["address"].removeprefix("file://"))
    inside = path.relative_to(learner.home)  # the project's own directory is not below this home
    assert not [part for part in inside.parts if part.startswith(".")]
    assert told["mode"] == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    found = re.search(r"token=(\w{20,})", told["page"])
    assert found
    assert any("helpers.page" in called for called in told["called"])
    assert not [called for called in told["called"] if found[1] in called]
    started.send_signal(end)
    started.wait(60)
    assert learner.pages() == []


@pytest.mark.skipif(sys.platform != "linux", reason="browsers are snaps on Linux alone")
def test_what_a_killed_server_left_is_removed_at_the_next_start_and_a_living_one_is_spared(
    learner: Learner,
) -> None:
    killed = learner.start()
    left = Path(learner.told()["address"].removeprefix("file://"))
    killed.kill()
    killed.wait()
    assert left.exists()
    living = learner.start()
    kept = Path(learner.told()["address"].removeprefix("file://"))
    assert not left.exists()
    redirect.remove_leftovers()
    assert kept.exists()
    living.terminate()
    living.wait(60)
    assert learner.pages() == []


def test_a_directory_that_others_can_enter_or_that_cannot_be_made_is_not_used(learner: Learner) -> None:
    redirect.in_home().mkdir(mode=0o755)
    with redirect.page() as page:
        assert page.parent == run_dir()
    redirect.in_home().rmdir()
    redirect.in_home().touch()
    with redirect.page() as page:
        assert page.parent == run_dir()
    assert not page.exists()


@pytest.mark.parametrize(
    ("project", "place"),
    [("course", "course/build/page"), (".src/course", "docker-networking-lab-page"), ("", "build/page")],
)
def test_the_project_is_used_where_a_snap_sees_it(
    learner: Learner, monkeypatch: pytest.MonkeyPatch, project: str, place: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(redirect, "BUILD", learner.home / project / "build")
    with redirect.page() as page:
        assert page.parent == learner.home / place
        assert page.stat().st_mode & 0o777 == 0o600
    assert not page.parent.exists()
    assert not (learner.home / project / "build").exists()


def test_a_file_that_is_held_is_no_leftover(learner: Learner) -> None:
    with redirect.page() as page, page.open() as second, pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("worked", [True, False])
def test_clean_removes_the_directory_in_the_home_and_names_what_it_leaves(
    worked: bool, learner: Learner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = learner.home / "nothing"
    for name in ("BUILD", "VENV"):
        monkeypatch.setattr(clean, name, nothing)
    for name in ("run_dir", "cache_dir"):
        monkeypatch.setattr(clean, name, lambda: nothing)
    monkeypatch.setattr(environment, "leave", lambda: None)
    monkeypatch.setattr(environment, "usable", lambda: None)
    redirect.in_home().mkdir()
    (redirect.in_home() / "left-open.html").touch()
    if worked:
        (copies_dir() / "02_user_defined_bridge.ipynb").touch()
    assert clean.command([]) == 0
    assert not redirect.in_home().exists()
    said = capsys.readouterr().err
    assert str(redirect.in_home()) in said
    state = learner.home / ".local" / "state" / NAME
    assert (f"rm -r {state}" in said) == worked
    assert state.exists() == worked
    assert not worked or (copies_dir() / "02_user_defined_bridge.ipynb").exists()


def test_over_ssh_the_line_for_the_tunnel_has_the_port_that_jupyterlab_took(learner: Learner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        remote_learner = {"SSH_CONNECTION": "10.0.0.7 40000 10.0.0.9 22"}
        heard = said(learner.start(f"--ServerApp.port={port}", **remote_learner))
    found = re.search(r"http://127.0.0.1:(\d+)/", heard)
    address = re.findall(r"http://127.0.0.1:(\d+)/lab\S*token=", heard)
    assert found
    assert address == [found[1]]
    assert found[1] != str(port)
    assert f"    ssh -N -L {found[1]}:127.0.0.1:{found[1]} {getpass.getuser()}@10.0.0.9\n" in heard
    assert not learner.note.exists()  # no browser
    assert "file://" not in heard


def test_an_option_of_the_learner_takes_precedence(learner: Learner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = learner.start(
        "--no-browser", "--ServerApp.ip=0.0.0.0", f"--port={port}", "--LabApp.default_url=/lab"
    )
    assert f"http://127.0.0.1:{port}/lab?token=" in said(started)

    def listening() -> set[str] | NotYet:
        sockets = psutil.Process(started.pid).net_connections("tcp4")
        return {one.laddr.ip for one in sockets if one.laddr.port == port} or NotYet()

    tried = "Waiting for JupyterLab to listen"
    assert wait_until(listening, tried=tried, within_s=START_S, next_step="-") == {"0.0.0.0"}
    assert not learner.note.exists()


@pytest.mark.parametrize(
    ("connection", "listening", "ends"),
    [
        ("10.0.0.7 40000 10.0.0.9 22", "127.0.0.1", "-L 8888:127.0.0.1:8888 ada@10.0.0.9"),
        ("10.0.0.7 40000 10.0.0.9 2222", "0.0.0.0", "-L 8888:127.0.0.1:8888 -p 2222 ada@10.0.0.9"),
        ("10.0.0.7 40000 10.0.0.9 22", "10.0.0.9", "-L 8888:10.0.0.9:8888 ada@10.0.0.9"),
        ("fd00::7 40000 fd00::9 22", "::1", "-L 8888:[::1]:8888 ada@fd00::9"),
        ("8.8.8.8 40000 10.0.0.9 22", "localhost", "-L 8888:localhost:8888 ada@lab.example"),  # translated
        ("127.0.0.1 40000 127.0.0.1 2222", "127.0.0.1", "-L 8888:127.0.0.1:8888 ada@lab.example"),
        ("fe80::1%eth0 40000 fe80::2%eth0 22", "127.0.0.1", "-L 8888:127.0.0.1:8888 ada@lab.example"),
        ("UNKNOWN 65535 UNKNOWN 65535", "127.0.0.1", "-L 8888:127.0.0.1:8888 ada@lab.example"),
        ("", "127.0.0.1", "-L 8888:127.0.0.1:8888 ada@lab.example"),
    ],
)
def test_the_line_for_the_tunnel(
    monkeypatch: pytest.MonkeyPatch, connection: str, listening: str, ends: str
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", connection)
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    monkeypatch.setattr(socket, "getfqdn", lambda: "lab.example")
    assert f"\n    ssh -N {ends}\n" in remote.directions(listening, 8888)


@pytest.mark.parametrize(
    "option", ["--frobnicate", "--frobnicate=3", "--ServerApp.prot=3", "--Foo.bar=1", "-x"]
)
def test_an_option_that_jupyterlab_does_not_know_is_refused(option: str, learner: Learner) -> None:
    environment.isolate()
    with pytest.raises(LabError, match=f"no option --{option.strip('-').partition('=')[0]}"):
        options.check(["--no-browser", option])


@pytest.mark.parametrize("arguments", [["--port=many"], ["no-such-chapter.ipynb"]])
def test_a_value_that_jupyterlab_cannot_take_is_refused(arguments: list[str], learner: Learner) -> None:
    environment.isolate()
    with pytest.raises(SystemExit) as ended:
        options.check(arguments)
    assert ended.value.code == 1


def test_options_that_jupyterlab_knows_are_accepted(learner: Learner) -> None:
    environment.isolate()
    options.check("--no-browser -y --port 9999 --ip=0.0.0.0 --TerminalManager.cull_interval=3".split())
