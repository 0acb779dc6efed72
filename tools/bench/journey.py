"""From a bare machine to the last verdict, in separate processes, as a learner would go through it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import psutil

from helpers import notebooks, programs, suites
from helpers.engine import embedded
from helpers.errors import LabError
from helpers.paths import ENGINE, PROJECT, cache_dir, engine_dir

_CLONE_S, _LIMIT_S = 300, 1800
_ADDRESS = re.compile(r"http://127\.\S+token=\w+")
_STEP = re.compile(r"^✓ (.+) \((?:(\d+) min )?(\d+) s\)$")
_NOW = "import os, pathlib, time; pathlib.Path(os.environ['TOLD']).write_text(str(time.monotonic()))"
_INSTANCE = f"{ENGINE}-bench"


def warm() -> float:
    """Seconds from `make lab` to the first result, with everything cached and the embedded engine stopped."""
    embedded.stop()
    return _to_first_result(PROJECT, {})[0]


def cold() -> tuple[float, dict[str, float]]:
    """Seconds from a fresh clone to the first result, and of each step that was reported, by its title.

    Debian's packages are already installed: removing them is not ours to do.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        directory = Path(made)
        clone = directory / "clone"
        programs.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], timeout_s=_CLONE_S)
        own = {f"XDG_{kind}_HOME": str(directory / kind.lower()) for kind in ("CACHE", "STATE")}
        own["LAB_INSTANCE"] = _INSTANCE
        try:
            return _to_first_result(clone, own)
        finally:
            embedded.stop(_INSTANCE)


def course(chapters: Sequence[Path]) -> dict[str, float]:
    """Seconds of each chapter under ``pytest --nbval``, as `make test` runs them, and in total ("whole")."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        results = Path(made) / "results.xml"
        what = ("-q", f"--junitxml={results}", *map(str, chapters))
        began = time.monotonic()
        _carry_out(PROJECT, {}, "test", *what, timeout_s=2 * _LIMIT_S)
        took = time.monotonic() - began
        chapter: dict[str, float] = {}
        for case in ElementTree.parse(results).iter("testcase"):
            name = re.sub(r"\W|ipynb", " ", case.get("classname", "")).split()[-1]
            chapter[name] = chapter.get(name, 0.0) + float(case.get("time", 0))
    return {**dict(sorted(chapter.items())), "whole": took}


def memory(chapter: str) -> float:
    """Peak resident memory, in GiB, of the embedded engine's process while a chapter ran."""
    run = _start(PROJECT, {}, "run", chapter, output=subprocess.DEVNULL)
    most = 0
    while run.poll() is None:
        with suppress(OSError, psutil.NoSuchProcess):  # it is not running yet, or no longer
            pid = int((engine_dir() / "qemu.pid").read_text())
            most = max(most, psutil.Process(pid).memory_info().rss)
        time.sleep(0.5)
    if run.returncode:
        raise LabError(f"Running chapter {chapter}", f"exit code {run.returncode}", "Fix it first.")
    return most / 2**30


def cached() -> float:
    """GiB on disk of what is cached for the embedded engine in use; others may stand beside it."""
    entries = (cache_dir() / "engine").glob(f"{suites.chosen()}-*")
    in_use = max(entries, key=lambda entry: entry.stat().st_mtime)
    files = [path for path in in_use.rglob("*") if path.is_file()]
    return sum(path.stat().st_blocks * 512 for path in files) / 2**30


def up_to_the_lab() -> nbformat.NotebookNode:
    """Chapter 00, with nothing but its code cells up to the one that starts the lab."""
    chapter: nbformat.NotebookNode = nbformat.read(notebooks.find(["00"])[0], as_version=4)
    cells = [cell for cell in chapter.cells if cell.cell_type == "code"]
    end = next(number for number, cell in enumerate(cells) if cell.id == "lab") + 1
    chapter.cells = cells[:end]
    return chapter


def _to_first_result(project: Path, own: Mapping[str, str]) -> tuple[float, dict[str, float]]:
    began = time.monotonic()
    steps: dict[str, float] = {}
    with _jupyterlab(project, own) as lines:
        for line in lines:
            if told := _STEP.match(line.strip()):
                steps[told[1]] = 60.0 * int(told[2] or 0) + int(told[3])
            if _ADDRESS.search(line):
                break
        else:
            raise LabError("Starting JupyterLab", "it printed no address", "Run `make lab` by hand.")
        steps["JupyterLab, and anything not reported"] = time.monotonic() - began - sum(steps.values())
        return _first_result(project, own) - began, steps


def _first_result(project: Path, own: Mapping[str, str]) -> float:
    """The time at which the cell of chapter 00 that starts the lab had its result, in a new kernel."""
    chapter = up_to_the_lab()
    chapter.cells += map(nbformat.v4.new_code_cell, (_NOW, "lab.close()"))
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        notebook, result = Path(made) / "first.ipynb", Path(made) / "told"
        nbformat.write(chapter, notebook)
        told = {**own, "TOLD": str(result)}
        _carry_out(project, told, "run", str(notebook), timeout_s=_LIMIT_S)
        return float(result.read_text())


@contextmanager
def _jupyterlab(project: Path, own: Mapping[str, str]) -> Iterator[Iterator[str]]:
    server = _start(project, own, "lab", "--no-browser")
    try:
        assert server.stdout
        yield iter(server.stdout.readline, "")
    finally:
        server.terminate()
        server.wait(60)


def _carry_out(project: Path, own: Mapping[str, str], *verb: str, timeout_s: float) -> None:
    programs.run(
        _command(own, *verb),
        timeout_s=timeout_s,
        tried=f"Running `python3 -m helpers {' '.join(verb)}`",
        next_step="Fix it first.",
        cwd=project,
        environ=_environ(own),
    )


def _start(
    project: Path, own: Mapping[str, str], *verb: str, output: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        _command(own, *verb),
        cwd=project,
        env=_environ(own),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _command(own: Mapping[str, str], *verb: str) -> list[str]:
    """``python3 -m helpers …``, with the Python of someone who has just opened a terminal."""
    python = shutil.which("python3") if own else None
    return [python or sys.executable, "-m", "helpers", *verb]


def _environ(own: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": "", **own}
