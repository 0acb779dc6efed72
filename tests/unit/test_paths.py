"""Where files live: one place for every process of a user, and one message where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers import paths
from helpers.errors import LabError


def test_what_runs_is_found_from_every_session_of_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    from_cron = paths.engine_dir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert paths.engine_dir() == from_cron
    assert not list(tmp_path.iterdir())


def test_the_longest_socket_path_fits() -> None:
    socket = paths.run_dir() / "labs" / f"lab-{'0' * 8}" / f"{'m' * 20}.sock"
    uid = len(str(2**32 - 2)) - len(str(os.getuid()))
    assert len(str(socket)) + uid <= 107


@pytest.mark.parametrize("named", ["", "cache", "./cache", "~/cache"])
def test_a_relative_directory_is_ignored(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert paths.cache_dir() == tmp_path / ".cache" / paths.NAME


def read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be written there, not by root either: what a read-only mount answers."""
    real = os.access
    monkeypatch.setattr(os, "access", lambda one, mode: Path(one) != path and real(one, mode))
    path.mkdir(mode=0o700, parents=True)


def a_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.write_text("")


def somebody_elses(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.mkdir(mode=0o700, parents=True)
    monkeypatch.setattr(os, "getuid", lambda: 4711)


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "XDG_STATE_HOME"])
@pytest.mark.parametrize("damage", [read_only, a_file, somebody_elses])
def test_a_directory_that_cannot_be_used_is_one_message(
    damage: object, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "base"))
    path = tmp_path / "base" / paths.NAME
    damage(path, monkeypatch)  # type: ignore[operator]
    find = paths.cache_dir if variable == "XDG_CACHE_HOME" else paths.state_dir
    with pytest.raises(LabError) as caught:
        find()
    assert str(path) in str(caught.value)
    assert damage is somebody_elses or variable in caught.value.next_step


def test_no_home_at_all_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(LabError, match="Set HOME"):
        paths.cache_dir()
