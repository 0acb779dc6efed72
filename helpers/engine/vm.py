"""One QEMU virtual machine: start it cold or from a saved state, talk to its monitor, end it."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from helpers import programs
from helpers.engine import resources
from helpers.errors import LabError

QEMU = "qemu-system-x86_64"
# One user, one purpose: what protects users of a kernel from each other would cost a fifth of the time here.
_KERNEL_OPTIONS = (
    "quiet panic=-1 mitigations=off init_on_alloc=0 hardened_usercopy=off apparmor=0 audit=0 nowatchdog"
    " tsc=reliable no_timer_check nokaslr"
    # An emulator translates a program again for each address it is loaded at: five times as much work.
    " norandmaps"
)
_QMP_TIMEOUT_S = 20.0
_END_S = 5.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Accelerator:
    """How QEMU runs the guest's processor.

    Under emulation there is one virtual processor: with two, QEMU's threads race with Linux patching its own
    code, and the guest sooner or later dies with "Oops: int3" (seen with QEMU 7.2 and Linux 6.12).
    Nehalem is the oldest model on which Debian and Go run well; emulating the vector units of later models
    costs more than they save.
    """

    name: str
    model: str
    most_processors: int


KVM = Accelerator("kvm", "host", 4)
TCG = Accelerator("tcg", "Nehalem", 1)


def kvm_is_offered() -> bool:
    """Return whether this user may open /dev/kvm; whether KVM works shows only when a guest has booted."""
    return os.access("/dev/kvm", os.R_OK | os.W_OK)


def hardware(accelerator: Accelerator) -> list[str]:
    """Return QEMU's options for the virtual hardware: a saved state works with the same one only."""
    processors = min(resources.processors(), accelerator.most_processors)
    return [
        *("-machine", "q35", "-cpu", accelerator.model, "-smp", str(processors)),
        *("-m", str(resources.memory_mb())),
    ]


def host_processor() -> str:
    """Return what identifies this computer's kind of processor, which a guest of KVM sees."""
    told = Path("/proc/cpuinfo").read_text().partition("\n\n")[0]
    return "\n".join(re.findall(r"^(?:model name|flags)\s*: .*", told, flags=re.MULTILINE))


def qemu_version() -> str:
    """Return the version of the installed QEMU, e.g. "7.2.22": a saved state works with one version only."""
    banner = programs.run([QEMU, "--version"], timeout_s=30, check=False).stdout
    found = re.search(r"version (\S+)", banner)
    return found.group(1) if found else "unknown"


