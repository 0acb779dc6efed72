"""Running another program: one way to do it, with a bound, and with its last words where it fails."""

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
    next_step: str = "Correct what it names, then repeat.",
    check: bool = True,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    output: int | None = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, without standard input, and return what it printed.

    Parameters
    ----------
    argv:
        The program and its arguments; no shell reads them.
    timeout_s:
        Seconds until it is killed.
    tried, next_step:
        The first and the last line of the error. Default: the program's name, and a general hint.
    check:
        Whether an exit code other than 0 is an error.
    cwd, environ:
        Where it runs, and its environment; default: this process's.
    output:
        Where it prints: into the result, to a file descriptor (if a child that it leaves behind would keep a
        pipe open), or with None to where this process prints.

    Raises
    ------
    LabError
        If there is no such program, it does not end in time, or (with `check`) it fails; with the end of what
        it printed.
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
        raise LabError(tried, "\n".join([*last, f"no end after {duration(timeout_s)}"]), next_step) from error
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
    """Return the end of what a program printed, and its exit code.

    Parameters
    ----------
    marks:
        What the program's own lines about errors begin with. Where there are such lines, they are all that
        is returned.
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
