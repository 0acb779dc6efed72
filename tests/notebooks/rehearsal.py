"""Run the solutions of a chapter's exercises in the chapter's own lab, in a cell that only the tests add.

The cell is inserted before the one that closes the lab, so no additional lab is needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell

from helpers.lab import Lab
from helpers.learning import exercises
from helpers.learning.clinic import admission, cases
from helpers.learning.clinic.case import Case
from helpers.learning.exercise import Exercise
from helpers.paths import NOTEBOOKS, PROJECT, chapter_number
from tests.notebooks.treatment import treat

CLOSING = "lab.close()"
TREATED = "every wrong cure is refused, and both right ones are accepted"
# Chapters where it is cheap to try solutions without one line: one or two machines, no swarm to wait for.
EVERY_LINE = ("01", "02", "04", "05")
_LISTENS_S = 15
_CALL = """import sys
sys.path.insert(0, {project!r})
from tests.notebooks.rehearsal import rehearse
rehearse({chapter!r})"""


def rehearse(chapter: str) -> None:
    """Solve each exercise with its solution and undo it again: its checks must notice both."""
    lab = Lab.current
    assert lab, "no lab is open"
    if _has_cases(chapter):
        treat(lab, cases.find(admission.patient_of(lab)))
        print(TREATED)
        return
    for exercise in exercises.of_chapter(chapter):
        if exercise.lacking:
            print(_noticed(exercise))
            continue
        assert _missing(lab, exercise), f"{exercise.id}: nothing has been done, but its checks pass"
        if chapter in EVERY_LINE:
            _every_line_counts(lab, exercise)
        assert not (failed := _failure(lab, exercise.solution)), failed
        assert (missing := _missing_in_the_end(lab, exercise)) == [], f"{exercise.id} is done, but: {missing}"
        assert not (failed := _failure(lab, exercise.undo)), failed
        assert _missing(lab, exercise), f"{exercise.id} has been undone, but its checks still pass"
        print(_noticed(exercise))


def _every_line_counts(lab: Lab, exercise: Exercise) -> None:
    for line, scripts in without_a_line(exercise.solution):
        solved = not _failure(lab, scripts) and not _missing(lab, exercise)
        assert not solved, f"{exercise.id} is also solved without the line: {line}"
        for machine, script in exercise.undo.items():  # if there is something to undo
            lab[machine].run(script, timeout=300)


def without_a_line(solution: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each line of a solution and the solution without it; nothing if it has only one line."""
    lines = [(machine, line) for machine, script in solution.items() for line in script.splitlines()]
    for left_out in range(len(lines) if len(lines) > 1 else 0):
        kept = lines[:left_out] + lines[left_out + 1 :]
        yield (
            lines[left_out][1],
            {one: "\n".join(line for machine, line in kept if machine == one) for one in solution},
        )


def with_rehearsals(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Insert the rehearsal before the last cell of every chapter that will be run."""
    inserted: list[pytest.Item] = []
    for item in items:
        if isinstance(item, IPyNbCell) and item.cell.source == CLOSING and item.path.parent == NOTEBOOKS:
            inserted.append(_rehearsal(item))
        inserted.append(item)
    return inserted


def _rehearsal(closing: IPyNbCell) -> pytest.Item:
    cell = _cell(closing.path)
    name = f"Solutions before {closing.name}"  # a chapter can close several labs
    rehearsal: pytest.Item = IPyNbCell.from_parent(
        closing.parent, name=name, cell_num=closing.cell_num, cell=cell, options=closing.options
    )
    return rehearsal


def _cell(path: Path) -> NotebookNode:
    chapter = chapter_number(path)
    told = "".join(f"{_noticed(exercise)}\n" for exercise in exercises.of_chapter(chapter))
    if _has_cases(chapter):
        told = f"{TREATED}\n"
    source = _CALL.format(project=str(PROJECT), chapter=chapter)
    output = nbformat.v4.new_output("stream", name="stdout", text=told)
    cell: NotebookNode = nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
    return cell


def _has_cases(chapter: str) -> bool:
    """Whether its exercises are patients, each with a lab of its own, and not tasks in the chapter's lab."""
    return any(isinstance(exercise, Case) for exercise in exercises.of_chapter(chapter))


def _noticed(exercise: Exercise) -> str:
    if exercise.lacking:
        return f"{exercise.id}: {exercise.lacking}"
    return f"{exercise.id}: its solution is recognized, and so is undoing it"


def _missing(lab: Lab, exercise: Exercise) -> list[str]:
    return [str(one) for one in exercise.look(lab) if not one.ok]


def _missing_in_the_end(lab: Lab, exercise: Exercise) -> list[str]:
    """What is missing after a server that was just started has had time to listen."""
    deadline = time.monotonic() + _LISTENS_S
    while (missing := _missing(lab, exercise)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return missing


def _failure(lab: Lab, scripts: Mapping[str, str]) -> str:
    """Run the scripts up to the first that fails; return it with its output, or "" if none fails."""
    for host, script in scripts.items():
        done = lab[host].run(f"set -e\n{script}", timeout=300)
        if done.exit_code:
            return f"{script}\n{done.stdout}{done.stderr}"
    return ""
