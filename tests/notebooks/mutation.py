"""Copies of a chapter with one thing changed, and how nbval judges them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import nbformat
from nbformat import NotebookNode

from helpers.paths import PROJECT

Change = Callable[[NotebookNode], None]


def mutant(chapter: Path, directory: Path, change: Change) -> Path:
    """Copy a chapter into `directory`, apply `change` to the copy, and return the copy's path.

    Raises
    ------
    AssertionError
        If the change has no effect: a mutant that equals its original proves nothing.
    """
    notebook: NotebookNode = nbformat.read(chapter, as_version=4)
    before = nbformat.writes(notebook)
    change(notebook)
    assert nbformat.writes(notebook) != before, f"nothing to change in {chapter.name}"
    copy = directory / chapter.name
    nbformat.write(notebook, copy)
    return copy


def in_source(old: str, new: str) -> Change:
    """Replace the first `old` in the source of the code cells with `new`."""

    def change(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            if cell.cell_type == "code" and old in cell.source:
                cell.source = cell.source.replace(old, new, 1)
                return

    return change


def in_experiment(old: str, new: str) -> Change:
    """Like `in_source`, but the changed cell's own output is not compared: only the consequences count.

    A ``%%on`` cell echoes its commands in its output, which therefore differs whatever they do.
    """

    def change(notebook: NotebookNode) -> None:
        before = [cell.source for cell in notebook.cells]
        in_source(old, new)(notebook)
        for cell, source in zip(notebook.cells, before, strict=True):
            if cell.source != source:
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), "nbval-ignore-output"]

    return change


def in_outputs(old: str, new: str) -> Change:
    """Replace every `old` in the stored text of results and streams with `new`."""

    def change(notebook: NotebookNode) -> None:
        for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
            if "text" in output:
                output.text = output.text.replace(old, new)
            for kind, content in output.get("data", {}).items():
                if kind.startswith("text/"):
                    output.data[kind] = content.replace(old, new)

    return change


# Truthy, and equal to no observation: whatever the first claim expects, it is now wrong.
wrong_expectation = in_source("expected=", 'expected="wrong on purpose" or ')


def nbval(directory: Path, *chapters: Path, until_one_fails: bool = False) -> dict[Path, list[str]]:
    """Run ``pytest --nbval`` on notebooks below a directory, with the project's configuration.

    Returns
    -------
    dict[Path, list[str]]
        For each notebook what each of its cells that ran reports: "" if it has passed.
    """
    # Only what is below the root directory has a name in the report.
    project = [f"--config-file={PROJECT / 'pyproject.toml'}", f"--rootdir={directory}", "-p", "conftest"]
    project += [f"--nbval-sanitize-with={PROJECT / 'tests/notebooks/sanitize.cfg'}"]
    report = directory / "report.xml"
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", f"--junitxml={report}"]
    command += [*(["--exitfirst"] if until_one_fails else []), *project, *map(str, chapters)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=1100, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    cells = list(ElementTree.parse(report).iter("testcase"))
    found = {}
    for chapter in chapters:
        name = ".".join(chapter.relative_to(directory).parts)
        own = [cell for cell in cells if cell.get("classname") == name]
        assert own, done.stdout
        found[chapter] = [
            "".join(text for failure in cell.iter("failure") for text in failure.itertext()) for cell in own
        ]
    return found