class VirtualMachine:
    """A virtual machine whose sockets, log and disposable disk are in one directory.

    Parameters
    ----------
    directory:
        The directory of this virtual machine alone; owner only.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.console = directory / "console.log"
        self._monitor = directory / "qmp.sock"
        self._pid = directory / "qemu.pid"
        self._port = directory / "ssh_port"
        self._process: subprocess.Popen[bytes] | None = None  # QEMU, if this object started it

    @property
    def ssh_port(self) -> int:
        """The loopback port that is forwarded to the guest's sshd.

        Raises
        ------
        LabError
            If the file with the port is missing or damaged.
        """
        try:
            return int(self._port.read_text())
        except (OSError, ValueError) as error:
            raise self.failure(f"reading {self._port}", str(error)) from error

    def start(
        self, accelerator: Accelerator, disk: Path, kernel: Path, initrd: Path, state: Path | None = None
    ) -> None:
        """Start QEMU, and return once its monitor socket exists.

        Parameters
        ----------
        accelerator:
            `KVM` or `TCG`.
        disk:
            In qcow2 format; QEMU writes to it.
        kernel, initrd:
            What is booted. Needed with a saved state as well: the virtual hardware must be the same.
        state:
            Memory and devices as `save` wrote them; None for a cold start.

        Raises
        ------
        LabError
            If QEMU does not start.
        """
        self.console.write_text("")
        self._port.write_text(str(_free_port()))
        command = [
            QEMU,
            *("-accel", _accel(accelerator), *hardware(accelerator)),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-kernel", str(kernel), "-initrd", str(initrd)),
            *(
                "-append",
                f"console=ttyS0 root=/dev/vda rw init=/usr/local/sbin/engine-init {_KERNEL_OPTIONS}",
            ),
            # The disk is deleted when the engine stops: nothing has to survive a power cut.
            *("-drive", f"file={_escape(disk)},format=qcow2,if=virtio,cache=unsafe,discard=unmap"),
            *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22"),
            *("-device", "virtio-net-pci,netdev=net,romfile="),
            *("-device", "virtio-rng-pci"),
            # Memory that the guest no longer uses is returned to the host, and is not saved with the state.
            *("-device", "virtio-balloon-pci,free-page-reporting=on"),
            # Notifies a guest that its state has been restored, so that it reseeds its random numbers.
            *("-device", "vmgenid,guid=auto"),
            *("-chardev", f"file,id=console,path={_escape(self.console)}", "-serial", "chardev:console"),
            *("-qmp", f"unix:{_escape(self._monitor)},server=on,wait=off", "-pidfile", str(self._pid)),
        ]
        if state:
            command += ["-incoming", f"exec:cat {shlex.quote(str(state))}"]
        with (self.directory / "qemu.log").open("w") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.wait(self._monitor.exists, 20, "QEMU's monitor")

    def resume(self) -> None:
        """Continue a guest that was started from a saved state."""
        self.wait(
            lambda: self.qmp("query-status")["status"] != "inmigrate", 120, "the saved state to be read"
        )
        self.qmp("cont")

    def save(self, state: Path) -> None:
        """Stop the guest for good, and write its memory and devices to the file `state`.

        Raises
        ------
        LabError
            If QEMU fails to.
        """
        self.qmp("stop")
        self.qmp("migrate-set-parameters", {"max-bandwidth": 10**10})
        self.qmp("migrate", {"uri": f"exec:cat > {shlex.quote(str(state))}"})

        def saved() -> bool:
            status = self.qmp("query-migrate").get("status")
            if status == "failed":
                raise self.failure(
                    "saving the virtual machine's state", "QEMU reports that the migration failed"
                )
            return bool(status == "completed")

        self.wait(saved, 180, "the state to be saved")

    def wait(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait until a condition is true.

        Parameters
        ----------
        condition:
            Returns whether it is.
        timeout_s:
            Seconds until the wait is abandoned.
        what:
            What is waited for, for the error message.

        Raises
        ------
        LabError
            If QEMU ends meanwhile, or `timeout_s` seconds pass; with the end of the console log.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            if not self.alive():
                raise self.failure(f"waiting for {what}", "QEMU has ended")
            if time.monotonic() > deadline:
                raise self.failure(f"waiting for {what}", f"it has not happened after {timeout_s:.0f} s")
            time.sleep(_POLL_S)

    def wait_for_line(self, text: str, timeout_s: float) -> None:
        """Wait at most `timeout_s` seconds until the guest has printed `text` on its console (see `wait`)."""
        self.wait(
            lambda: text in self.console.read_text(errors="replace"),
            timeout_s,
            f"the guest to print {text!r}",
        )

    def qmp(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send one command to QEMU's monitor and return its answer.

        Parameters
        ----------
        command, arguments:
            Such as "migrate" and ``{"uri": …}``.

        Raises
        ------
        LabError
            If QEMU refuses, or its answer is missing or malformed.

        Source: QEMU Machine Protocol reference.
        """
        try:
            answer = self._ask(command, arguments or {})
        except (OSError, ValueError) as error:  # ValueError: not JSON, because QEMU ended before it answered
            raise self.failure(f"asking QEMU for {command}", f"no answer: {error}") from error
        match answer:
            case {"return": dict(result)}:
                return result
            case {"error": {"desc": str(refusal)}}:
                raise self.failure(f"asking QEMU for {command}", refusal)
        raise self.failure(f"asking QEMU for {command}", f"it answered {answer!r}"[:300])

    def _ask(self, command: str, arguments: dict[str, Any]) -> Any:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_QMP_TIMEOUT_S)
            connection.connect(str(self._monitor))
            stream = connection.makefile("rw")
            stream.readline()  # the greeting
            for request in (
                {"execute": "qmp_capabilities"},
                {"execute": command, "arguments": arguments},
            ):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer: Any = {"event": ""}
                while isinstance(answer, dict) and "event" in answer:
                    answer = json.loads(stream.readline())
        return answer

    def alive(self) -> bool:
        """Return whether this virtual machine's own QEMU process is still running."""
        if self._process:
            return self._process.poll() is None
        # The monitor's socket works in every PID namespace; a process id means a different one in each.
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._monitor))
            return True
        return False

    def end(self) -> None:
        """End QEMU through its monitor; if that fails, kill it by its process id."""
        if not self.alive():
            return
        try:
            self.qmp("quit")
            self.wait(lambda: not self.alive(), _END_S, "QEMU to end")
        except LabError:
            if pid := self._process_id():
                with suppress(OSError):
                    os.kill(pid, 9)

    def processor_s(self) -> float:
        """Return for how many seconds QEMU has used a processor; 0 if it cannot be seen from here."""
        with suppress(psutil.Error):
            if pid := self._process_id():
                used = psutil.Process(pid).cpu_times()
                return float(used.user + used.system)
        return 0.0

    def _process_id(self) -> int:
        """The process id of QEMU, or 0 if it has ended, or is in another PID namespace."""
        with suppress(OSError, ValueError):
            pid = int(self._pid.read_text())
            if str(self._monitor).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return 0

    def failure(self, tried: str, seen: str) -> LabError:
        """Make an error from what was `tried` and `seen`, with the last lines of QEMU and the console."""
        evidence = [seen]
        for name, path in (("QEMU", self.directory / "qemu.log"), ("console", self.console)):
            lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
            evidence += [f"{name}: {line}" for line in lines[-12:]]
        return LabError(
            f"Embedded engine: {tried}",
            "\n".join(evidence),
            "Repeat the command. If it fails again, run `make clean`: the engine is then rebuilt.",
        )


def _accel(accelerator: Accelerator) -> str:
    return "kvm" if accelerator is KVM else f"tcg,tb-size={resources.translations_mb()}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _escape(path: Path) -> str:
    """Escape a path for QEMU's option lists, in which a comma must be doubled."""
    return str(path).replace(",", ",,")
