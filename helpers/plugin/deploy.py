"""Installs the driver on a machine: as a process with a socket, or as the files of a managed plugin."""

from __future__ import annotations

import base64
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers import scripts
from helpers.plugin.calls import SOCKET, managed_id

if TYPE_CHECKING:
    from helpers.lab import Machine

HERE = Path(__file__).parent
SOURCES = [*(f"wire/{name}.py" for name in ("__init__", "__main__", "driver", "links", "web")), "pack.py"]
HOME = "/opt/wire"
READY_S = 90  # Python starts slowly under emulation


@dataclass(frozen=True)
class SocketPlugin:
    """A driver that runs as a process on a machine and is found by its socket ("legacy plugin").

    Attributes
    ----------
    machine:
        Where it runs.
    name:
        Its name for ``docker network create --driver``: that of the socket.
    scope:
        "local" or "global".
    """

    machine: Machine
    name: str
    scope: str = "local"

    @property
    def log(self) -> str:
        """The log file on the machine, with one line per call."""
        return SOCKET.format(name=self.name)

    @property
    def socket(self) -> str:
        """Where the Engine finds it."""
        return f"/run/docker/plugins/{self.name}.sock"

    def start(self) -> None:
        """Start the driver and wait for its socket.

        Raises
        ------
        LabError
            If it does not start; with the end of its output.
        """
        arguments = [HOME, self.socket, self.scope, self.log, self._pid, READY_S]
        command = scripts.command(__package__, "start.sh", *arguments)
        self._run(command, f"Starting the driver {self.name}")

    def kill(self) -> None:
        """Kill the driver, as a crash would: its socket file remains, but nothing listens on it."""
        self._run(f"kill -9 $(cat {self._pid}); rm {self._pid}", f"Killing the driver {self.name}")

    @property
    def _pid(self) -> str:
        return f"/run/{self.name}.pid"

    def _run(self, command: str, tried: str) -> None:
        self.machine.run(command, timeout=READY_S + 10).checked(f"{tried} on {self.machine.name}")


def start(machine: Machine, name: str, scope: str = "local") -> SocketPlugin:
    """Copy the driver to a machine, start it there, and return once it is listening."""
    unpack(machine)
    plugin = SocketPlugin(machine, name, scope)
    plugin.start()
    return plugin


def unpack(machine: Machine) -> None:
    """Copy the driver's sources to /opt/wire on a machine."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for source in SOURCES:
            tar.add(HERE / source, source)
    encoded = base64.encodebytes(archive.getvalue()).decode()
    command = scripts.command(__package__, "unpack.sh", HOME, encoded)
    machine.run(command).checked(f"Copying the driver to {machine.name}")


def build(machine: Machine, directory: str) -> None:
    """Create on a machine what ``docker plugin create`` needs: config.json and a root file system.

    Parameters
    ----------
    machine, directory:
        Where to create it; an existing directory is replaced.
    """
    unpack(machine)
    config = (HERE / "wire/config.json").read_text()
    command = scripts.command(__package__, "build.sh", HOME, directory, config)
    machine.run(command, timeout=180).checked(f"Building the plugin on {machine.name}")


def kill_managed(machine: Machine, name: str) -> None:
    """Kill the process of an installed plugin, as a crash would. The Engine restarts it."""
    command = scripts.command(__package__, "kill_managed.sh", managed_id(machine, name))
    machine.run(command).checked(f"Killing the plugin {name} on {machine.name}")
