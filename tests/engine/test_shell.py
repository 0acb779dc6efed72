"""`python3 -m helpers shell`, typed into a terminal as a learner would."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress

from helpers.lab import Lab
from helpers.paths import PROJECT


def typed(*arguments: str, keys: bytes) -> tuple[int, str]:
    """Run the command in a new terminal; return its exit code and what the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "helpers", "shell", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=PROJECT)
    os.close(theirs)
    os.write(ours, keys)
    shown = b""
    with suppress(OSError):  # the other end is closed: the command has ended
        while data := os.read(ours, 65536):
            shown += data
    os.close(ours)
    return process.wait(60), shown.decode(errors="replace")


def test_a_shell_on_the_first_machine_of_the_newest_lab(lab: Lab) -> None:
    code, shown = typed(keys=b"echo on $(hostname) with $(tput cols 2>/dev/null; tty); exit 3\n")
    assert code == 3, shown
    assert "on host with" in shown
    assert "/dev/pts/" in shown


def test_an_unknown_machine_lists_the_known_ones(lab: Lab) -> None:
    code, shown = typed("machine7", keys=b"")
    assert code == 1
    assert "Opening a shell on machine7" in shown
    assert "host" in shown


def test_without_a_terminal_there_is_no_shell() -> None:
    command = [sys.executable, "-m", "helpers", "shell"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 1
    assert "not a terminal" in done.stderr
