"""The tests for the chapters, tested on a chapter that is small enough to need no Engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from helpers import notebooks
from helpers.learning.claims import VerdictTable
from tests.notebooks.mutation import (
    in_experiment,
    in_outputs,
    in_source,
    mutant,
    nbval,
    wrong_expectation,
)
from tests.notebooks.strictness import strict_verdicts
from tools.commands import regenerate

SOURCES = (
    "from helpers.learning.claims import Verdicts\nverdicts = Verdicts('09 Arithmetic')",
    "print('round-trip min/avg/max = 0.1/0.2/0.3 ms')\nanswer = 6 * 7\nanswer",
    "verdicts.claim('Six times seven is forty-two', expected=42, observed=answer)\nverdicts.table()",
)
TABLE = -1


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chapter") / "09_arithmetic.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in SOURCES]), path)
    regenerate.write(regenerate.normalize(notebooks.execute(path)), path)
    return path


def unchanged(notebook: NotebookNode) -> None:
    notebook.metadata["title"] = "As it was stored"


JUDGED = {
    "an honest chapter": (unchanged, ""),
    "a masked value": (in_source("0.1/0.2/0.3 ms", "1.5/2.5/3.5 ms"), ""),
    "a wrong expectation": (wrong_expectation, "ClaimFailed"),
    "a different observation": (in_source("6 * 7", "6 * 8"), "Cell outputs differ"),
    "a changed experiment without consequences": (in_experiment("0.1/0.2/0.3 ms", "0.1 ms"), ""),
    "a changed experiment": (in_experiment("6 * 7", "6 * 8"), "ClaimFailed"),
    "a different stored output": (in_outputs("42", "43"), "Cell outputs differ"),
}


def test_nbval_passes_what_is_honest_and_catches_the_rest(chapter: Path, tmp_path: Path) -> None:
    mutants: dict[str, Path] = {}
    for what, (change, _) in JUDGED.items():
        (tmp_path / what).mkdir()
        mutants[what] = mutant(chapter, tmp_path / what, change)
    found = nbval(tmp_path, *mutants.values())
    assert found[mutants["an honest chapter"]] == [""] * len(SOURCES)
    for what, (_, reason) in JUDGED.items():
        said = "".join(found[mutants[what]])
        assert reason in said, what
        assert bool(said) == bool(reason), (what, said)


def test_an_honest_chapter_is_strict(chapter: Path) -> None:
    assert strict_verdicts(chapter) == []


def strip_table(notebook: NotebookNode) -> None:
    del notebook.cells[TABLE]


def ignore_by_comment(notebook: NotebookNode) -> None:
    notebook.cells[TABLE].source = "# NBVAL_IGNORE_OUTPUT\n" + notebook.cells[TABLE].source


def ignore_by_tag(notebook: NotebookNode) -> None:
    notebook.cells[TABLE].metadata["tags"] = ["nbval-ignore-output"]


def expect_failure(notebook: NotebookNode) -> None:
    notebook.cells[TABLE].metadata["tags"] = ["raises-exception"]


def clear_output(notebook: NotebookNode) -> None:
    notebook.cells[TABLE].outputs = []


def forget_execution(notebook: NotebookNode) -> None:
    notebook.cells[1].execution_count = None
    notebook.cells[1].outputs = []


def skip_cell(notebook: NotebookNode) -> None:
    notebook.cells[1].metadata["tags"] = ["nbval-skip"]


def ignore_without_assertion(notebook: NotebookNode) -> None:
    notebook.cells[1].metadata["tags"] = ["nbval-ignore-output"]


def hide_the_table(notebook: NotebookNode) -> None:
    notebook.cells[TABLE].source += ";\nNone"


def store_verdict(verdict: str) -> Callable[[NotebookNode], None]:
    """Store the table that a chapter shows whose only claim has come to another verdict."""

    def change(notebook: NotebookNode) -> None:
        *_, output = notebook.cells[TABLE].outputs  # after the claim's own line
        table = VerdictTable.stored_in([output])
        assert table
        table.frame["verdict"] = verdict
        output.data = NotebookNode({"text/plain": repr(table), **table._repr_mimebundle_()})

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (strip_table, "no cell ends in the table"),
        (hide_the_table, "no cell ends in the table"),
        (
            in_source("from helpers.learning.claims import Verdicts", "Verdicts = print"),
            "no cell ends in the table",
        ),
        (ignore_by_comment, "not compared as displayed"),
        (ignore_by_tag, "not compared as displayed"),
        (expect_failure, "not compared as displayed"),
        (clear_output, "stored verdict table is missing"),
        (in_outputs("1 of 1 claims", "0 of 1 claims"), "shows other rows than it has"),
        (store_verdict("FAILS"), "1 of 1 claims fail"),
        (store_verdict("does not apply"), "0 of 0 claims fail"),
        (forget_execution, "code cell 1 has not been executed"),
        (skip_cell, "code cell 1 is skipped"),
        (ignore_without_assertion, "code cell 1 hides its output from comparison and asserts nothing"),
    ],
)
def test_a_chapter_that_proves_less_is_reported(
    change: Callable[[NotebookNode], None], complaint: str, chapter: Path, tmp_path: Path
) -> None:
    assert complaint in "\n".join(strict_verdicts(mutant(chapter, tmp_path, change)))


def test_an_ignored_output_is_fine_if_the_cell_asserts_something(chapter: Path, tmp_path: Path) -> None:
    def assert_instead(notebook: NotebookNode) -> None:
        ignore_without_assertion(notebook)
        notebook.cells[1].source += "\nassert answer == 42"

    assert strict_verdicts(mutant(chapter, tmp_path, assert_instead)) == []
