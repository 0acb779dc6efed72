"""Every chapter proves what it claims; with a broken lab or expectation it fails, on a real Engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import notebooks
from helpers.paths import NOTEBOOKS
from tests.notebooks.mutation import (
    Change,
    assert_caught,
    in_experiment,
    in_source,
    mutant,
    nbval,
    wrong_expectation,
)
from tests.notebooks.strictness import strict_verdicts

BROKEN = {
    "00_start_here": wrong_expectation,
    "02_user_defined_bridge": in_experiment("docker network connect my_bridge busybox2", ":"),
    "03_host_network": in_experiment("nginx_host --network host nginx", "nginx_host nginx"),
    "04_macvlan": in_experiment("-d macvlan --subnet=$lan.0/24", "-d bridge --subnet=$lan.0/24"),
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
    assert_caught(nbval(broken), "Cell outputs differ", "ClaimFailed", "AssertionError")
