"""What the tests on a real Engine share: a process that owns a lab, and waiting until all is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from helpers.paths import PROJECT
from helpers.waiting import NotYet, wait_until

_OWNER = "from helpers.lab import Lab; print(Lab().id, flush=True); input()"


class Owner:
    """A process that owns a lab of one machine."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = python(_OWNER, environment, stdin=subprocess.PIPE)
        assert self.process.stdout
        self.lab_id = self.process.stdout.readline().strip()
        assert self.lab_id.startswith("lab-"), "the lab did not start: see its error message above"

    def watches(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "helpers.lab.watch" in child.cmdline()]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def python(code: str, environment: Mapping[str, str], stdin: int | None = None) -> subprocess.Popen[str]:
    """Run Python in another process, with this project's helpers."""
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_until_empty(remaining: Callable[[], object], timeout_s: float) -> object:
    """Wait until `remaining` returns something empty, and return that; an error says what is left."""

    def look() -> object:
        return NotYet(f"left: {left}") if (left := remaining()) else left

    return wait_until(
        look, tried="Waiting until nothing is left", within_s=timeout_s, next_step="", every_s=1
    )


def mode(path: Path) -> str:
    return oct(path.lstat().st_mode & 0o777)
