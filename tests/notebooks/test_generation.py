"""The comparison on another generation, tested on cells that need no Engine."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from helpers import suites
from helpers.paths import NOTEBOOKS
from tests.notebooks import generation
from tests.notebooks.rehearsal import CLOSING
from tools.generations import results
from tools.generations.measure import Run

RUN = Run("0123", "28.5.2", {"MACs are random": "holds"}, "", ("mac",))


class Cell:
    """A substitute for nbval's."""

    def __init__(self, cell: NotebookNode, options: dict[str, bool], path: Path) -> None:
        self.cell, self.options, self.path = cell, options, path
        self.parent, self.cell_num = self, 0

    @classmethod
    def from_parent(cls, parent: Any, cell: NotebookNode, options: dict[str, bool], **_: Any) -> Cell:
        return cls(cell, options, parent.path)


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the cells of chapter 01 as they are run on a suite; 28.5 is in the results."""

    def on(suite: str, directory: Path = NOTEBOOKS) -> list[Any]:
        monkeypatch.setenv(suites.VARIABLE, suite)
        sources = {"same": "bridge", "mac": "mac", "close": CLOSING}
        options = defaultdict(bool, check=True)  # nbval's: it also asks for what is not there
        given = [
            Cell(new_code_cell(source, id=id), options, directory / "01_bridge.ipynb")
            for id, source in sources.items()
        ]
        return list(generation.with_its_verdicts(given))  # type: ignore[arg-type]

    monkeypatch.setattr(generation, "IPyNbCell", Cell)
    monkeypatch.setattr(results, "read", lambda: {"01": {"forky": RUN}})
    return on


def test_its_verdicts_are_compared_and_what_differs_is_not(cells: Any) -> None:
    same, mac, verdicts, close = cells("forky")
    assert [one.options["check"] for one in (same, mac, verdicts, close)] == [True, False, True, True]
    assert not any(one.options["skip"] for one in (same, mac, verdicts, close))
    assert verdicts.cell.outputs[0].text == "holds: MACs are random\n"


def test_a_chapter_with_several_labs_has_all_its_verdicts_when_the_last_one_is_closed(
    cells: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = NOTEBOOKS / "01_bridge.ipynb"
    monkeypatch.setenv(suites.VARIABLE, "forky")
    given: list[Any] = [Cell(new_code_cell(CLOSING), {"check": True}, path) for _ in range(2)]
    first, verdicts, last = generation.with_its_verdicts(given)
    assert [first, last] == given
    assert verdicts not in given


@pytest.mark.parametrize("suite", ["trixie", "bookworm"])
def test_all_is_compared_on_the_default_and_where_nothing_is_stored(cells: Any, suite: str) -> None:
    assert [one.options["check"] for one in cells(suite)] == [True] * 3


def test_a_copy_of_a_chapter_is_left_alone(cells: Any, tmp_path: Path) -> None:
    assert len(cells("forky", tmp_path)) == 3
