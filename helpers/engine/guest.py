"""Access to the embedded engine's virtual machine: SSH, with the owner's key and a known host key."""

from __future__ import annotations

import subprocess
from pathlib import Path

from helpers import programs
from helpers.engine import builder
from helpers.engine.vm import VirtualMachine
from helpers.errors import LabError

_PATIENCE_S = 60


def forward(entry: Path, machine: VirtualMachine) -> None:
    """Forward the guest's Docker socket to a Unix socket on this computer that only the owner can use.

    Parameters
    ----------
    entry:
        The cache entry, which contains the SSH keys.
    machine:
        The virtual machine that was started from that entry.

    Raises
    ------
    LabError
        If ssh fails.
    """
    options = ("ExitOnForwardFailure=yes", "StreamLocalBindMask=0177", "StreamLocalBindUnlink=yes")
    forward = f"{machine.directory / 'docker.sock'}:/run/docker.sock"
    flags = ["-f", "-N", "-L", forward, *(f"-o{option}" for option in options)]
    with (machine.directory / "ssh.log").open("w") as log:
        _ssh(entry, machine, flags, [], _PATIENCE_S, output=log.fileno())


def run(entry: Path, machine: VirtualMachine, command: str, timeout_s: float = _PATIENCE_S) -> None:
    """Run a shell command in the guest.

    Parameters
    ----------
    entry, machine:
        As for `forward`.
    command:
        For root's shell.
    timeout_s:
        Seconds until it is abandoned.

    Raises
    ------
    LabError
        If it fails, or does not end in time; with its output, and the end of the console log.
    """
    _ssh(entry, machine, [], [command], timeout_s, output=subprocess.PIPE)


def _ssh(
    entry: Path, machine: VirtualMachine, flags: list[str], command: list[str], timeout_s: float, output: int
) -> None:
    # Files by their bare names: in a path, ssh takes a space for a separator and a % for a token of its own.
    options = (
        f"UserKnownHostsFile={builder.KNOWN_HOSTS}",
        f"HostKeyAlias={builder.HOST_ALIAS}",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "LogLevel=ERROR",
        f"ConnectTimeout={_PATIENCE_S}",
    )
    key = ["-F", "none", "-i", builder.SSH_KEY, "-p", str(machine.ssh_port)]
    argv = ["ssh", *key, *(f"-o{option}" for option in options), *flags, "root@127.0.0.1", *command]
    try:
        programs.run(argv, timeout_s=timeout_s, output=output, cwd=entry)
    except LabError as error:
        raise machine.failure(f"running {command or 'ssh'} in the virtual machine", error.seen) from error
