"""Whether a stored chapter proves anything if nbval finds its outputs unchanged."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbval.plugin import find_comment_markers, find_metadata_tags

from helpers import notebooks
from helpers.learning.claims import FAILS, HOLDS, REFUTED, VerdictTable


def strict_verdicts(path: Path) -> list[str]:
    """Return what makes the chapter at `path` less than strict, one sentence per fault; empty if none.

    A strict chapter concludes its experiments with a verdict table (``.table()`` of a Verdicts object) whose
    stored output is compared and in which no claim fails. All its cells have been executed, and a cell
    whose output is not compared asserts something instead.
    """
    notebook = notebooks.read(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if strangers := [number for number, cell in enumerate(cells) if not _is_python(cell)]:
        return [f"code cell {number} is not valid Python" for number in strangers]
    return [*_loose_cells(cells), *_missing_verdicts(cells)]


def _loose_cells(cells: Sequence[NotebookNode]) -> Iterator[str]:
    for number, cell in enumerate(cells):
        treatment = _treatment(cell)
        if cell.execution_count is None:
            yield f"code cell {number} has not been executed, so its output is not compared"
        if treatment.get("skip"):
            yield f"code cell {number} is skipped"
        if treatment.get("check") is False and not _has(cell, ast.Assert):
            yield f"code cell {number} hides its output from comparison and asserts nothing"


def _missing_verdicts(cells: Sequence[NotebookNode]) -> Iterator[str]:
    tables = [cell for cell in cells if _shows_verdicts(cell, _verdict_names(cells))]
    if not tables:
        yield "no cell ends in the table of a Verdicts object"
        return
    last = tables[-1]
    if set(_treatment(last)) & {"check", "check_exception", "skip"}:
        yield "the verdict table is not compared as displayed"
    table = VerdictTable.stored_in(last.outputs)
    shown = [output.get("data", {}).get("text/plain") for output in last.outputs]
    if table is None or repr(table) not in shown:
        yield "the stored verdict table is missing, or shows other rows than it has"
        return
    decided = table.frame["verdict"].isin({HOLDS, REFUTED}).sum()
    failed = (table.frame["verdict"] == FAILS).sum()
    if failed or not decided:
        yield f"{failed} of {decided + failed} claims fail in the stored verdict table"


def _treatment(cell: NotebookNode) -> dict[str, bool]:
    """What tags and comments tell nbval about a cell, parsed as nbval does."""
    return {**dict(find_metadata_tags(cell.metadata)), **dict(find_comment_markers(cell.source))}


def _tree(cell: NotebookNode) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(cell.source))


def _is_python(cell: NotebookNode) -> bool:
    try:
        return bool(_tree(cell))
    except (SyntaxError, ValueError):  # ValueError: a null character
        return False


def _has(cell: NotebookNode, kind: type[ast.AST]) -> bool:
    return any(isinstance(node, kind) for node in ast.walk(_tree(cell)))


def _verdict_names(cells: Sequence[NotebookNode]) -> set[str]:
    """Names to which a chapter assigns a Verdicts object, imported from `helpers.learning`."""
    classes, names = set(), set()
    for node in (node for cell in cells for node in ast.walk(_tree(cell))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers.learning"):
            classes |= {alias.asname or alias.name for alias in node.names if alias.name == "Verdicts"}
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Name) and called.id in classes:
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _shows_verdicts(cell: NotebookNode, names: set[str]) -> bool:
    """Whether the cell's last line is ``NAME.table()``, so that the table is its result."""
    body = _tree(cell).body
    match body[-1] if body else None:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="table"))):
            return name in names
    return False
