"""Forwards the Docker socket of another computer to a Unix socket here, with the system's own ssh."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from urllib.parse import urlsplit

from helpers import scripts
from helpers.errors import LabError
from helpers.paths import run_dir
from helpers.waiting import NotYet, wait_until

SCHEME = "ssh://"

_SOCKET = "/var/run/docker.sock"
_CLOSING_S = 3.0


class Forward:
    """Forwards the Docker socket of another computer to a Unix socket on this one, mode 0600.

    ssh runs ``cat`` there and this process holds its input open: both end with this process, however it ends.
    Port, user, keys and jump hosts in ~/.ssh/config apply.

    Parameters
    ----------
    url:
        ``ssh://[user@]host[:port][/path/of/docker.sock]``.
    tried:
        First line of the error.
    timeout_s:
        Seconds until the attempt is abandoned.

    Attributes
    ----------
    url:
        The socket here, e.g. ``unix:///tmp/docker-networking-lab-1000/ssh-0a1b2c3d.sock``.

    Raises
    ------
    LabError
        If there is no ssh, it prompts or fails, or nothing answers at the remote socket; with ssh's own
        messages, and the command to try by hand.

    Source: ssh(1), option -L; PROTOCOL of OpenSSH, ``direct-streamlocal@openssh.com``.
    """

    def __init__(self, url: str, tried: str, timeout_s: float) -> None:
        if not shutil.which("ssh"):
            raise LabError(tried, "there is no ssh command here", "Install the OpenSSH client.")
        parts = urlsplit(url)
        destination = f"{SCHEME}{parts.netloc}"
        path = parts.path if parts.path.strip("/") else _SOCKET
        engine = f"-H unix://{path} " if path != _SOCKET else ""
        self._tried = tried
        self._by_hand = f"Make this work without a prompt: ssh {destination} docker {engine}version"
        self._token = secrets.token_hex(4)
        self._path = run_dir() / f"ssh-{self._token}.sock"
        self.url = f"unix://{self._path}"
        # A refused forward does not show the remote socket or user, so ask. The token shows that ssh works.
        remote = f"ls -ld {shlex.quote(path)}; id; echo {self._token}; cat"
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            scripts.argv(__package__, "forward.sh", self._path, path, destination, remote),
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=self._said,
            start_new_session=True,  # so that Ctrl-C in this terminal does not reach it
        )
        deadline = time.monotonic() + timeout_s
        try:
            wait_until(
                self._is_through, tried=tried, within_s=timeout_s, next_step=self._by_hand, every_s=0.05
            )
            self._knock(deadline)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End ssh and remove the socket."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            # Without a socket there is no forward for the script to cancel.
            self._process.wait(_CLOSING_S if self._path.exists() else 0)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._path.unlink(missing_ok=True)
        self._said.close()

    def _is_through(self) -> NotYet | None:
        said = self._printed()
        if self._token in said:
            return None
        if self._process.poll() is not None:
            raise self._failure(said or f"ssh ended with exit code {self._process.returncode}")
        return NotYet(f"no answer to ssh\n{said}")

    def _knock(self, deadline: float) -> None:
        """Make sure that an Engine answers: with a refused forward, the socket here opens and then closes."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(max(deadline - time.monotonic(), 0.1))
            try:
                connection.connect(str(self._path))
                connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                answer = connection.recv(1)
            except OSError:
                answer = b""
        if not answer:
            raise self._failure(f"ssh has connected, but no Engine answers there:\n{self._printed()}")

    def _printed(self) -> str:
        return os.pread(self._said.fileno(), 65536, 0).decode(errors="replace").strip()

    def _failure(self, seen: str) -> LabError:
        return LabError(self._tried, seen.replace(self._token, "").replace("\n\n", "\n"), self._by_hand)
