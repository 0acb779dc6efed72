"""What an executed chapter shows: its verdicts, and which of its cells raised."""

from __future__ import annotations

from collections.abc import Iterator

from nbformat import NotebookNode

from helpers.learning.claims import FAILS, VerdictTable


def table(notebook: NotebookNode) -> VerdictTable | None:
    """Return the verdict table that the notebook shows; None if it shows none."""
    shown = (VerdictTable.stored_in(cell.get("outputs", [])) for cell in notebook.cells)
    return next(filter(None, shown), None)


def verdicts(notebook: NotebookNode) -> dict[str, str]:
    """Return the verdict of each claim in the table that the notebook shows; none if it shows no table."""
    shown = table(notebook)
    return dict(zip(shown.frame["claim"], shown.frame["verdict"], strict=True)) if shown else {}


def failing(notebook: NotebookNode) -> dict[str, str]:
    """Return what was observed of each claim that fails, in the table that the notebook shows."""
    shown = table(notebook)
    if not shown:
        return {}
    fails = shown.frame[shown.frame["verdict"] == FAILS]
    return dict(zip(fails["claim"], fails["observed"], strict=True))


def raised(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield each cell that raised, and its error as one line: its claims are not decided."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error" and output["ename"] != "ClaimFailed":
                yield cell["id"], f"{output['ename']}: {' '.join(output['evalue'].split())}"


def allow_errors(cells: list[NotebookNode]) -> None:
    """Let nbclient execute the cell after one that raises."""
    for cell in cells:
        cell.metadata["tags"] = ["raises-exception"]
