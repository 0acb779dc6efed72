"""A room of learners who all come at once: the test of it, with more of them."""

from __future__ import annotations

import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.paths import PROJECT
from tools.bench.rows import Row

_LIMIT_S = 1800
_TEST = "tests/room/test_hub.py::test_a_roomful_at_once"
_TARGETS = {"login": "≤ 30 s", "lab": "≤ 60 s", "chapter": "–"}
_WHAT = {"login": "login to JupyterLab", "lab": "chapter 00 to the first lab", "chapter": "chapter 00"}


def measure(learners: int) -> Iterator[Row]:
    """Yield a row for each thing that the learners wait for; the image has to be there.

    Raises
    ------
    LabError
        If the test fails, or is skipped: only root can start a Docker host of its own.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        results = Path(made) / "results.xml"
        options = ("-n", "0", "-q", f"--learners={learners}", f"--junitxml={results}")
        programs.run(
            [sys.executable, "-m", "pytest", *options, _TEST],
            timeout_s=_LIMIT_S,
            tried=f"Running {_TEST}",
            next_step="Fix it first.",
            cwd=PROJECT,
        )
        found = list(ElementTree.parse(results).iter("property"))
    if not found:
        raise LabError(f"Running {_TEST}", "it was skipped", "Run it by hand, as root: it says why.")
    for name, target in _TARGETS.items():
        values = [float(one.get("value", "")) for one in found if one.get("name") == name]
        yield Row(f"{learners} learners at once: {_WHAT[name]}", target, values, "s")
