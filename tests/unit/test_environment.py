from __future__ import annotations

import json
import os
import shutil
import sys
import venv as venv_module
from collections import namedtuple
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.errors import LabError
from helpers.paths import PROJECT
from helpers.setup import environment, installation, locks, pip, uv
from helpers.steps import step

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that looks complete, for a project with its own lock file."""
    place = tmp_path / ".venv"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(locks, "LEARNER", tmp_path / "requirements.lock")
    monkeypatch.setattr(locks, "ADDED", tmp_path / "requirements-dev.lock")
    locks.LEARNER.write_text("docker==7.2.0\n")
    locks.ADDED.write_text("pytest==9.2.0\n")
    monkeypatch.setattr(environment, "VENV", place)
    monkeypatch.setattr(environment, "PYTHON", place / "bin" / "python")
    monkeypatch.setattr(environment, "_STAMP", place / "made-from.json")
    monkeypatch.setattr(environment, "_ADDED_STAMP", place / "added-from.json")
    both = [locks.LEARNER, locks.ADDED]
    environment._STAMP.write_text(json.dumps(environment._origin(both[:1], HERE)))
    environment._ADDED_STAMP.write_text(json.dumps(environment._origin(both, HERE)))
    return place


def test_a_complete_environment_is_not_rebuilt(venv: Path) -> None:
    assert environment.made()
    assert environment.complete()


@pytest.mark.parametrize(
    "damage", ["interrupted", "moved", "lock raised", "other Python", "Python gone", "garbage"]
)
def test_a_stale_environment_is_noticed(damage: str, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = environment._STAMP
    if damage == "interrupted":
        stamp.unlink()
    elif damage == "moved":
        monkeypatch.setattr(environment, "VENV", venv.parent / "elsewhere" / ".venv")
    elif damage == "lock raised":
        locks.LEARNER.write_text("docker==7.3.0\n")
    elif damage == "other Python":
        stamp.write_text(json.dumps(environment._origin([locks.LEARNER], "3.10")))
    elif damage == "Python gone":
        (venv / "bin" / "python").unlink()
        (venv / "bin" / "python").symlink_to("/nonexistent/python3")
    else:
        stamp.write_text("{")
    assert not environment.made()


@pytest.mark.parametrize("raised", ["LEARNER", "ADDED"])
def test_what_tests_add_is_added_again_when_a_lock_is_raised(raised: str, venv: Path) -> None:
    getattr(locks, raised).write_text("docker==7.3.0\n")
    assert not environment.complete()
    assert environment.made() is (raised == "ADDED")


def test_lacking_names_what_is_absent_or_too_old() -> None:
    wanted = ["pytest>=1.0", "pytest>=999.1", "no-such-distribution>=1"]
    assert environment.lacking(wanted) == ["pytest>=999.1", "no-such-distribution>=1"]


def test_every_dependency_has_the_form_that_the_setup_reads() -> None:
    for requirement in environment.dependencies(everything=True):
        name, minimum = requirement.split(">=")
        assert name.replace("-", "").isalnum(), requirement
        assert minimum.replace(".", "").isdigit(), requirement


def test_a_full_disk_is_reported_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**10, 10**10, 5 * 10**7))
    with pytest.raises(LabError, match="50 MB free"):
        installation.make()


def test_a_failing_pip_is_quoted(tmp_path: Path) -> None:
    python = program(
        tmp_path / "python", "echo Collecting docker; echo 'ERROR: No matching distribution'; exit 1"
    )
    told: list[str] = []
    with pytest.raises(LabError) as caught:
        pip.install(python, [], "Installing", told.append)
    assert caught.value.seen == "ERROR: No matching distribution"
    assert told == ["fetching docker"]


@pytest.mark.parametrize(
    ("said", "wheel"), [("", True), ("WARNING: Retrying (Retry(total=0", None), ("other platforms", False)]
)
def test_without_a_wheel_of_uv_there_is_none_and_without_a_network_an_error(
    said: str, wheel: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uv, "cache_dir", lambda: tmp_path)

    def fetch(python: Path, options: Sequence[str], tried: str, tell: object) -> None:
        if said:
            raise LabError(tried, f"{said}\nERROR: No matching distribution found for uv", pip.UNREACHABLE)
        program(python.with_name("uv"), "exit 0")

    monkeypatch.setattr(pip, "install", fetch)
    monkeypatch.setattr(venv_module, "create", lambda place, **options: Path(place, "bin").mkdir())
    if wheel is None:
        with pytest.raises(LabError, match="Retrying"):
            uv.provide(lambda _: None)
    else:
        assert bool(uv.provide(lambda _: None)) is wheel
    assert [one.is_file() for one in tmp_path.iterdir()] == [True] * bool(wheel)  # nothing else is left


def test_where_uv_fails_pip_goes_on(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Sequence[str]] = []
    failing = program(venv.parent / "uv", "echo 'error: it does not get through' >&2; exit 2")
    monkeypatch.setattr(installation, "VENV", venv)
    monkeypatch.setattr(venv_module.EnvBuilder, "create", lambda self, place: None)
    monkeypatch.setattr(uv, "provide", lambda tell: failing)
    monkeypatch.setattr(pip, "install", lambda python, options, tried, tell: calls.append(options))
    with step("test") as running:
        installation._install([locks.LEARNER], running)
    assert calls == [[f"--requirement={locks.LEARNER}"]]
    assert "uv cannot install here (error: it does not get through)" in capsys.readouterr().err


@pytest.mark.parametrize("interrupted", [False, True])
def test_an_addition_that_was_interrupted_is_made_whole(
    interrupted: bool, venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    monkeypatch.setattr(installation, "_MARK", venv / "being-added")
    monkeypatch.setattr(installation, "_install", lambda files, running, *again: given.extend(again))
    if interrupted:
        installation._MARK.touch()
    installation.add()
    assert given == ["--reinstall-package=pytest"] * interrupted
    assert not installation._MARK.exists()


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_process_that_waited_for_another_set_up_uses_its_result(
    venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stamp = environment._STAMP.read_text()
    environment._STAMP.unlink()
    entered: list[Path] = []

    @contextmanager
    def wait(lock: Path, what: str) -> Iterator[None]:
        environment._STAMP.write_text(stamp)  # the other process has finished meanwhile
        yield

    monkeypatch.setattr(environment, "exclusive", wait)
    monkeypatch.setattr(environment, "lacking", lambda wanted: ["docker>=7.2"])
    monkeypatch.setattr(environment, "_go_on_with", entered.append)
    monkeypatch.setattr(installation, "make", lambda: pytest.fail("made a second time"))
    environment.enter()
    assert entered == [environment.PYTHON]


def test_kernels_inherit_our_own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    jupyter = (f"JUPYTER_{kind}_DIR" for kind in ("CONFIG", "DATA", "RUNTIME"))
    for name in ("IPYTHONDIR", "MPLCONFIGDIR", *jupyter):
        monkeypatch.setenv(name, "/home/learner/own")
    environment.isolate()
    environment.isolate()
    assert os.environ["PYTHONPATH"] == f"{PROJECT}{os.pathsep}/somewhere"
    assert Path(os.environ["JUPYTER_DATA_DIR"]).is_relative_to(tmp_path)
    assert Path(os.environ["IPYTHONDIR"]).is_relative_to(tmp_path)
