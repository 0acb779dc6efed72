"""Running pip, which fetches the installer uv, and replaces it where uv is not available."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer

from helpers import programs
from helpers.errors import LabError

_TIMEOUT_S = 1800
_OPTIONS = "--require-hashes --progress-bar=off --retries=3 --no-input --disable-pip-version-check".split()
_ERROR_MARKS = ("ERROR", "WARNING: Retrying")
UNREACHABLE = "Check the network, the proxy (HTTPS_PROXY) and pip's settings (pip config list), then repeat."


def install(python: Path, options: Sequence[str], tried: str, tell: Callable[[str], None]) -> None:
    """Run ``pip install`` with an interpreter that has pip; `tell` is called with its progress.

    Raises
    ------
    LabError
        If pip fails or does not end; with the errors that it printed.
    """
    command = [str(python), "-m", "pip", "install", *_OPTIONS, *options]
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ(),
    ) as pip:
        timer = Timer(_TIMEOUT_S, pip.kill)
        timer.start()
        try:
            for line in pip.stdout or ():
                lines.append(line.rstrip())
                if doing := re.match(r"Collecting (\S+)|(Installing) ", line):
                    tell(f"fetching {doing.group(1)}" if doing.group(1) else "unpacking")
        except BaseException:
            pip.kill()
            raise
        finally:
            timer.cancel()
    if pip.returncode:
        done = subprocess.CompletedProcess(command, pip.returncode, "\n".join(lines))
        raise LabError(tried, programs.evidence(done, _ERROR_MARKS), UNREACHABLE)


def environ() -> dict[str, str]:
    """Return the environment variables without those that point an installer to another Python or place."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    # Both may be set sensibly in the user's own configuration, but are wrong here.
    return kept | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
