"""What the build of the embedded engine settles before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.engine import builder, embedded
from helpers.errors import LabError
from helpers.setup import debian


def test_whoever_may_not_become_root_is_told_before_anything_is_deleted_or_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(tried: str, next_step: str) -> None:
        raise LabError(tried, "sudo: a password is required", next_step)

    older = tmp_path / "older"
    older.mkdir()
    monkeypatch.setattr(embedded, "_entries", lambda: tmp_path)
    monkeypatch.setattr(debian, "authenticate", refuse)
    monkeypatch.setattr(builder, "make", lambda target: pytest.fail("it was built"))
    with pytest.raises(LabError, match="a password is required") as caught:
        embedded._build(tmp_path / "new")
    assert "LAB_ENGINE=docker" in caught.value.next_step
    assert list(tmp_path.iterdir()) == [older]
