"""The two editions of a chapter: the learner's, with room to write, and the instructor's."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from copy import deepcopy

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from helpers.errors import LabError
from helpers.learning import exercises
from helpers.learning.checks import Check
from helpers.learning.claims import ROWS
from helpers.learning.exercise import Exercise
from helpers.learning.predictions import LEFT_OPEN_ADVICE
from helpers.paths import PROJECT
from tools.publish import predictions
from tools.publish.chapters import Chapter, only_decides

PITFALLS = PROJECT / "docs" / "what_goes_wrong.md"
_ECHO = re.compile(r"^\$ ", flags=re.MULTILINE)  # a command, repeated before what it printed
_IDENTIFIER = re.compile(r"^([0-9a-f]{64}|[0-9a-z]{25})\n", flags=re.MULTILINE)
_CHECK = re.compile(r'^check\("(\d\d[a-z]?-\d+)"\)$', flags=re.MULTILINE)
_CASE = re.compile(r"## \d\d-\d+ ")  # the heading of a case of the clinic
_NOTHING_PREDICTED = f"<p><strong>{html.escape(LEFT_OPEN_ADVICE)}</strong></p>"
_SOLVING_LINES = {"easy": 1, "real life": 3, "hard": 4}


class _Names(dict[str, str]):
    """Replacements for the lab's addresses in checks: on paper, the names of the machines."""

    def __missing__(self, name: str) -> str:
        return "192.168.99" if name == "lan" else name


def learner(chapter: Chapter) -> NotebookNode:
    """Return the chapter with room for each prediction, before its answer, and for the exercises.

    A cell's metadata tell the template what it is: ``handout`` is "asks", "room", "exercise" or "case";
    ``holds`` and ``ends`` mark the first and the last of the cells that are shown only after a prediction has
    been made.
    """
    notebook = deepcopy(chapter.notebook)
    cells = notebook.cells
    for cell in cells:
        _begin_a_page_with_a_case(cell)
        _as_in_a_terminal(cell)
        if only_decides(cell):
            cell.metadata.transient = {"remove_source": True}  # nbconvert's own mark
        for output in cell.get("outputs", []):
            if ROWS in output.get("data", {}):
                output.data["text/html"] = _summary(output.data["text/plain"])
            elif "text/html" in output.get("data", {}):
                output.data["text/html"] = output.data["text/html"].replace(_NOTHING_PREDICTED, "")
    following: dict[int, NotebookNode] = {}
    for one in predictions.find(notebook):
        question = next(at for at in range(one.asked, -1, -1) if cells[at].cell_type == "markdown")
        cells[question].metadata.handout = "asks"
        cells[one.asked].metadata.setdefault("handout", "asks")
        following[one.asked] = _cell(one.room, "room")
        cells[one.asked + 1].metadata.holds = True
        cells[one.answered].metadata.ends = True
    notebook.cells = list(_with_exercises(cells, following, _to_solve))
    return notebook


def instructor(chapter: Chapter) -> NotebookNode:
    """Return the chapter with its common problems at the beginning, and a solution after each exercise.

    Raises
    ------
    LabError
        If docs/what_goes_wrong.md has no section for the chapter.
    """
    notebook = deepcopy(chapter.notebook)
    for cell in notebook.cells:
        _begin_a_page_with_a_case(cell)
        cell.source = cell.source.replace("<details>", "<details open>")  # what a case of the clinic was
    before = {0: _cell(_for_the_leader(chapter), "leader")}
    notebook.cells = list(_with_exercises(notebook.cells, before, _solved))
    return notebook


def pitfalls(number: str) -> str:
    """Return what usually goes wrong in the chapter with that number, as a Markdown list.

    Raises
    ------
    LabError
        If docs/what_goes_wrong.md has no section for it.
    """
    sections = re.split(r"^## ", PITFALLS.read_text("utf-8"), flags=re.MULTILINE)
    for section in sections:
        heading, _, told = section.partition("\n")
        if heading.startswith(f"{number} "):
            return told.strip()
    raise LabError(
        f"Looking for what goes wrong in chapter {number}",
        f"{PITFALLS.relative_to(PROJECT)} has no heading that begins with “## {number}”",
        "Write down there where you have seen learners get stuck.",
    )


def _with_exercises(
    cells: Iterable[NotebookNode],
    following: dict[int, NotebookNode],
    told: Callable[[Exercise], str],
) -> Iterable[NotebookNode]:
    """Yield the cells, each followed by its cell in `following`, if any; a check, by what `told` returns."""
    for position, cell in enumerate(cells):
        found = _CHECK.search(cell.source) if cell.cell_type == "code" else None
        if found:
            cell.outputs = []
        yield cell
        if position in following:
            yield following[position]
        if found:
            yield _cell(told(exercises.find(found.group(1))), "exercise")


def _begin_a_page_with_a_case(cell: NotebookNode) -> None:
    if _CASE.match(cell.source):
        cell.metadata.handout = "case"


def _as_in_a_terminal(cell: NotebookNode) -> None:
    """Leave out the commands of a cell whose output repeats them, and identifiers, which no reader needs."""
    printed = [output for output in cell.get("outputs", []) if output.output_type == "stream"]
    if cell.source.startswith("%%on") and any(_ECHO.search(output.text) for output in printed):
        cell.source, _, _ = cell.source.partition("\n")
        for output in printed:
            output.text = _IDENTIFIER.sub("", output.text)


def _cell(markdown: str, kind: str) -> NotebookNode:
    cell: NotebookNode = new_markdown_cell(markdown, metadata={"handout": kind})
    return cell


def _summary(verdicts: str) -> str:
    """Return a verdict table without the claims: a handout has each of them where it is decided."""
    heading, *_ = verdicts.splitlines()
    return f"<p><strong>{html.escape(heading)}</strong></p>"


def _to_solve(exercise: Exercise) -> str:
    boxes = "".join(f"<li>☐ {html.escape(_on_paper(check.text))}</li>" for check in exercise.checks)
    return f"<ul class='boxes'>{boxes}</ul>{'<p class=line></p>' * _SOLVING_LINES[exercise.level]}"


def _solved(exercise: Exercise) -> str:
    scripts = [
        f"```bash\n%%on {machine}\n{script.strip()}\n```" for machine, script in exercise.solution.items()
    ]
    return "\n\n".join(["**One solution**", *scripts, "**If a check fails**", _hints(exercise.checks)])


def _hints(checks: Iterable[Check]) -> str:
    told = (
        (_on_paper(check.text).replace("://", "\\://"), check.hint) for check in checks
    )  # so that it does not become a link
    return "\n".join(f"- *{text}*: {hint}" for text, hint in told)


def _on_paper(text: str) -> str:
    return text.format_map(_Names())


def _for_the_leader(chapter: Chapter) -> str:
    of_chapter = exercises.of_chapter(chapter.number)
    count = len(predictions.find(chapter.notebook))
    return (
        f"**For the instructor** · about {chapter.minutes} minutes, as stated in the chapter · "
        f"{count} prediction{'s' * (count != 1)} · "
        f"{len(of_chapter)} exercise{'s' * (len(of_chapter) != 1)}\n\n"
        f"**What usually goes wrong**\n\n{pitfalls(chapter.number)}"
    )
