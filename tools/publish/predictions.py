"""Where a chapter asks for a prediction, where it gives the answer, and the room for it on paper."""

from __future__ import annotations

import ast
import html
import re
from dataclasses import dataclass

from nbformat import NotebookNode

_ASKS = re.compile(r"\*\*(Predict first|Before you run)")
_MAGIC = re.compile(r"^\s*[%!]", flags=re.MULTILINE)
_LINES = "<p class='line'></p>" * 2


@dataclass(frozen=True)
class Prediction:
    """One prediction.

    Attributes
    ----------
    asked:
        The position of the cell after which the learner writes it down.
    answered:
        The position of the last cell that reveals the answer.
    room:
        The space to write it in, as HTML: a table, or lines.
    """

    asked: int
    answered: int
    room: str


def find(notebook: NotebookNode) -> list[Prediction]:
    """Return a chapter's predictions in order.

    A prediction is either a cell that assigns what a later cell passes to ``compare``, or a question in the
    text (**Predict first**, **Before you run**) without such a cell: the next code cell answers it.
    """
    trees = {
        position: _parsed(cell.source)
        for position, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    }
    answered = {name: position for position, tree in trees.items() for name in _compared(tree)}
    found = []
    for position, tree in trees.items():
        mine = {name: value for name, value in _assigned(tree).items() if answered.get(name, -1) > position}
        if mine:
            last = max(answered[name] for name in mine)
            found.append(
                Prediction(position, last, "".join(_room(ast.literal_eval(value)) for value in mine.values()))
            )
    asked = {one.asked for one in found}
    for position, cell in enumerate(notebook.cells):
        following = min((other for other in trees if other > position), default=None)
        if cell.cell_type == "markdown" and _ASKS.search(cell.source) and following not in asked:
            found.append(Prediction(position, following or position, _LINES))
    return sorted(found, key=lambda one: one.asked)


def _parsed(source: str) -> ast.Module:
    return ast.parse("" if _MAGIC.search(source) else source)


def _compared(tree: ast.Module) -> list[str]:
    """Return the names that the cell compares with a measurement."""
    return [
        node.args[1].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "compare"
        and isinstance(node.args[1], ast.Name)
    ]


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the values that the cell assigns, by name."""
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _room(prediction: dict[str, None] | str) -> str:
    """Draw the table to fill in: one row per question, or a grid."""
    if isinstance(prediction, str):
        head, *lines = (line.split() for line in prediction.strip().splitlines())
        rows = [
            ["", *head],
            *([name, *("–" if one == "." else "" for one in cells)] for name, *cells in lines),
        ]
    else:
        rows = [["", "my prediction"], *([question, ""] for question in prediction)]
    kind = "grid" if isinstance(prediction, str) else "answers"
    return f"<table class='room {kind}'>{''.join(map(_row, rows))}</table>"


def _row(cells: list[str]) -> str:
    first, *others = map(html.escape, cells)
    return f"<tr><th>{first}</th>{''.join(f'<td>{one}</td>' for one in others)}</tr>"
