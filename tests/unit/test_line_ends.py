"""A checkout with Windows line ends does not come about, and is refused where it came another way."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from helpers import line_ends
from helpers.commands import doctor
from helpers.engine import connect, entries
from helpers.engine.variants import PLAIN
from helpers.errors import LabError
from helpers.paths import PROJECT
from helpers.setup import environment


@pytest.fixture
def from_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take a copy of the package in which every text has CRLF, as in a ZIP from Windows."""
    copy = shutil.copytree(PROJECT / "helpers", tmp_path / "helpers")
    for path in copy.rglob("*"):
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            path.write_bytes(content.replace(b"\n", b"\r\n"))
    monkeypatch.setattr(line_ends, "PACKAGE", copy)
    return copy


def test_the_project_has_the_line_ends_of_linux() -> None:
    line_ends.check()


@pytest.mark.usefixtures("from_windows")
def test_the_damaged_files_are_named() -> None:
    with pytest.raises(LabError, match="CRLF") as caught:
        line_ends.check()
    for name in ("images/machine/customize.sh", "images/vm/packages.txt", "engine/scripts/probe.sh"):
        assert name in caught.value.seen
    assert ".py" not in caught.value.seen


def test_no_engine_is_started_from_it(from_windows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "cached", lambda: from_windows)  # nothing has been built there
    for start in (connect, lambda: entries._build(PLAIN, from_windows / "entry")):
        with pytest.raises(LabError, match="CRLF"):
            start()


@pytest.mark.usefixtures("from_windows")
def test_doctor_shows_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(environment, "enter_if_made", lambda: True)
    assert doctor.command([]) == 1
    assert "customize.sh" in capsys.readouterr().out


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="not a checkout")
def test_git_checks_out_lf_whatever_the_user_has_configured(tmp_path: Path) -> None:
    attributes = tmp_path / "project" / ".gitattributes"
    attributes.parent.mkdir()
    shutil.copy(PROJECT / ".gitattributes", attributes)
    (attributes.parent / "script.sh").write_text("#!/bin/sh\ntrue\n")
    shutil.copy(PROJECT / "tests/unit/captures/esp.pcap", attributes.parent)
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=attributes.parent, check=True)
    clone = tmp_path / "clone"
    subprocess.run(["git", "-c", "core.autocrlf=true", "clone", "-q", attributes.parent, clone], check=True)
    for name in ("script.sh", "esp.pcap"):
        assert (clone / name).read_bytes() == (attributes.parent / name).read_bytes()
