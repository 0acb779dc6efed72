"""The rehearsal of solutions, tested on machines that are only a shell in a directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers import programs
from helpers.lab import Lab
from helpers.learning import exercises
from helpers.learning.checks import says
from helpers.learning.exercise import Exercise
from tests.notebooks import rehearsal

HONEST = Exercise(
    "01-1",
    "easy",
    "Write a page.",
    checks=[says("there is a page", "cat site/page", "hello", hint="Write it.")],
    solution={"host": "mkdir site\necho hello >site/page"},
    undo={"host": "rm -r site"},
)


class Shell:
    """A substitute for a machine: runs commands and nothing else."""

    name, address = "host", "192.168.99.100"

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def run(self, command: str, timeout: float = 10) -> Any:
        done = programs.run(["sh", "-c", command], timeout_s=timeout, check=False, cwd=self.directory)
        return SimpleNamespace(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


class Shells(dict[str, Shell]):
    """A substitute for a lab."""

    lan = SimpleNamespace(gateway="192.168.99.1")

    @property
    def machines(self) -> dict[str, Shell]:
        return self


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Lab, "current", Shells(host=Shell(tmp_path)))
    monkeypatch.setattr(rehearsal, "_LISTENS_S", 0)
    return tmp_path


def rehearse(monkeypatch: pytest.MonkeyPatch, exercise: Exercise) -> None:
    monkeypatch.setattr(exercises, "of_chapter", lambda chapter: [exercise])
    rehearsal.rehearse("01")


def test_a_solution_and_its_undoing_are_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lab: Path
) -> None:
    rehearse(monkeypatch, HONEST)
    assert capsys.readouterr().out == "01-1: its solution is recognized, and so is undoing it\n"
    assert not list(lab.iterdir())


@pytest.mark.parametrize("line", ["mkdir site", "echo hello >site/page"])
def test_a_solution_that_lacks_a_line_is_caught(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    with pytest.raises(AssertionError):
        rehearse(monkeypatch, replace(HONEST, solution={"host": line}))


def test_a_superfluous_line_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    longer = {"host": f"{HONEST.solution['host']}\necho done"}
    with pytest.raises(AssertionError, match="also solved without the line: echo done"):
        rehearse(monkeypatch, replace(HONEST, solution=longer))


def test_an_exercise_that_is_already_solved_is_caught(monkeypatch: pytest.MonkeyPatch, lab: Path) -> None:
    (lab / "site").mkdir()
    (lab / "site" / "page").write_text("hello")
    with pytest.raises(AssertionError, match="nothing has been done, but its checks pass"):
        rehearse(monkeypatch, HONEST)


def test_an_undoing_that_no_check_notices_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="has been undone, but its checks still pass"):
        rehearse(
            monkeypatch, replace(HONEST, solution={"host": "mkdir site; echo hello >site/page"}, undo={})
        )
