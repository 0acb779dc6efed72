"""Every solution, on a real lab: it turns its checks to "done", and its undoing turns them back.

The lab is brought into its chapter's final state by the chapter's own shell cells.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import pytest

from helpers.commands import chapters
from helpers.engine import Engine
from helpers.lab import Lab
from helpers.learning import exercises
from helpers.learning.exercises import Exercise

SHELL_CELL = re.compile(r"%%on (\w+)(?: --timeout (\d+))?\n(.*)", flags=re.DOTALL)


CHAPTERS = [
    pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(f"exercises of {path.stem}"))
    for path in chapters.find([])
]


@pytest.fixture(scope="module", params=CHAPTERS)
def practised(request: pytest.FixtureRequest, engine: Engine) -> Iterator[tuple[Lab, Sequence[Exercise]]]:
    """A chapter's lab as its reader has it at the end, and the chapter's exercises."""
    path: Path = request.param
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    with Lab(**_arguments(cells), engine=engine) as lab:
        for host, timeout, script in filter(None, map(_shell, cells)):
            lab[host].run(script, tty=True, timeout=timeout)
        yield lab, exercises.of_chapter(path.stem[:2])


def test_every_solution_is_recognized_and_so_is_its_loss(
    practised: tuple[Lab, Sequence[Exercise]],
) -> None:
    lab, of_chapter = practised
    for exercise in of_chapter:
        _run(lab, exercise.solution)
        assert _missing(exercise, lab) == [], exercise.id
        _run(lab, exercise.undo)
        assert _missing(exercise, lab) != [], exercise.id


def test_a_line_less_is_not_a_solution(practised: tuple[Lab, Sequence[Exercise]]) -> None:
    lab, of_chapter = practised
    longest = max(of_chapter, key=lambda exercise: len("".join(exercise.solution.values()).splitlines()))
    shortened = {host: script.rpartition("\n")[0] for host, script in longest.solution.items()}
    _run(lab, shortened, may_fail=True)
    assert _missing(longest, lab) != []


def _missing(exercise: Exercise, lab: Lab) -> list[str]:
    return [f"{one.check.text} (now: {one.now})" for one in exercise.look(lab) if not one.ok]


def _run(lab: Lab, scripts: dict[str, str] | object, may_fail: bool = False) -> None:
    assert isinstance(scripts, dict)
    for host, script in scripts.items():
        done = lab[host].run(f"set -e\n{script}", timeout=120)
        assert may_fail or done.exit_code == 0, f"{script}\n{done.stdout}{done.stderr}"


def _arguments(cells: Sequence[str]) -> dict[str, int | list[str]]:
    """What the chapter gives to `Lab`, read from the cell that makes it."""
    source = next(cell for cell in cells if "lab = Lab(" in cell)
    code = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    (made,) = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Lab")
    return {str(one.arg): ast.literal_eval(one.value) for one in made.keywords}


def _shell(cell: str) -> tuple[str, float, str] | None:
    found = SHELL_CELL.fullmatch(cell)
    return (found[1], float(found[2] or 60), found[3]) if found else None
