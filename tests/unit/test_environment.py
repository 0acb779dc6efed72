from __future__ import annotations

import json
import os
import shutil
import sys
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers import environment, installation
from helpers.errors import LabError
from helpers.paths import PROJECT
from helpers.progress import step

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that looks complete, of a project with a lock of its own."""
    place = tmp_path / ".venv"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "requirements.lock").write_text("docker==7.2.0\n")
    monkeypatch.setattr(installation, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(environment, "VENV", place)
    monkeypatch.setattr(environment, "PYTHON", place / "bin" / "python")
    monkeypatch.setattr(environment, "_STAMP", place / "made-from.json")
    environment._STAMP.write_text(json.dumps(environment._origin(HERE)))
    return place


def test_a_complete_environment_is_not_made_again(venv: Path) -> None:
    assert environment.made()


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
        installation.LOCK.write_text("docker==7.3.0\n")
    elif damage == "other Python":
        stamp.write_text(json.dumps(environment._origin("3.10")))
    elif damage == "Python gone":
        (venv / "bin" / "python").unlink()
        (venv / "bin" / "python").symlink_to("/nonexistent/python3")
    else:
        stamp.write_text("{")
    assert not environment.made()


def test_lacking_names_what_is_absent_or_too_old() -> None:
    wanted = ["pytest>=1.0", "pytest>=999.1", "no-such-distribution>=1"]
    assert environment.lacking(wanted) == ["pytest>=999.1", "no-such-distribution>=1"]


def test_every_dependency_has_the_form_that_the_setup_reads() -> None:
    for requirement in environment.dependencies():
        name, minimum = requirement.split(">=")
        assert name.replace("-", "").isalnum(), requirement
        assert minimum.replace(".", "").isdigit(), requirement


def test_a_full_disk_is_told_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**10, 10**10, 5 * 10**7))
    with pytest.raises(LabError, match="50 MB free"):
        installation.make()


def test_a_failing_pip_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho Collecting docker; echo 'ERROR: No matching distribution'; exit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(installation, "VENV", tmp_path)
    with step("test") as making, pytest.raises(LabError) as caught:
        installation._pip_install(making)
    assert caught.value.seen == "ERROR: No matching distribution"


def test_whoever_waited_for_another_setup_uses_what_that_made(
    venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stamp = environment._STAMP.read_text()
    environment._STAMP.unlink()
    entered: list[Path] = []

    @contextmanager
    def wait(lock: Path, what: str) -> Iterator[None]:
        environment._STAMP.write_text(stamp)  # the other process has ended its work meanwhile
        yield

    monkeypatch.setattr(environment, "exclusive", wait)
    monkeypatch.setattr(environment, "lacking", lambda: ["docker>=7.2"])
    monkeypatch.setattr(environment, "_go_on_with", entered.append)
    monkeypatch.setattr(installation, "make", lambda: pytest.fail("made a second time"))
    environment.enter()
    assert entered == [environment.PYTHON]


def test_kernels_inherit_an_environment_of_our_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    for name in (
        "IPYTHONDIR",
        "MPLCONFIGDIR",
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
    ):
        monkeypatch.setenv(name, "/home/learner/own")
    environment.isolate()
    environment.isolate()
    assert os.environ["PYTHONPATH"] == f"{PROJECT}{os.pathsep}/somewhere"
    assert Path(os.environ["JUPYTER_DATA_DIR"]).is_relative_to(tmp_path)
    assert Path(os.environ["IPYTHONDIR"]).is_relative_to(tmp_path)
