"""The embedded engine: a disposable virtual machine with dockerd, for a computer without Docker.

Its parts, all readable by the owner only: an entry (kernel, disk, SSH keys; named after its inputs), in
which there is one prepared state for each accelerator (machine image imported, memory saved), and a running
instance with its own disk overlay. The only way in is SSH with the owner's key; clients use a Unix socket.

An entry is in the cache, or in a store that is only read (`offline.engine_store`): then states that the store
lacks are in the cache. What is complete starts without the rights of root.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import IO

import docker.errors
import psutil
import requests

from helpers import line_ends, programs
from helpers.engine import builder, guest, images, renewal, stock, vm
from helpers.engine.client import Client
from helpers.engine.reachable import Endpoint
from helpers.engine.vm import KVM, TCG, Accelerator, VirtualMachine
from helpers.errors import LabError
from helpers.file_lock import exclusive, is_alone, share, shared
from helpers.paths import ENGINE, cache_dir, engine_dir, run_dir
from helpers.setup import debian, offline
from helpers.steps import say, step

_RUN = ("openssh-client", "qemu-system-x86", "qemu-utils")
_BUILD = ("debian-archive-keyring", "e2fsprogs", "mmdebstrap")
PACKAGES = (*_BUILD, *_RUN)

_KVM_PROOF_S = 20  # a guest that KVM really runs prints its first line, or goes on, within 2 s
_BOOT_S = 300
_RESUME_S = 60
_IMPORT_S = 900
_PARTIAL = ".partial"  # what is being built
_OF_STORE = ".states"  # states in the cache of an entry in a store
_STOCKED = "stocked"  # an empty file beside a saved state that has machines in stock
_NEEDED_BYTES = 10**9  # what a chapter writes, and some more


def why_impossible() -> str:
    """Return why this computer cannot build and boot the embedded engine, or "" if it can."""
    if platform.system() != "Linux" or not debian.is_debian():
        return "the embedded engine is built from Debian packages, and this is not Debian or Ubuntu"
    if platform.machine() != "x86_64":
        return f"the embedded engine is for x86_64 processors, and this is {platform.machine()}"
    return ""


def plan() -> str:
    """Return one line that says what `start` would do now."""
    if running():
        return "use it: it is already running"
    absent = debian.missing(_needed())
    steps = [f"install {' '.join(absent)} with apt-get"] if absent else []
    if not _is_built():
        steps.append(f"build a virtual machine (about 2 GB, 3 min) in {_entry()}")
    elif not any(_prepared_directory(_entry(), one).exists() for one in (KVM, TCG)):
        steps.append("boot it and save its memory (about 2 min)")
    return ", ".join([*steps, "start it"])


def running() -> Endpoint | None:
    """Return where the embedded engine listens now, or None if it does not answer."""
    socket = engine_dir() / "docker.sock"
    if not socket.is_socket():
        return None
    client = Client(f"unix://{socket}", 20, "1.41")
    try:
        client.ping()
    except (docker.errors.DockerException, requests.RequestException):
        return None
    finally:
        client.close()
    return Endpoint(url=f"unix://{socket}", source="embedded engine", backend="embedded")


def use() -> IO[str]:
    """Say that this process uses the engine, until it closes what is returned: nobody renews it meanwhile."""
    return shared(engine_dir().with_suffix(".use"), "another process to start the embedded engine")


def start(machines: int = 0, using: IO[str] | None = None) -> Endpoint:
    """Return the running embedded engine, after installing, building and booting what is missing.

    Safe to call from several processes, and again after an interrupted or killed call.

    Parameters
    ----------
    machines:
        How many are wanted at once: if there are fewer in stock, the engine may be renewed (see `renewal`).
    using:
        From `use`, if the caller uses it from now on.

    Raises
    ------
    LabError
        If this computer cannot run it, or a step fails; with the end of the console log.
    """
    if reason := why_impossible():
        raise LabError("Starting the embedded engine", reason, "Start Docker, and set LAB_ENGINE=docker.")
    with _start_and_stop(engine_dir()):
        endpoint = running() or _reconnected()
        if endpoint and _is_of_this_make():
            if not (using and machines and _is_to_renew(endpoint, machines, using)):
                return endpoint
        elif endpoint:
            say("The running embedded engine is out of date: replacing it, and the labs on it")
        _discard(engine_dir())
        entry = provide()  # what fails here is not KVM's fault
        endpoint = _accelerated(entry) or _booted(entry, TCG)
        if using:
            share(using)
        return endpoint


def provide() -> Path:
    """Return the entry with kernel, disk and SSH keys, after building it if it is missing."""
    with _building():
        return _provided()


def build() -> tuple[Path, Path]:
    """Return the entry and its state for emulation, making what is missing; ends a running engine."""
    with _start_and_stop(engine_dir()), _building():
        entry = _provided()
        if not _prepared_directory(entry, TCG).exists():
            _discard(engine_dir())
        return entry, _prepared(entry, TCG)


def stop(instances: str = f"{ENGINE}*") -> bool:
    """End the running instances whose names match, and everything in them; return whether one was running."""
    ran = False
    for directory in filter(Path.is_dir, run_dir().glob(instances)):
        with _start_and_stop(directory):
            ran |= VirtualMachine(directory).alive()
            _discard(directory)
    return ran


def remove() -> None:
    """Stop the embedded engine and delete everything that was built for it."""
    stop()
    for entry in _entries().glob("*"):
        _delete(entry)


def _start_and_stop(instance: Path) -> AbstractContextManager[None]:
    lock = instance.with_suffix(".lock")
    return exclusive(lock, "another process to start or stop the embedded engine")


def _building() -> AbstractContextManager[None]:
    """Return the suite's lock for building: instances share what is built, so one builds, the others wait."""
    return exclusive(
        cache_dir() / f"engine-{images.SUITE}.lock", "another process to build the embedded engine"
    )


