"""The lock between processes: exclusive, released, and bounded for the one who waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import file_lock
from helpers.errors import LabError
from helpers.file_lock import exclusive, is_alone, share, shared


def test_a_lock_is_free_after_use(tmp_path: Path) -> None:
    for _ in range(2):
        with exclusive(tmp_path / "lock", "another process", patience_s=0):
            pass


def test_waiting_for_a_lock_is_bounded_and_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(file_lock, "_SILENT_S", 0)
    lock = tmp_path / "lock"
    with (
        exclusive(lock, "another process to build"),
        pytest.raises(LabError, match=rf"(?s)Waiting for another process to build.*{lock}.*fuser"),
        exclusive(lock, "another process to build", patience_s=0.3),
    ):
        pytest.fail("two hold one lock")
    assert capsys.readouterr().err == "Waiting for another process to build …\n"


def test_a_shared_lock_can_become_exclusive_only_while_nobody_shares_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with shared(lock, "another process") as mine:
        with shared(lock, "another process"):
            assert not is_alone(mine)
        assert is_alone(mine)
        with pytest.raises(LabError), exclusive(lock, "another process", patience_s=0):
            pytest.fail("two hold one lock")
        share(mine)
        with shared(lock, "another process"):
            pass
