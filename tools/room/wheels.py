"""The Python packages of an image, fetched for its Python, whichever runs here."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.setup import pip, uv

_TIMEOUT_S = 1800
# pip takes only what it is told: all that glibc 2.36 runs.
_PLATFORMS = [
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
]


def fetch(pins: Sequence[str], python: str, directory: Path) -> None:
    """Fetch the wheels that a Python on Debian for x86_64 installs, checking their hashes.

    Parameters
    ----------
    pins:
        What pins them: the text of lock files, whose markers may except some.
    python:
        Its version, such as "3.11".
    directory:
        Where to.

    Raises
    ------
    LabError
        If an installer fails; with the end of its output.
    """
    program = uv.provide(lambda _: None)
    if program is None:
        raise LabError("Fetching Python packages", "there is no uv for this system", "Use Linux.")
    with tempfile.NamedTemporaryFile("w+", suffix=".txt") as chosen:
        chosen.write("\n".join(pins))
        chosen.flush()
        # pip applies the markers of the Python that it runs in; uv, those of the one that it is told.
        resolve = [str(program), "pip", "compile", "--quiet", "--no-config", "--no-deps", "--no-annotate"]
        options = ["--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
        target = [f"--python-version={python}", "--python-platform=x86_64-manylinux_2_28"]
        _run(*resolve, *options, *target, f"--output-file={chosen.name}", chosen.name)
        _run(
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--require-hashes", "--only-binary=:all:", f"--python-version={python}"),
            *(f"--platform={name}" for name in _PLATFORMS),
            *(f"--dest={directory}", f"--requirement={chosen.name}"),
        )


def _run(*argv: str) -> None:
    programs.run(argv, timeout_s=_TIMEOUT_S, next_step=pip.UNREACHABLE, environ=uv.environ())
