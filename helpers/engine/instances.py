"""Running instances of an embedded engine: started from a saved state, each with its own disk overlay.

What an instance writes is gone when it ends. The only way in is SSH with the owner's key; clients use a Unix
socket in its directory.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

import docker.errors
import requests

from helpers import programs
from helpers.engine import guest
from helpers.engine.client import Client
from helpers.engine.reachable import Endpoint
from helpers.engine.refusals import MINIMUM_API
from helpers.engine.vm import Accelerator, VirtualMachine
from helpers.errors import LabError
from helpers.paths import cache_dir

_NEEDED_BYTES = 10**9  # what a chapter writes, and some more
_PING_S = 20


def answering(directory: Path) -> Endpoint | None:
    """Return where the instance in that directory listens now, or None if it does not answer."""
    socket = directory / "docker.sock"
    if not socket.is_socket():
        return None
    client = Client(f"unix://{socket}", _PING_S, MINIMUM_API)
    try:
        client.ping()
    except (docker.errors.DockerException, requests.RequestException):
        return None
    finally:
        client.close()
    return Endpoint(url=f"unix://{socket}", source="embedded engine", backend="embedded")


def reconnected(directory: Path) -> Endpoint | None:
    """Forward the socket again if the virtual machine is running although its socket does not answer."""
    machine, entry = VirtualMachine(directory), origin(directory)
    if not machine.alive() or not entry:
        return None
    with suppress(LabError):
        guest.forward(entry, machine)
        return answering(directory)
    return None


def origin(directory: Path) -> Path | None:
    """Return the entry that the instance was started from."""
    record = directory / "entry"
    return Path(record.read_text()) if record.exists() else None


def boot(directory: Path, entry: Path, state: Path, accelerator: Accelerator, patience_s: float) -> Endpoint:
    """Start an instance.

    Parameters
    ----------
    directory:
        Its own.
    entry, state:
        What it starts from: the entry, and the directory with the saved state.
    accelerator:
        With which that was saved.
    patience_s:
        Seconds until the guest has to go on.

    Raises
    ------
    LabError
        If the disk is nearly full, or it does not start; with the end of the console log.
    """
    _check_space()
    written = _written_by(directory)
    overlay(written, str(state / "disk.qcow2"))
    machine = VirtualMachine(directory)
    (directory / "entry").write_text(str(entry))
    started = False
    try:
        machine.start(accelerator, written, entry / "kernel", entry / "initrd", state / "state")
        machine.resume()
        written.unlink()  # QEMU has it open; the space is freed when QEMU ends, even if it is killed
        # The clock of a restored guest shows the time at which its state was saved.
        guest.run(entry, machine, f"date -s @{time.time():.0f}", timeout_s=patience_s)
        guest.forward(entry, machine)
        endpoint = answering(directory)
        if endpoint is None:
            raise machine.failure("reaching its dockerd", "no answer on the forwarded socket")
        started = True
        return endpoint
    finally:
        written.unlink(missing_ok=True)
        if not started:
            machine.end()


def discard(directory: Path) -> None:
    """End the instance in that directory, if there is one, and delete its files."""
    VirtualMachine(directory).end()
    # The ssh process that forwards the socket ends by itself when the machine closes its connection.
    shutil.rmtree(directory, ignore_errors=True)
    _written_by(directory).unlink(missing_ok=True)  # a start that was killed leaves it


def overlay(disk: Path, backing: str) -> None:
    """Make a disk that holds only what is written on top of another one.

    Parameters
    ----------
    disk:
        The file to make.
    backing:
        The other one; a relative path is relative to the new disk.

    Raises
    ------
    LabError
        If qemu-img fails.
    """
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing, str(disk)]
    programs.run(
        command,
        timeout_s=60,
        tried=f"Making the disk {disk}",
        next_step="Free some space there, then repeat.",
    )
    disk.chmod(0o600)


def _written_by(directory: Path) -> Path:
    """Where a running instance writes: in the cache, because the run directory may be in memory."""
    return cache_dir() / f"{directory.name}.qcow2"


def _check_space() -> None:
    free = shutil.disk_usage(cache_dir()).free
    if free < _NEEDED_BYTES:
        raise LabError(
            f"Starting the embedded engine with its disk in {cache_dir()}",
            f"{free / 1e9:.1f} GB free; {_NEEDED_BYTES / 1e9:.0f} GB are needed",
            "Make room there, or set XDG_CACHE_HOME to a larger disk, then repeat.",
        )
