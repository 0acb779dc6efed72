"""The learner's verbs, one module each."""

from __future__ import annotations

from collections.abc import Sequence

from helpers import command_line
from helpers.command_line import Needs, Option, Verb

_CHAPTER = Option("CHAPTER", "01, 01_default_bridge or a path")

VERBS = (
    Verb(
        "lab",
        "open the course in JupyterLab, after any set-up still needed; further arguments go to JupyterLab",
        Needs.LEARNER,
        passes_on=True,
    ),
    Verb(
        "run",
        "execute chapters without a browser; the stored notebooks are not changed",
        Needs.LEARNER,
        (_CHAPTER,),
    ),
    Verb(
        "test",
        "run the whole test suite, pytest --nbval; further arguments go to pytest",
        Needs.EVERYTHING,
        passes_on=True,
    ),
    Verb(
        "doctor",
        "show what this machine has, what the lab needs, and which Engine would be used",
        Needs.NOTHING,
        (Option("--packages", "list every Debian package in the lab's images"),),
    ),
    Verb(
        "shell",
        "open a shell on a machine of a lab that a notebook has started",
        Needs.WHAT_IS_THERE,
        (Option("MACHINE", "its name, e.g. machine1 (default: the first of the newest lab)"),),
    ),
    Verb(
        "progress",
        "show which chapters and exercises have been done",
        Needs.WHAT_IS_THERE,
        (Option("--reset", "forget what has been done"),),
    ),
    Verb(
        "stop",
        "stop the embedded engine",
        Needs.WHAT_IS_THERE,
        (Option("--delete", "also delete what was built for it; the next start rebuilds it"),),
    ),
    Verb(
        "sweep",
        "remove every container, network and volume of your labs from the Engines",
        Needs.WHAT_IS_THERE,
        (Option("--images", "also remove the machine image; the next lab rebuilds it"),),
    ),
    Verb(
        "clean",
        "remove every trace: sweep, stop, then delete caches and the Python environment",
        Needs.NOTHING,
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return the exit code."""
    return command_line.main("helpers", "Docker networking by experiment.", VERBS, arguments)
