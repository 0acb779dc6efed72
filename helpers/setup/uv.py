"""The installer uv: it installs the same wheels as pip, in a fraction of the time.

It is fetched once with pip, as pinned in the lock, and kept in the cache directory, as is its package cache.
Runs on the standard library alone.

Source: https://docs.astral.sh/uv/reference/environment/ and …/reference/cli/.
"""

from __future__ import annotations

import hashlib
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.paths import cache_dir
from helpers.setup import locks, offline, pip

_INSTALL_TIMEOUT_S = 1800


def provide(tell: Callable[[str], None]) -> Path | None:
    """Return the program, fetching it first if it is missing; None if there is no wheel for this system.

    Raises
    ------
    LabError
        If pip cannot fetch it for another reason, such as no network.
    """
    pinned = locks.entry(locks.ADDED, "uv")
    program = cache_dir() / f"uv-{hashlib.sha256(pinned.encode()).hexdigest()[:12]}"
    if program.exists():
        return program
    tell("fetching the installer uv")
    with tempfile.TemporaryDirectory(dir=cache_dir(), prefix="uv-fetched-") as scratch:
        venv.create(scratch, with_pip=True, symlinks=True)
        requirement = Path(scratch, "uv.lock")
        requirement.write_text(pinned)
        options = ["--only-binary=:all:", *offline.index_options(), f"--requirement={requirement}"]
        try:
            pip.install(Path(scratch, "bin", "python"), options, "Fetching the installer uv with pip", tell)
        except LabError as error:
            if "No matching distribution" in error.seen and "Retrying" not in error.seen:
                return None
            raise
        Path(scratch, "bin", "uv").rename(program)
    return program


def install(program: Path, python: Path, requirements: Sequence[Path], *more: str) -> None:
    """Install what the lock files pin for that interpreter, checking hashes and using only wheels.

    Raises
    ------
    LabError
        If uv fails; with the end of its output.
    """
    options = ["--quiet", "--require-hashes", "--only-binary=:all:", f"--python={python}"]
    options += [*offline.index_options(), *more, *(f"--requirement={file}" for file in requirements)]
    programs.run(
        [str(program), "pip", "install", *options],
        timeout_s=_INSTALL_TIMEOUT_S,
        tried="Installing Python packages with uv",
        next_step=pip.UNREACHABLE,
        environ=environ(),
    )


def environ() -> dict[str, str]:
    """Return uv's environment variables: the user's own settings, else the index that pip is set to use."""
    found = pip.environ()
    found.setdefault("UV_CACHE_DIR", str(cache_dir() / "uv"))
    found["UV_PYTHON_DOWNLOADS"] = "never"
    if "PIP_INDEX_URL" in found:
        found.setdefault("UV_DEFAULT_INDEX", found["PIP_INDEX_URL"])
    return found
