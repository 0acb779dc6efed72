"""``lock``: pin the newest packages that pyproject.toml allows, for every platform and Python."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.paths import PROJECT
from helpers.setup import locks, uv
from helpers.steps import step
from tools import room

_HEADER = """\
# {what}, pinned for Linux and macOS and for Python from 3.11 on.
# Raise them all with: python3 -m tools lock
"""
# No index, link or setting of the machine that updates the lock may leak into it. Each pin must have a wheel:
# nothing is ever built on a learner's computer.
_OPTIONS = (
    "--universal --python-version=3.11 --fork-strategy=fewest --only-binary=:all: --generate-hashes"
    " --no-config --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet"
).split()
_WITHOUT_WHEELS = "argon2-cffi-bindings<26\n"  # 26.2 has none for Intel Macs
_TIMEOUT_S = 600


def command(arguments: list[str]) -> int:
    """Rewrite the lock files; all but the first hold what is added to it."""
    del arguments
    with step("Updating the lock files", about="20 s"):
        learner = _resolved(_WITHOUT_WHEELS, "pyproject.toml")
        locks.LEARNER.write_text(_HEADER.format(what="What a learner runs") + learner)
        _add("What tests and publishing add", "dev", locks.ADDED)
        _add("What an image of the course adds", "image", room.IMAGE_LOCK)
        _write("What a room's hub runs", "hub", room.HUB_LOCK)
        _write("What validates the values for a cluster", "cluster", PROJECT / "tests/room/cluster.lock")
    return 0


def _add(what: str, extra: str, lock: Path) -> None:
    shared = [f"--no-emit-package={name}" for name in locks.names(locks.LEARNER)]
    added = _resolved(locks.LEARNER.read_text(), f"--extra={extra}", *shared, "pyproject.toml")
    lock.write_text(_HEADER.format(what=what) + added)


def _write(what: str, group: str, lock: Path) -> None:
    lock.write_text(_HEADER.format(what=what) + _resolved("", f"--group=pyproject.toml:{group}"))


def _resolved(constraints: str, *wanted: str) -> str:
    """Resolve what is wanted under the constraints, to the newest version of each package."""
    program = uv.provide(lambda _: None)
    if program is None:
        raise LabError("Updating the lock files", "there is no uv for this system", "Use Linux or macOS.")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(constraints)
        file.flush()
        command: Sequence[str | Path] = [program, "pip", "compile", *_OPTIONS, f"--constraint={file.name}"]
        return programs.run(
            [*map(str, command), *wanted],
            timeout_s=_TIMEOUT_S,
            cwd=PROJECT,
            environ=uv.environ(),
            next_step="Check the network and pyproject.toml, then repeat.",
        ).stdout
