"""The choice of a Debian suite: what it changes, and what happens to one that is unknown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import helpers.commands
from helpers import paths, suites
from helpers.errors import LabError
from helpers.paths import PROJECT
from helpers.setup import environment


def test_without_a_choice_it_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(suites.VARIABLE, raising=False)
    assert suites.chosen() == suites.DEFAULT
    monkeypatch.setenv(suites.VARIABLE, "")  # make SUITE=
    assert suites.chosen() == suites.DEFAULT


def test_an_unknown_suite_is_refused_with_the_known_ones_before_anything_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(suites.VARIABLE, "woody")
    monkeypatch.setattr(environment, "enter", lambda **_: pytest.fail("it was installed"))
    assert helpers.commands.main(["run", "00"]) == 1
    told = capsys.readouterr().err
    assert "LAB_SUITE=woody" in told
    assert "bookworm (Docker 20.10), trixie (Docker 26.1), forky (Docker 28.5)" in told


@pytest.mark.parametrize("suite", suites.ENGINES)
def test_make_passes_the_suite_on(suite: str) -> None:
    for verb in ("lab", "run", "test", "doctor"):
        said = subprocess.run(
            ["make", "--dry-run", "--print-data-base", verb, f"SUITE={suite}"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"{suites.VARIABLE} := {suite}" in said


def test_the_engine_of_all_generations_is_built_once_whatever_suite_is_chosen() -> None:
    ask = "from helpers.engine import entries, variants; print(entries.place(variants.GENERATIONS))"
    argv = [sys.executable, "-c", ask]
    places = {
        subprocess.run(
            argv, cwd=PROJECT, env={**os.environ, suites.VARIABLE: one}, stdout=subprocess.PIPE, check=True
        ).stdout
        for one in suites.ENGINES
    }
    assert len(places) == 1


def test_the_engines_of_the_suites_run_side_by_side(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "run_dir", lambda: tmp_path)
    monkeypatch.delenv("LAB_INSTANCE", raising=False)
    of_all = f"{paths.ENGINE}-generations"
    names = {}
    for suite in suites.ENGINES:
        monkeypatch.setenv(suites.VARIABLE, suite)
        names[suite] = paths.engine_dir().name
        assert paths.engine_dir(generations=True).name == of_all  # one is enough for all suites
    assert names[suites.DEFAULT] == paths.ENGINE
    together = {*names.values(), of_all}
    assert len(together) == len(names) + 1
    assert {one.name for one in tmp_path.glob(f"{paths.ENGINE}*")} == together  # what `stop` ends
    monkeypatch.setenv("LAB_INSTANCE", "engine-gw1")
    assert paths.engine_dir().name == "engine-gw1"
    assert paths.engine_dir(generations=True).name == "engine-gw1-generations"


def test_a_version_of_the_engine_belongs_to_one_suite() -> None:
    assert [suites.of_engine(version) for version in suites.ENGINES.values()] == list(suites.ENGINES)
    for wrong in ("26", "26.1.5", "trixie", "", 26.1, None, ["26.1"]):
        with pytest.raises(LabError, match="for a machine") as caught:
            suites.of_engine(wrong)
        assert caught.value.next_step == 'Use "20.10", "26.1", "28.5".'


def test_an_import_says_which_suites_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import helpers.engine.images"],
        env={"PATH": "/usr/bin", "PYTHONPATH": str(PROJECT), suites.VARIABLE: "woody"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{LabError.__module__}.LabError: Choosing the Debian suite" in done.stderr
