"""``lock``: pin the newest packages that pyproject.toml allows, for every platform and Python."""

from __future__ import annotations

import os
import subprocess
import tempfile
import venv
from pathlib import Path

from helpers.errors import LabError
from helpers.installation import LOCK
from helpers.paths import PROJECT
from helpers.progress import step

_HEADER = """\
# The packages of pyproject.toml and what they need, pinned for every platform and Python from 3.11 on.
# Raise them all with: python3 -m helpers lock
"""
# No index, link or local setting of the machine that raises the lock may leak into it.
_OPTIONS = (
    "--extra=dev --universal --python-version=3.11 --fork-strategy=fewest --generate-hashes --upgrade"
    " --no-config --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet"
).split()


def command(arguments: list[str]) -> int:
    """Rewrite requirements.lock with the resolver uv, which is fetched for this alone."""
    del arguments
    with tempfile.TemporaryDirectory() as scratch, step("Raising requirements.lock", about="20 s"):
        venv.create(scratch, with_pip=True)
        binaries = Path(scratch) / "bin"
        _run(str(binaries / "python"), "-m", "pip", "install", "--quiet", "uv")
        pins = _run(str(binaries / "uv"), "pip", "compile", *_OPTIONS, "pyproject.toml")
    LOCK.write_text(_HEADER + pins)
    return 0


def _run(*argv: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    done = subprocess.run(
        argv, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise LabError(" ".join(argv), done.stderr.strip()[-1500:], "Check the network and pyproject.toml.")
    return done.stdout
