"""A learner sees commands, probes, figures and predictions; cells that decide claims are folded."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools.publish.chapters import Chapter, only_decides, read_all

MOST_LINES = 12
# The kernel lists these from hash tables: the order differs from run to run.
UNORDERED = re.compile(r"\b(ss -|ip neigh|conntrack -L)(?!.*\| (sort|wc|grep -c))")
CHAPTERS = read_all()
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=[one.name for one in CHAPTERS])


def code_cells(chapter: Chapter) -> list[NotebookNode]:
    return [cell for cell in chapter.notebook.cells if cell.cell_type == "code"]


def lines(source: str) -> list[str]:
    """The lines that count: neither empty nor comments."""
    return [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]


def typed(source: str) -> int:
    """How many lines are commands, or single calls that a learner would type."""
    if source.startswith("%%on"):
        return len(lines(source))
    python = "\n".join("" if line.startswith("%") else line for line in source.splitlines())
    statements = ast.parse(python).body
    magics = len(lines(source)) - len(lines(python))
    return magics + sum(
        len(lines(ast.get_source_segment(python, one) or "")) for one in statements if is_one_call(one)
    )


def is_one_call(statement: ast.stmt) -> bool:
    """Whether a statement is a call, or stores what a call returns, and its arguments compute nothing."""
    value = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
    if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Call):
        value = value.value  # some columns of the result
    if not isinstance(value, ast.Call):
        return False
    inside = [*value.args, *(keyword.value for keyword in value.keywords)]
    computing = (ast.Call, ast.Lambda, ast.comprehension, ast.BinOp, ast.Compare, ast.IfExp)
    callee = ast.walk(value.func)
    return not any(isinstance(node, computing) for part in inside for node in ast.walk(part)) and not any(
        isinstance(node, ast.Call) for node in callee
    )


def experiments(cell: NotebookNode) -> Iterator[str]:
    """The probes and commands that a cell carries out."""
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            carried_out = called.startswith("probes.") and called != "probes.answered"  # it only counts
            if carried_out or node.func.attr == "run":
                yield called


@each_chapter
def test_cells_that_decide_claims_are_folded_and_no_others(chapter: Chapter) -> None:
    for cell in code_cells(chapter):
        assert only_decides(cell) is (".claim(" in cell.source), cell.source


@each_chapter
def test_nothing_is_measured_out_of_sight(chapter: Chapter) -> None:
    hidden = [
        (cell.id, one) for cell in code_cells(chapter) if only_decides(cell) for one in experiments(cell)
    ]
    assert not hidden


@each_chapter
def test_a_visible_cell_is_short(chapter: Chapter) -> None:
    long = {cell.id: len(lines(cell.source)) for cell in code_cells(chapter) if not only_decides(cell)}
    assert {name: count for name, count in long.items() if count > MOST_LINES} == {}


@each_chapter
def test_half_of_what_is_visible_are_commands_or_single_calls(chapter: Chapter) -> None:
    visible = [cell.source for cell in code_cells(chapter) if not only_decides(cell)]
    count, all_lines = sum(map(typed, visible)), sum(len(lines(source)) for source in visible)
    assert count >= all_lines / 2, f"{count} of {all_lines} lines"


@each_chapter
def test_rows_without_an_order_are_sorted(chapter: Chapter) -> None:
    for cell in code_cells(chapter):
        if not cell.source.startswith("%%on"):
            continue
        shown = "".join(output.get("text", "") for output in cell.outputs)
        for command, rows in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", shown, re.MULTILINE):
            several = len([row for row in rows.splitlines() if not row.startswith("State ")]) > 1
            assert not (several and UNORDERED.search(command)), f"{cell.id}: {command}"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("%%on host\ndocker ps\n\n# a comment\ndocker run \\\n  nginx", 4),
        ("%load_ext helpers.learning\nlab = Lab(machines=['host'])", 2),
        ("ax = figures.topology(\n    legs,\n    title='x',\n)", 4),
        ("probes.resolve(host, 'a', 'b')[['source', 'ok']]", 1),
        ("host = lab['host']", 0),
        ("before.groupby('via')['ok'].agg(['sum'])", 0),
        ("x = probes.ping(host, 'a', legs.query('b').item())", 0),
        ("x = {n: probes.ping(host, n) for n in names}", 0),
    ],
)
def test_what_counts_as_typed(source: str, count: int) -> None:
    assert typed(source) == count
    assert list(experiments(new_code_cell("probes.ping(host)\nhost.run('x')"))) == ["probes.ping", "host.run"]
