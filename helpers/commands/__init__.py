"""The verbs of the command line, one module each; this one needs the standard library alone."""

from __future__ import annotations

from importlib import import_module

from helpers import environment
from helpers.progress import say

VERBS = {
    "lab": "open the course in JupyterLab, after all the set-up that is still needed",
    "run": "execute chapters without a browser, leaving the stored notebooks as they are",
    "test": "run the whole test suite, pytest --nbval; further arguments go to pytest",
    "doctor": "say what this machine has, what the lab needs, and which Engine would be used",
    "shell": "open a shell on a machine of the lab that a notebook has started",
    "handouts": "write the course as HTML and PDF, for learners and for instructors, in build/handouts",
    "book": "build the course as a web site, in build/book",
    "bundle": "write one archive from which a workshop runs without a network, in build",
    "progress": "show which chapters and exercises have been done; --reset forgets them",
    "stop": "stop the embedded engine",
    "sweep": "remove every container, network and volume of the lab from the Engines",
    "clean": "remove every trace: sweep, stop, then delete caches and the Python environment",
    "regenerate": "execute chapters and store their outputs",
    "bench": "measure how long a learner waits, and write docs/bench.md",
    "soak": "break labs in every way, measure what is left, write docs/soak.md (--seed N, --kills N)",
    "lock": "raise the pinned Python packages in requirements.lock",
}

_MAKE_ENVIRONMENT = {"lab", "run", "test", "regenerate", "bench", "soak", "handouts", "book", "bundle"}
_ENTER_ENVIRONMENT = {"stop", "sweep", "progress", "shell"}


def carry_out(verb: str, arguments: list[str]) -> int:
    """Enter the environment that `verb` needs, then call ``command`` of the module of that name.

    Parameters
    ----------
    verb:
        One of `VERBS`.
    arguments:
        What followed the verb.

    Returns
    -------
    int
        The exit code.
    """
    environment.isolate()
    if verb in _MAKE_ENVIRONMENT:
        environment.enter()
    elif verb in _ENTER_ENVIRONMENT and not environment.enter_if_made():
        say("There is no Python environment, so nothing has been started from here.")
        return 0
    return int(import_module(f"helpers.commands.{verb}").command(arguments))