def _entries() -> Path:
    directory = cache_dir() / "engine"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def _entry() -> Path:
    """Return the place of the entry, which is named after its inputs.

    They are the definitions, the code that builds them, and the code of the stock.
    """
    makers = [Path(builder.__file__), builder.WITH_DOCKERD, Path(stock.__file__)]
    code = b"".join(maker.read_bytes() for maker in makers)
    digest = hashlib.sha256(images.key("vm", "machine").encode() + code).hexdigest()[:12]
    return (offline.engine_store() or _entries()) / f"{images.SUITE}-{digest}"


def _is_built() -> bool:
    return (_entry() / builder.DISK).exists()


def _needed() -> tuple[str, ...]:
    return _RUN if _is_built() else PACKAGES


def _states(entry: Path) -> list[Path]:
    """Return the directories in which there are prepared states of an entry; the last one can be written."""
    return [entry] if entry.parent == _entries() else [entry, _entries() / f"{entry.name}{_OF_STORE}"]


def _is_of_this_make() -> bool:
    origin = engine_dir() / "entry"
    return origin.exists() and origin.read_text() == str(_entry())


def _is_to_renew(endpoint: Endpoint, machines: int, using: IO[str]) -> bool:
    has_stock = any(stocked for place in _states(_entry()) for stocked in place.glob(f"*/{_STOCKED}"))
    if has_stock and is_alone(using):
        if renewal.is_due(endpoint.url, machines):
            return True
        share(using)
    return False


def _discard(instance: Path) -> None:
    VirtualMachine(instance).end()
    # The ssh process that forwards the socket ends by itself when the machine closes its connection.
    shutil.rmtree(instance, ignore_errors=True)
    _written_by(instance).unlink(missing_ok=True)  # a start that was killed leaves it


def _provided() -> Path:
    """Return the entry; build it if it is missing in the cache."""
    entry, store = _entry(), offline.engine_store()
    if store and not _is_built():
        raise LabError(
            f"Looking for the embedded engine {entry.name} in {store}",
            f"it has {', '.join(sorted(one.name for one in store.glob('*'))) or 'none'}",
            "Use the project that it was made with, or make it again: python3 -m tools bundle, or image.",
        )
    debian.install(_needed(), "The embedded engine")
    if not _is_built():
        _build(entry)
    _states(entry)[-1].mkdir(mode=0o700, exist_ok=True)
    os.utime(_states(entry)[-1])  # used now (see `_superseded`)
    return entry


