"""A test run stops its own engines, and those of runs that were killed; nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.engine import embedded
from helpers.paths import ENGINE, TEST_ENGINE, engine_of_tests, run_dir
from tests import own_engines

CONTROLLER = """
import fcntl, sys, time
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print(flush=True)
time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (embedded, own_engines):
        monkeypatch.setattr(module, "run_dir", lambda: tmp_path)
    monkeypatch.setenv("LAB_INSTANCE", "engine-of-the-user")
    return tmp_path


def run_of(name: str, place: Path) -> subprocess.Popen[bytes]:
    """A process that controls a run, which has started two engines."""
    for engine in (name, f"{name}-gw1"):
        (place / engine).mkdir()
        (place / f"{engine}.stock.log").touch()
    command = [sys.executable, "-c", CONTROLLER, str(place / f"{name}.run")]
    controller = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert controller.stdout
    controller.stdout.readline()
    return controller


def test_a_run_stops_what_a_killed_run_has_left_and_nothing_else(place: Path) -> None:
    killed, other = f"{TEST_ENGINE}0000001", f"{TEST_ENGINE}0000002"
    with run_of(killed, place) as first, run_of(other, place) as second:
        first.kill()
        first.wait(10)
        for name in (ENGINE, f"{ENGINE}-soak"):
            (place / name).mkdir()
        others = {path.name for path in place.iterdir() if not path.name.startswith(killed)}
        lock = own_engines.claim(workers=True)
        assert {path.name for path in place.iterdir()} == others | {f"{engine_of_tests()}.run"}
        own = place / f"{engine_of_tests()}-gw1"
        own.mkdir()
        own_engines.stop(engine_of_tests())
        assert {path.name for path in place.iterdir()} == others
        lock.close()
        second.kill()


def test_workers_have_engines_of_their_own_and_a_run_alone_accepts_a_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_engines.claim(workers=False).close()
    assert os.environ["LAB_INSTANCE"] == "engine-of-the-user"
    own_engines.claim(workers=True).close()
    assert os.environ["LAB_INSTANCE"] == engine_of_tests()
    monkeypatch.delenv("LAB_INSTANCE")
    own_engines.claim(workers=False).close()
    assert os.environ["LAB_INSTANCE"] == engine_of_tests()


def test_the_path_of_the_longest_socket_fits() -> None:
    suffix = 17  # what ssh adds while it creates one
    uid = len(str(2**32 - 2)) - len(str(os.getuid()))
    for name in ("recovers", "generations"):
        socket = run_dir() / f"{TEST_ENGINE}{2**22:07}-gw10-{name}" / "docker.sock"
        assert len(str(socket)) + suffix + uid <= 107
