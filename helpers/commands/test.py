"""``test``: the whole suite, including `pytest --nbval`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from helpers import notebooks
from helpers.commands import engines
from helpers.paths import PROJECT, engine_of_tests

_MEMORY = 8 * 10**9  # three engines, of 2 GB each when three machines run in them, and the tests themselves


def command(arguments: list[str]) -> int:
    """Run pytest with `arguments` in the project and return its exit code."""
    os.environ.setdefault("LAB_INSTANCE", engine_of_tests())  # pytest replaces this process and stops it
    engines.prepare(_named(arguments))
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "--nbval", *_in_parallel(), *arguments])


def _named(arguments: Sequence[str]) -> list[Path]:
    """The chapters that are named, such as notebooks/10_then_and_now.ipynb, or are in a directory that is.

    A whole run names none: when it comes to chapters, tests have built every engine.
    """
    asked = [(PROJECT / argument.partition("::")[0]).resolve() for argument in arguments]
    return [path for path in notebooks.find([]) if path in asked or path.parent in asked]


def _in_parallel() -> list[str]:
    """Use two workers if there is memory for an embedded engine of each, and one of all generations."""
    roomy = (os.cpu_count() or 1) > 1 and psutil.virtual_memory().available > _MEMORY
    return ["--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder"] if roomy else []
