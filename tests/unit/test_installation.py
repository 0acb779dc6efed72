"""The set-up installs for real, but two small packages only: one that a learner runs, one that tests add."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from helpers.setup import installation, locks

LEARNERS, ADDED = "six", "iniconfig"
Facts = dict[str, tuple[int, int]]


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment to be made, of a project whose locks pin one package each, as the real ones do."""
    place = tmp_path / ".venv"
    for lock, name, pinned in (
        ("LEARNER", LEARNERS, locks.entry(locks.LEARNER, LEARNERS)),
        ("ADDED", ADDED, locks.entry(locks.ADDED, ADDED) + locks.entry(locks.ADDED, "uv")),
    ):
        assert name in pinned
        file = tmp_path / f"{lock}.lock"
        file.write_text(pinned)
        monkeypatch.setattr(locks, lock, file)
    monkeypatch.setattr(installation, "VENV", place)
    monkeypatch.setattr(installation, "_MARK", place / "being-added")
    monkeypatch.setattr(installation, "_FIRST_IMPORTS", LEARNERS)
    installation.make()
    return place


def test_the_environment_has_what_a_learner_runs_and_nothing_else(venv: Path) -> None:
    assert imports(venv, LEARNERS)
    assert not imports(venv, ADDED)
    assert imports(venv, "helpers.errors")


def test_what_tests_add_leaves_what_is_there_as_it_is(venv: Path) -> None:
    running = subprocess.Popen(
        [venv / "bin" / "python", "-c", f"import {LEARNERS}, sys; sys.stdin.read(); import {ADDED}"],
        stdin=subprocess.PIPE,
        env={},
    )
    before = facts(venv)
    installation.add()
    after = facts(venv)
    assert before.items() <= after.items()
    assert imports(venv, ADDED)
    running.communicate()
    assert running.returncode == 0  # who was in the environment already has it, too


def test_an_addition_that_was_killed_is_made_whole(venv: Path) -> None:
    installation.add()
    before = facts(venv)
    (module,) = venv.glob(f"lib/python3*/site-packages/{ADDED}/__init__.py")
    module.unlink()  # uv sees its record, and takes it for installed
    installation.add()
    assert not module.exists()
    installation._MARK.touch()  # as a killed run leaves it
    installation.add()
    assert module.exists()
    learners = {name: seen for name, seen in before.items() if ADDED not in name and "uv" not in name}
    assert learners.items() <= facts(venv).items()


def test_a_setup_that_was_killed_is_made_again(venv: Path) -> None:
    (module,) = venv.glob(f"lib/python3*/site-packages/{LEARNERS}.py")
    module.unlink()
    installation.make()
    assert imports(venv, LEARNERS)


def imports(venv: Path, module: str) -> bool:
    command = [str(venv / "bin" / "python"), "-c", f"import {module}"]
    return subprocess.run(command, env={}, capture_output=True, timeout=60, check=False).returncode == 0


def facts(venv: Path) -> Facts:
    """The inode and the time of change of each file of a package."""
    files = venv.glob("lib/python3*/site-packages/**/*.py")
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}
