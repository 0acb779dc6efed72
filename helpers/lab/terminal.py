"""Connecting the terminal of this process to a shell on a machine."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import termios
import threading
import tty
from contextlib import suppress

import docker
import docker.errors

from helpers.lab.stream import Stream

_SHELL = ["sh", "-c", "cd; exec bash -i || exec sh -i"]


def connect(api: docker.APIClient, container: str) -> int:
    """Connect the terminal to an interactive shell in a container until it ends; return its exit code.

    Standard input must be a terminal. The size of its window is passed on, including later changes.

    Parameters
    ----------
    api:
        docker-py's low-level client for the container's Engine.
    container:
        The container's id or name.
    """
    created = api.exec_create(
        container, _SHELL, stdin=True, tty=True, environment={"TERM": os.environ.get("TERM", "xterm")}
    )
    stream = Stream(api.exec_start(created["Id"], tty=True, socket=True), framed=False)

    def resize(*_: object) -> None:
        size = shutil.get_terminal_size()
        with suppress(docker.errors.APIError):  # the shell has just ended
            api.exec_resize(created["Id"], height=size.lines, width=size.columns)

    before = termios.tcgetattr(sys.stdin)
    signal.signal(signal.SIGWINCH, resize)
    try:
        tty.setraw(sys.stdin, termios.TCSADRAIN)  # every key, including Ctrl-C, goes to the shell
        resize()
        threading.Thread(target=_type, args=(stream,), daemon=True).start()
        for _, data in stream.output():
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        stream.close()
    return int(api.exec_inspect(created["Id"])["ExitCode"] or 0)


def _type(stream: Stream) -> None:
    with suppress(OSError):
        while keys := os.read(sys.stdin.fileno(), 1024):
            stream.send(keys)
    stream.half_close()
