"""``regenerate``: execute chapters and store their outputs, so that runs differ only in what they saw."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers import notebooks, suites
from helpers.commands import engines
from helpers.errors import LabError
from helpers.paths import chapter_number
from helpers.steps import say
from tools.generations import measure, results

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
_KEPT_CELL_METADATA = {"tags", "jupyter"}
_OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", flags=re.MULTILINE)  # what a terminal would no longer show


def command(names: list[str]) -> int:
    """Execute the named chapters, or all, and store each; one that fails is left unchanged.

    Their verdicts are also the default generation's in docs/generations.md.

    Raises
    ------
    LabError
        If another generation is chosen.
    """
    if suites.chosen() != suites.DEFAULT:
        raise LabError(
            f"Storing what chapters show on {suites.chosen()}",
            f"their stored outputs are those of {suites.DEFAULT}",
            f"Repeat it without {suites.VARIABLE}; `python3 -m tools generations` runs the others.",
        )
    paths = notebooks.find(names)
    engines.prepare(paths)
    os.environ.pop("LAB_DEBUG", None)  # what the helpers log would be stored
    failed = 0
    for path in paths:
        try:
            notebook = notebooks.execute(path)
        except notebooks.ChapterFailed as failure:
            say(f"\n{failure}\n\n{path.name} was left unchanged.")
            failed += 1
        else:
            write(normalize(notebook), path)
            results.store(chapter_number(path), suites.DEFAULT, measure.stored(path))
    return 1 if failed else 0


def normalize(notebook: NotebookNode) -> NotebookNode:
    """Remove from an executed notebook what differs between two equal runs; in place."""
    notebook.metadata = NotebookNode(kernelspec=_KERNEL, language_info=_LANGUAGE)
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    count = 0
    for position, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{position}")
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in _KEPT_CELL_METADATA})
        if cell.cell_type != "code":
            continue
        count += 1 if cell.source.strip() else 0
        cell.execution_count = count if cell.source.strip() else None
        cell.outputs = _merge_streams(cell.outputs)
        for output in cell.outputs:
            output.pop("transient", None)
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace the notebook at `path` in one step: an interruption leaves the old one or the new one."""
    nbformat.validate(notebook)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch:
        new = Path(scratch) / path.name
        nbformat.write(notebook, new)
        new.replace(path)


def _merge_streams(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Join adjacent pieces of one stream: where a kernel splits it depends on timing."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if output.output_type == "stream" and last and last.get("name") == output.name:
            last.text += output.text
        else:
            merged.append(output)
    for output in merged:
        if output.output_type == "stream":
            output.text = _OVERWRITTEN.sub("", output.text)
    return merged