def _build(entry: Path) -> None:
    line_ends.check()
    debian.authenticate(
        "Building the embedded engine",
        "Ask an administrator for the right to use sudo, or for Docker; with Docker, set LAB_ENGINE=docker.",
    )
    for older in _superseded():
        _delete(older)
    say(f"Building the embedded engine in {entry}: about 2 GB, from Debian packages, about 3 min")
    partial = entry.with_suffix(_PARTIAL)
    partial.mkdir(mode=0o700)
    try:
        builder.make(partial)
        partial.rename(entry)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _superseded() -> list[Path]:
    """Return what a build deletes: all of its suite but the entries in use, and the one that was used last.

    Two checkouts of the project can have different definitions: neither deletes what the other uses.
    """
    by_use = sorted(_entries().glob(f"{images.SUITE}-*"), key=lambda entry: entry.stat().st_mtime)
    latest = [entry for entry in by_use if entry.suffix != _PARTIAL][-1:]
    in_use = {Path(origin.read_text()) for origin in run_dir().glob(f"{ENGINE}*/entry")}
    return [entry for entry in by_use if entry not in in_use and entry not in latest]


def _delete(entry: Path) -> None:
    """Delete an entry; a killed build leaves files that root owns, and mounted file systems among them."""
    mounted = [one.mountpoint for one in psutil.disk_partitions(all=True)]
    for place in sorted((one for one in mounted if Path(one).is_relative_to(entry)), reverse=True):
        programs.run(debian.as_root(["umount", "--lazy", place]), timeout_s=60, check=False, output=None)
    shutil.rmtree(entry, ignore_errors=True)
    if entry.exists():
        remains = debian.as_root(["rm", "-rf", "--one-file-system", str(entry)])
        programs.run(remains, timeout_s=300, check=False, output=None)


def _accelerated(entry: Path) -> Endpoint | None:
    """Boot with KVM, whatever states there are; None if it is not offered, or has been found not to work."""
    failed = run_dir() / "kvm-failed"  # not to wait for it again: a guest may hang without a word
    if not vm.kvm_is_offered() or failed.exists():
        return None
    try:
        return _booted(entry, KVM)
    except LabError as error:
        failed.touch()
        say(f"KVM cannot run a guest here ({error.gist}): continuing with emulation")
        return None


def _booted(entry: Path, accelerator: Accelerator) -> Endpoint:
    with _building():
        prepared = _prepared(entry, accelerator)
    with step("Starting the embedded engine", about="5 s"):
        return _boot(entry, prepared, accelerator)


def _prepared(entry: Path, accelerator: Accelerator) -> Path:
    """Return the directory with the prepared disk and state, after making it if it is missing."""
    directory = _prepared_directory(entry, accelerator)
    return directory if directory.exists() else _prepare(entry, accelerator)


def _prepared_directory(entry: Path, accelerator: Accelerator) -> Path:
    """Name the state after what it depends on: QEMU's version and the virtual hardware."""
    depends = [vm.qemu_version(), repr(accelerator), *vm.hardware(accelerator)]
    if accelerator is KVM:
        depends.append(vm.host_processor())
    code = Path(vm.__file__).read_bytes()
    digest = hashlib.sha256(code + "\n".join(depends).encode()).hexdigest()[:8]
    places = [place / f"prepared-{accelerator.name}-{digest}" for place in _states(entry)]
    return next(filter(Path.exists, places), places[-1])


