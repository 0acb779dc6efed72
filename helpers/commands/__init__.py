"""The learner's verbs, one module each."""

from __future__ import annotations

from collections.abc import Sequence

from helpers import command_line
from helpers.command_line import Needs, Option, Verb

_CHAPTER = Option("CHAPTER", "01, 01_default_bridge or a path")

VERBS = (
    Verb(
        "lab",
        "open your copies of the chapters in JupyterLab, after any set-up needed; other arguments go to it",
        Needs.LEARNER,
        (
            Option("--update", "make new copies of chapters that have changed, and keep yours beside them"),
            Option("--reset", "make new copies of these chapters, and keep yours beside them", of="CHAPTER"),
            Option("--edit", "open the chapters themselves, to change the course"),
        ),
        passes_on=True,
    ),
    Verb(
        "serve",
        "serve the course from a container, also below a hub; other arguments go to JupyterLab",
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
        "show what has been done, which predictions were right, and what to look at again",
        Needs.WHAT_IS_THERE,
        (Option("--reset", "forget what has been done and predicted"),),
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
