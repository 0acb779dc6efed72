"""Brings the driver to a machine: as a process with a socket, or as the makings of a managed plugin."""

from __future__ import annotations

import base64
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.plugin.calls import SOCKET, managed_id

if TYPE_CHECKING:
    from helpers.lab import Machine

HERE = Path(__file__).parent
SOURCES = ["wire/__init__.py", "wire/__main__.py", "wire/driver.py", "wire/links.py", "pack.py"]
HOME = "/opt/wire"
READY_S = 90  # Python starts slowly under emulation

# pyroute2's __init__ loads all of it, and takes most of the driver's start: an empty one in a copy made of
# links leaves the driver to load what it names.
UNPACK = """
mkdir -p {home}/pyroute2
base64 -d <<'END' | tar -xzf - -C {home}
{archive}
END
cp -rs /usr/lib/python3/dist-packages/pyroute2 {home}/
rm -f {home}/pyroute2/__init__.py {home}/pyroute2/__pycache__/__init__.*
touch {home}/pyroute2/__init__.py
"""
START = """
cd {home}
rm -f {socket}
setsid python3 -m wire {socket} {scope} {log} > {log}.err 2>&1 < /dev/null &
echo $! > {pid}
tries=0
until [ -S {socket} ] && curl -s -m {bound} -o /dev/null --unix-socket {socket} http://wire/; do
    tries=$((tries + 1))
    kill -0 $(cat {pid}) && [ $tries -lt {tries} ] || {{ tail -n 3 {log}.err >&2; exit 1; }}
    sleep 0.2
done
"""


@dataclass(frozen=True)
class SocketPlugin:
    """A driver that runs as a process of a machine and is found by its socket ("legacy plugin").

    Attributes
    ----------
    machine:
        Where it runs.
    name:
        What ``docker network create --driver`` calls it: the socket's name.
    scope:
        "local" or "global".
    """

    machine: Machine
    name: str
    scope: str = "local"

    @property
    def log(self) -> str:
        """The file on the machine that has a line for each call."""
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
            If it does not come up; with the end of what it said.
        """
        self._run(
            START.format(
                home=HOME,
                socket=self.socket,
                scope=self.scope,
                log=self.log,
                pid=self._pid,
                bound=READY_S,
                tries=READY_S * 5,
            ),
            f"Starting the driver {self.name}",
        )

    def kill(self) -> None:
        """Kill the driver, as a crash would: its socket stays behind without anybody who listens."""
        self._run(f"kill -9 $(cat {self._pid}); rm {self._pid}", f"Killing the driver {self.name}")

    @property
    def _pid(self) -> str:
        return f"/run/{self.name}.pid"

    def _run(self, script: str, tried: str) -> None:
        self.machine.run(script, timeout=READY_S + 10).checked(f"{tried} on {self.machine.name}")


def start(machine: Machine, name: str, scope: str = "local") -> SocketPlugin:
    """Copy the driver to a machine, start it there, and return when it listens."""
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
    script = UNPACK.format(home=HOME, archive=encoded)
    machine.run(script).checked(f"Copying the driver to {machine.name}")


def build(machine: Machine, directory: str) -> None:
    """Make on a machine what ``docker plugin create`` takes: config.json and a root file system.

    Parameters
    ----------
    machine, directory:
        Where; the directory is made anew.
    """
    unpack(machine)
    config = (HERE / "wire/config.json").read_text()
    script = (
        f"rm -rf {directory} && mkdir -p {directory}/rootfs && cd {HOME} && "
        f"python3 pack.py {directory}/rootfs && cat > {directory}/config.json <<'END'\n{config}END\n"
    )
    machine.run(script, timeout=180).checked(f"Building the plugin on {machine.name}")


def kill_managed(machine: Machine, name: str) -> None:
    """Kill the process of an installed plugin, as a crash would. The Engine starts it again."""
    # The process whose control group is named after the plugin.
    script = f"kill -9 $(grep -l {managed_id(machine, name)} /proc/[0-9]*/cgroup | cut -d/ -f3)"
    machine.run(script).checked(f"Killing the plugin {name} on {machine.name}")
