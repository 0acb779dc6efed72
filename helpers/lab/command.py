"""A shell command on a machine: checking it, reading its output, and its result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from helpers.errors import LabError
from helpers.lab.stream import STDOUT, Stream

AFTER_CTRL_C_S = 3
_LONGEST_S = 24 * 3600
_CTRL_C = b"\x03"


@dataclass(frozen=True)
class Completed:
    """A command that has ended.

    Attributes
    ----------
    exit_code:
        As the shell reports it; 124 if the command timed out.
    stdout, stderr:
        What it printed. With a terminal both are in `stdout`, in the order in which they appeared.
    """

    exit_code: int
    stdout: str
    stderr: str

    def checked(self, tried: str) -> Completed:
        """Return this object if the command succeeded.

        Parameters
        ----------
        tried:
            The first line of the error.

        Raises
        ------
        LabError
            If it did not; with the output of the command.
        """
        if self.exit_code:
            seen = self.stderr or self.stdout or f"exit code {self.exit_code}"
            raise LabError(tried, seen, "Restart the kernel and run the chapter from the top.")
        return self


def check(command: Any, timeout: Any) -> None:
    """Refuse an invalid command or timeout.

    Parameters
    ----------
    command:
        Text for ``sh -c``.
    timeout:
        A number of seconds, at most a day.

    Raises
    ------
    LabError
        If one of them has another type or value.
    """
    if not isinstance(command, str) or "\0" in command:
        seen = f"a command for `sh -c` must be text without a null character, not {command!r}"
    elif not isinstance(timeout, int | float) or not 0 < timeout <= _LONGEST_S:
        seen = f"a timeout must be a number of seconds between 0 and {_LONGEST_S}, not {timeout!r}"
    else:
        return
    raise LabError("Running a command on a machine", seen, "Correct it, then run the cell again.")


def collect(stream: Stream, timeout: float, tty: bool) -> tuple[bytes, bytes]:
    """Read until the output ends, and return standard output and standard error.

    Parameters
    ----------
    stream:
        The command's stream.
    timeout:
        Seconds until Ctrl-C is sent, if there is a terminal.
    tty:
        Whether the command has a terminal.
    """
    out, err = b"", b""
    deadline = time.monotonic() + timeout + (0 if tty else AFTER_CTRL_C_S)
    if not tty:
        stream.half_close()
    while True:
        try:
            for kind, data in stream.output(deadline):
                out, err = (out + data, err) if kind == STDOUT else (out, err + data)
            return out, err
        except KeyboardInterrupt:
            if tty:
                stream.send(_CTRL_C)
            raise
        except TimeoutError:
            if not tty or time.monotonic() > deadline + 2 * AFTER_CTRL_C_S:
                return out, err
            stream.send(_CTRL_C)
            deadline = time.monotonic() + AFTER_CTRL_C_S
            tty = False  # only once; after that, `timeout` on the machine ends it
