"""Running another program: always with a timeout, and with the end of its output if it fails."""

from __future__ import annotations

import logging
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers.errors import LabError
from helpers.steps import duration

_log = logging.getLogger(__name__)

_EVIDENCE_LINES = 12
_WRAPPERS = {"env", "sudo"}


def run(
    argv: Sequence[str],
    *,
    timeout_s: float,
    tried: str = "",
    next_step: str = "Fix what it reports, then repeat.",
    check: bool = True,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    output: int | None = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run a program to completion, without standard input, and return what it printed.

    Parameters
    ----------
    argv:
        The program and its arguments; no shell interprets them.
    timeout_s:
        Seconds until it is killed.
    tried, next_step:
        The first and the last line of the error. Defaults: the program's name, and a general hint.
    check:
        Whether an exit code other than 0 is an error.
    cwd, environ:
        Where it runs, and its environment; default: this process's.
    output:
        Where its output goes: into the result; to a file descriptor (if it leaves a child behind that would
        keep a pipe open); or, with None, to where this process prints.

    Raises
    ------
    LabError
        If there is no such program, it does not end in time, or (with `check`) it fails; with the end of its
        output.
    """
    tried = tried or f"Running {_name(argv)}"
    started = time.monotonic()
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            cwd=cwd,
            env=environ,
        )
    except subprocess.TimeoutExpired as error:
        printed = (error.stdout or b"") + b"\n" + (error.stderr or b"")
        last = _last_lines(printed.decode(errors="replace"), ("",))
        raise LabError(
            tried, "\n".join([*last, f"still running after {duration(timeout_s)}"]), next_step
        ) from error
    except FileNotFoundError as error:
        raise LabError(tried, str(error), f"Install {_name(argv)}, then repeat.") from error
    except OSError as error:
        raise LabError(tried, str(error), next_step) from error
    took = time.monotonic() - started
    _log.debug("%s: exit code %d after %.2f s", shlex.join(argv), done.returncode, took)
    if check and done.returncode:
        raise LabError(tried, evidence(done), next_step)
    return done


def evidence(done: subprocess.CompletedProcess[str], marks: tuple[str, ...] = ()) -> str:
    """Return the end of a program's output, and its exit code.

    Parameters
    ----------
    marks:
        How the program's own error lines begin. If there are such lines, only they are returned.
    """
    printed = f"{done.stdout or ''}\n{done.stderr or ''}"
    if errors := _last_lines(printed, marks):
        return "\n".join(errors)
    return "\n".join([*_last_lines(printed, ("",)), f"(exit code {done.returncode})"])


def _last_lines(printed: str, beginnings: tuple[str, ...]) -> list[str]:
    lines = [line for line in printed.splitlines() if line.strip() and line.startswith(beginnings)]
    return lines[-_EVIDENCE_LINES:]


def _name(argv: Sequence[str]) -> str:
    return next(word for word in argv if "=" not in word and word not in _WRAPPERS)
