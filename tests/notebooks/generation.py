"""What of a chapter is compared on another generation of the Engine than the stored outputs come from.

docs/generations.json has the verdicts that a chapter gives on that generation: it must give exactly these.
The file also names the cells that show something else there: their outputs are not compared, and all others
are, strictly. On the default generation, and in a chapter that has not been run on the chosen one, all are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import nbformat
import pytest
from nbval.plugin import IPyNbCell

from helpers import suites
from helpers.paths import NOTEBOOKS, chapter_number
from tests.notebooks.rehearsal import CLOSING
from tools.generations import results
from tools.generations.measure import Run

_SHOW = """for row in verdicts.frame().itertuples():
    print(f"{row.verdict}: {row.claim}")"""


def with_its_verdicts(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Compare with the stored run on the chosen suite, instead of the outputs that differ there."""
    suite = suites.chosen()
    if suite == suites.DEFAULT:
        return list(items)
    runs = {chapter: of[suite] for chapter, of in results.read().items() if suite in of}
    return list(_compared(items, runs))


def _compared(items: Sequence[pytest.Item], runs: Mapping[str, Run]) -> Iterator[pytest.Item]:
    cells = [item for item in items if isinstance(item, IPyNbCell)]
    last_closing = {item.path: item for item in cells if item.cell.source == CLOSING}
    for item in items:
        if isinstance(item, IPyNbCell) and item.path.parent == NOTEBOOKS:
            run = runs.get(chapter_number(item.path))
            if run and item is last_closing.get(item.path):
                yield _verdicts(item, run)
            if run and item.cell.get("id") in run.differs:
                item.options = item.options.copy()  # nbval's dictionary has defaults
                item.options["check"] = False
        yield item


def _verdicts(closing: IPyNbCell, run: Run) -> pytest.Item:
    told = "".join(f"{verdict}: {claim}\n" for claim, verdict in run.verdicts.items())
    output = nbformat.v4.new_output("stream", name="stdout", text=told)
    cell = nbformat.v4.new_code_cell(_SHOW, outputs=[output], execution_count=1)
    shown: pytest.Item = IPyNbCell.from_parent(
        closing.parent, name="Generation", cell_num=closing.cell_num, cell=cell, options=closing.options
    )
    return shown
