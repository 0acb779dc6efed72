"""``clean``: remove every trace of the course from this machine, except the project and what the learner did.

Runs outside the environment, on the standard library alone, because it deletes the environment.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from helpers import programs
from helpers.page import redirect
from helpers.paths import BUILD, PROJECT, VENV, cache_dir, run_dir, state_dir
from helpers.setup import debian, environment
from helpers.steps import say

_VERB_TIMEOUT_S = 600


def command(arguments: list[str]) -> int:
    """Sweep the Engines, stop the embedded one, and delete caches, built files and leftovers of runs."""
    del arguments
    environment.leave()
    python = environment.usable()
    if python:
        _carry_out(python, "sweep", "--images")
        _carry_out(python, "stop", "--delete")
    packages = debian.installed_by_us()
    for directory in (run_dir(), cache_dir(), BUILD, redirect.in_home(), VENV):
        if directory.exists():
            if any(directory.iterdir()):
                say(f"Deleting {directory}")
            shutil.rmtree(directory)
    yours = state_dir()
    if any(yours.iterdir()):
        say(
            f"What is yours stays in {yours}: copies of the chapters, progress. To delete it, too:\n"
            f"  rm -r {shlex.quote(str(yours))}"
        )
    else:
        yours.rmdir()
    if packages:
        purge = " ".join(debian.as_root(["apt-get", "purge", "--autoremove", *packages]))
        say(f"These Debian packages were installed for the lab and stay: {' '.join(packages)}\n  {purge}")
    return 0


def _carry_out(python: Path, *verb: str) -> None:
    programs.run(
        [str(python), "-m", "helpers", *verb],
        timeout_s=_VERB_TIMEOUT_S,
        tried=f"Running `python3 -m helpers {' '.join(verb)}` before files are deleted",
        next_step="Fix what it reports above, then repeat `make clean`; no files have been deleted yet.",
        cwd=PROJECT,
        output=None,
    )
