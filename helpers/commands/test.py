"""``test``: the whole suite, `pytest --nbval` included."""

from __future__ import annotations

import os
import sys

from helpers.commands import engines
from helpers.paths import PROJECT


def command(arguments: list[str]) -> int:
    """Run pytest with `arguments` in the project and return its exit code."""
    engines.prepare()
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "--nbval", *arguments])
