"""The chapters as files: finding them, and executing one from top to bottom."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import secrets
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_runtime_dir
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from helpers import paths
from helpers.engine import CannotRunHere
from helpers.errors import LabError
from helpers.lab import wanted
from helpers.paths import NOTEBOOKS
from helpers.steps import Step, step
from helpers.text import without_colours

CELL_TIMEOUT_S = 600
# Outputs that are stored and compared must not contain durations or depend on who runs the chapter.
UNATTENDED = {"LAB_STEPS": "off", "LAB_PROGRESS": "off"}


_GENERATIONS = re.compile(r"\bLab\(\s*(?:machines\s*=\s*)?(\{.*?\})", re.DOTALL)


class ChapterFailed(Exception):
    """A cell of a chapter did not do what it should; the message shows the cell and its error."""


class ChapterMissed(Exception):
    """The Engine lacks what the chapter needs; the message says what that is."""


def find(names: Sequence[str], directory: Path = NOTEBOOKS) -> list[Path]:
    """Return the notebooks that `names` refer to, or all chapters in order.

    Parameters
    ----------
    names:
        Each is a number ("01"), a name ("01_default_bridge") or the path of a notebook.
    directory:
        Where the chapters are.

    Raises
    ------
    LabError
        If there is no such chapter.
    """
    chapters = paths.chapter_files(directory)
    return [_find_one(name, chapters) for name in names] if names else chapters


def read(path: Path) -> NotebookNode:
    """Read a notebook, which a learner may have edited in any way.

    Raises
    ------
    LabError
        If it cannot be opened, or is not a notebook in format 4.
    """
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    # nbformat uses what it reads before it validates it: any exception means that the file is damaged.
    except Exception as error:
        raise LabError(
            f"Reading the notebook {path}",
            (str(error).strip().splitlines() or [type(error).__name__])[0][:300],
            _how_to_restore(path),
        ) from error
    return notebook


def suites_asked_for(path: Path) -> list[str]:
    """Return the suites of the machines that a chapter's labs name with their versions of Docker.

    Read from its cells: ``Lab(machines={"then": "20.10", …})``.

    Raises
    ------
    LabError
        As `read`.
    """
    sources = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    found: list[str] = []
    for asked in (match[1] for source in sources for match in _GENERATIONS.finditer(source)):
        with suppress(ValueError, SyntaxError, LabError):  # computed, or wrong: the cell itself will say so
            found += wanted.suites_by_name(ast.literal_eval(asked)).values()
    return found


def _how_to_restore(path: Path) -> str:
    if path.parent == NOTEBOOKS:
        return f"Repair it, or restore the original: git checkout notebooks/{path.name}"
    return (
        "Repair it. `python3 -m helpers lab --reset CHAPTER` makes a new copy of a chapter, and keeps yours."
    )


def _find_one(name: str, chapters: Sequence[Path]) -> Path:
    if name.endswith(".ipynb"):
        with suppress(OSError, ValueError):  # not a valid file name
            if Path(name).is_file():
                return Path(name).resolve()
    for chapter in chapters:
        if name in (chapter.stem, chapter.name, chapter.stem.split("_")[0]):
            return chapter
    there = ", ".join(chapter.stem for chapter in chapters)
    raise LabError(
        f"Looking for the chapter {name!r}",
        f"the chapters are {there}" if there else "no notebook was found",
        "Give one of these names, its number, or the path of a notebook.",
    )


def execute(path: Path) -> NotebookNode:
    """Execute a notebook from top to bottom in a new kernel and return it with its outputs.

    The file is not changed. A cell may take ten minutes. The kernel is always ended, also after Ctrl-C, and
    closes its lab first.

    Raises
    ------
    ChapterMissed
        If the Engine lacks what the chapter needs.
    ChapterFailed
        If a cell raises, takes too long, or ends the kernel.
    LabError
        If the file is not a notebook, or the kernel does not start.
    """
    notebook = read(path)
    os.environ.update(UNATTENDED)
    with step(path.stem) as running:
        asyncio.run(_execute(notebook, path, running))
    return notebook


async def _execute(notebook: NotebookNode, path: Path, running: Step) -> None:
    # A kernel listens on TCP ports that every user of the computer can reach, so it encrypts if it can.
    # Its keys are in our own directory: a killed process leaves them, and nothing would clean up /tmp.
    keys = Path(jupyter_runtime_dir()) / f"kernel-{secrets.token_hex(8)}.json"
    keys.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    manager = AsyncKernelManager(
        kernel_name="python3", transport_encryption="auto", connection_file=str(keys)
    )
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT_S,
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    )
    # Not client.async_execute(): on Ctrl-C that kills the kernel, which then cannot clean up.
    # The kernel's log is of no use here; what its cells print arrives in messages.
    await client.async_start_new_kernel(stderr=subprocess.DEVNULL)
    try:
        try:
            await client.async_start_new_kernel_client()
        except RuntimeError as error:
            raise LabError(
                f"Starting a Jupyter kernel for {path.stem}",
                str(error),
                "Check whether this computer is overloaded, and whether its loopback interface (lo) is up.",
            ) from error
        for position, cell in enumerate(notebook.cells):
            running.update(f"cell {position + 1} of {len(notebook.cells)}")
            try:
                await client.async_execute_cell(cell, position)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                task = asyncio.current_task()
                if task and task.cancelling():  # Ctrl-C, which nbclient reports as a dead kernel
                    raise asyncio.CancelledError from error
                if isinstance(error, CellExecutionError) and error.ename == CannotRunHere.__name__:
                    raise ChapterMissed(f"{path.stem}: {error.evalue}") from error
                raise ChapterFailed(_message(path, cell, error)) from error
    finally:
        if await manager.is_alive():
            await manager.interrupt_kernel()  # it may be in the middle of a cell
            await manager.shutdown_kernel()


def _message(path: Path, cell: NotebookNode, error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        reason = without_colours(error.traceback).rstrip()
    elif isinstance(error, CellTimeoutError):
        reason = f"still running after {CELL_TIMEOUT_S} s"
    else:
        reason = "the kernel died"
    rule = "─" * 72
    return f"{path.stem} failed in this cell:\n{rule}\n{cell.source}\n{rule}\n{reason}"