def _prepare(entry: Path, accelerator: Accelerator) -> Path:
    """Boot once, see to the machine image, boot a stock of machines, and save disk and memory."""
    final = _prepared_directory(entry, accelerator)
    partial = final.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    disk = partial / "disk.qcow2"
    inside = final.parent == entry  # then the entry may be copied, as into a kit
    _overlay(disk, f"../{builder.DISK}" if inside else str(entry / builder.DISK))
    machine = VirtualMachine(engine_dir())
    try:
        with step(f"Booting the embedded engine ({accelerator.name})", about="30 s"):
            machine.start(accelerator, disk, entry / "kernel", entry / "initrd")
            machine.wait_for_line("engine: kernel", _KVM_PROOF_S if accelerator is KVM else _BOOT_S)
            machine.wait_for_line("engine: ready", _BOOT_S)
        if builder.is_image_to_import(entry):
            _import(entry, machine)
        guest.forward(entry, machine)
        try:
            with step(f"Booting a stock of {stock.SIZE} machines", about="30 s"):
                stock.fill(f"unix://{machine.directory / 'docker.sock'}")
            (partial / _STOCKED).touch()
        except LabError as error:  # a lab boots the machines that it does not find in stock
            say(f"Continuing without machines in stock:\n{error}")
        with step("Saving the engine's state", about="5 s"):
            # The guest reports free memory to QEMU (see `vm`), so that it takes no space in the saved state.
            guest.run(entry, machine, "sync; echo 3 > /proc/sys/vm/drop_caches; sleep 5")
            machine.save(partial / "state")
        partial.rename(final)
        for older in set(final.parent.glob(f"prepared-{accelerator.name}-*")) - {final}:
            shutil.rmtree(older, ignore_errors=True)
    finally:
        _discard(engine_dir())
        shutil.rmtree(partial, ignore_errors=True)
    return final


def _import(entry: Path, machine: VirtualMachine) -> None:
    with step("Importing the machine image", about="60 s"):
        guest.run(entry, machine, shlex.join(builder.IMPORT), timeout_s=_IMPORT_S)


def _boot(entry: Path, prepared: Path, accelerator: Accelerator) -> Endpoint:
    directory = engine_dir()
    _check_space()
    overlay = _written_by(directory)
    _overlay(overlay, str(prepared / "disk.qcow2"))
    machine = VirtualMachine(directory)
    (directory / "entry").write_text(str(entry))
    started = False
    try:
        machine.start(accelerator, overlay, entry / "kernel", entry / "initrd", prepared / "state")
        machine.resume()
        overlay.unlink()  # QEMU has it open; the space is freed when QEMU ends, even if it is killed
        # The clock of a restored guest shows the time at which its state was saved.
        patience_s = _KVM_PROOF_S if accelerator is KVM else _RESUME_S
        guest.run(entry, machine, f"date -s @{time.time():.0f}", timeout_s=patience_s)
        guest.forward(entry, machine)
        endpoint = running()
        if endpoint is None:
            raise machine.failure("reaching its dockerd", "no answer on the forwarded socket")
        started = True
        return endpoint
    finally:
        overlay.unlink(missing_ok=True)
        if not started:
            machine.end()


def _written_by(instance: Path) -> Path:
    """Where a running instance writes: in the cache, because the run directory may be in memory."""
    return cache_dir() / f"{instance.name}.qcow2"


def _check_space() -> None:
    free = shutil.disk_usage(cache_dir()).free
    if free < _NEEDED_BYTES:
        raise LabError(
            f"Starting the embedded engine with its disk in {cache_dir()}",
            f"{free / 1e9:.1f} GB free; {_NEEDED_BYTES / 1e9:.0f} GB are needed",
            "Make room there, or set XDG_CACHE_HOME to a larger disk, then repeat.",
        )


def _reconnected() -> Endpoint | None:
    """Forward the socket again if the virtual machine is running although its socket does not answer."""
    machine = VirtualMachine(engine_dir())
    origin = engine_dir() / "entry"
    if not machine.alive() or not origin.exists():
        return None
    with suppress(LabError):
        guest.forward(Path(origin.read_text()), machine)
        return running()
    return None


def _overlay(disk: Path, backing: str) -> None:
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing, str(disk)]
    programs.run(
        command,
        timeout_s=60,
        tried=f"Making the disk {disk}",
        next_step="Free some space there, then repeat.",
    )
    disk.chmod(0o600)
