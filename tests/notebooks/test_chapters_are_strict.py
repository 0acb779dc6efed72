"""Every chapter proves what it claims; with a broken lab or expectation it fails, on a real Engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import notebooks
from helpers.paths import NOTEBOOKS
from tests.notebooks.mutation import (
    Change,
    in_experiment,
    in_source,
    mutant,
    nbval,
    wrong_expectation,
)
from tests.notebooks.strictness import strict_verdicts

BROKEN = {
    "00_start_here": wrong_expectation,
    "05_none": in_experiment("--network none -p 8080:80", "--network bridge -p 8080:80"),
}


@pytest.mark.parametrize("path", notebooks.find([]), ids=lambda path: path.stem)
def test_every_chapter_has_strict_verdicts(path: Path) -> None:
    assert strict_verdicts(path) == []


@pytest.mark.parametrize("path", notebooks.find([]), ids=lambda path: path.stem)
def test_no_chapter_is_strict_without_its_verdicts(path: Path, tmp_path: Path) -> None:
    stripped = mutant(path, tmp_path, in_source(".table()", ".frame()"))
    assert "no cell ends in the table of a Verdicts object" in strict_verdicts(stripped)


@pytest.mark.parametrize(("name", "change"), BROKEN.items(), ids=BROKEN)
def test_a_chapter_broken_on_purpose_is_caught(name: str, change: Change, tmp_path: Path) -> None:
    broken = mutant(NOTEBOOKS / f"{name}.ipynb", tmp_path, change)
    *_, last = nbval(tmp_path, broken, until_one_fails=True)[broken]
    assert any(reason in last for reason in ("Cell outputs differ", "ClaimFailed", "AssertionError")), last
