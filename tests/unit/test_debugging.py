"""LAB_DEBUG=1: what the helpers do is on the standard error stream, and nothing is without it."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from helpers import debugging, waiting
from helpers.engine import connect
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.paths import PROJECT
from helpers.waiting import NotYet, wait_until
from tests.unit.engine_double import EngineDouble, in_use

# Imports the package in two ways, then runs a program: one line, not two.
SCRIPT = (
    "from helpers import debugging, programs\n"
    "import helpers.command_line\n"
    "debugging.install()\n"
    "programs.run(['echo', 'hello'], timeout_s=9)"
)


def stderr_of(script: str, **environ: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env={**os.environ, "LAB_DEBUG": "", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stderr


def test_the_handler_is_installed_once() -> None:
    said = stderr_of(SCRIPT, LAB_DEBUG="1").splitlines()
    assert len(said) == 1
    assert re.fullmatch(r"[\d:.]+ helpers\.programs: echo hello: exit code 0 after [\d.]+ s", said[0])


@pytest.mark.parametrize("value", ["", "0"])
def test_without_lab_debug_nothing_is_printed(value: str) -> None:
    assert stderr_of(SCRIPT, LAB_DEBUG=value) == ""


def test_the_command_line_shows_the_traceback_of_an_error_and_of_its_cause() -> None:
    script = (
        "from helpers import command_line, commands\n"
        "from helpers.errors import LabError\n"
        "def fail(*_):\n"
        "    try:\n"
        "        {}['beneath it']\n"
        "    except KeyError as error:\n"
        "        raise LabError('Trying', 'a wall', 'Walk around it.') from error\n"
        "command_line.carry_out = fail\n"
        "commands.main(['doctor'])"
    )
    said = stderr_of(script, LAB_DEBUG="1")
    assert "KeyError: 'beneath it'" in said
    assert said.rstrip().endswith("Walk around it.")
    assert stderr_of(script) == "\nTrying\n  seen: a wall\n  next: Walk around it.\n"


def test_a_long_wait_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG, "helpers")
    looks = iter([NotYet(), "there"])
    assert wait_until(lambda: "there", tried="Waiting for nothing", within_s=1, next_step="") == "there"
    assert caplog.messages == []
    monkeypatch.setattr(waiting, "_LONG_S", 0.0)
    wait_until(lambda: next(looks), tried="Waiting for it", within_s=1, next_step="", every_s=0.01)
    (told,) = caplog.messages
    assert re.fullmatch(r"Waiting for it: after [\d.]+ s", told)


def test_what_a_lab_does_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "helpers")
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        double = EngineDouble(Path(directory) / "engine.sock")
        with in_use(double), Lab(engine=connect("docker")) as lab:
            lab["host"].run("echo hello")
        lab.engine.close()
        double.close()
    said = "\n".join(caplog.messages)
    for step in (
        "the choice of the Engine is docker",
        f"{double.url} (DOCKER_HOST) speaks API 1.45",
        f"Engine 26.1.5 at {double.url} (DOCKER_HOST)",
        "swept 0 objects of dead labs",
        f"the LAN of {lab.id} is {lab.lan.subnet}",
        "host: created 0123456789ab",
        "host is ready after ",
        "host: `echo hello`: exit code 0 after ",
        f"{lab.id}: removed 0 objects",
    ):
        assert step in said


def test_every_module_logs_under_its_own_name() -> None:
    """The handler is at the logger of the package: a logger of another name would never be heard."""
    for path in Path(PROJECT / "helpers").rglob("*.py"):
        found = re.findall(r"logging\.getLogger\(([^)]*)\)", path.read_text())
        assert set(found) <= {"__name__", "__package__", '"scapy"'}, path


def test_the_traceback_of_an_error_is_drawn_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    error = LabError("Trying", "a wall", "Walk around it.")
    assert error._render_traceback_() == [f"LabError: {error}"]
    monkeypatch.setenv("LAB_DEBUG", "1")
    assert error._render_traceback_()[-1].strip() == "next: Walk around it."
    assert debugging.enabled()
