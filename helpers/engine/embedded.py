"""The embedded engine: a disposable virtual machine with dockerd, for a computer without Docker.

Its parts, all readable by the owner only: an entry (`entries`: kernel, disk, SSH keys), in which there is one
saved state for each accelerator (`states`), and a running instance (`instances`). What is complete starts
without the rights of root. All of that exists once for each of the `variants`.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from helpers.engine import entries, images, instances, renewal, states, vm
from helpers.engine.reachable import Endpoint
from helpers.engine.variants import PLAIN, Variant
from helpers.engine.vm import KVM, TCG, Accelerator, VirtualMachine
from helpers.errors import LabError
from helpers.file_lock import exclusive, is_alone, share, shared
from helpers.paths import ENGINE, run_dir
from helpers.setup import debian
from helpers.steps import say, step

_RESUME_S = 60


def why_impossible() -> str:
    """Return why this computer cannot build and boot the embedded engine, or "" if it can."""
    if platform.system() != "Linux" or not debian.is_debian():
        return "the embedded engine is built from Debian packages, and this is not Debian or Ubuntu"
    if platform.machine() != "x86_64":
        return f"the embedded engine is for x86_64 processors, and this is {platform.machine()}"
    return ""


def plan(variant: Variant = PLAIN) -> str:
    """Return one line that says what `start` would do now."""
    if running(variant):
        return "use it: it is already running"
    absent = debian.missing(entries.needed(variant))
    steps = [f"install {' '.join(absent)} with apt-get"] if absent else []
    entry = entries.place(variant)
    if not entries.is_built(variant):
        steps.append(
            f"build a virtual machine (about {', '.join(entries.size_and_time(variant))}) in {entry}"
        )
    elif not any(states.place(entry, one).exists() for one in (KVM, TCG)):
        steps.append("boot it and save its memory (about 2 min)")
    return ", ".join([*steps, "start it"])


def running(variant: Variant = PLAIN) -> Endpoint | None:
    """Return where the embedded engine listens now, or None if it does not answer."""
    return instances.answering(variant.directory)


def use(variant: Variant = PLAIN) -> IO[str]:
    """Say that this process uses the engine, until it closes what is returned: nobody renews it meanwhile."""
    return shared(variant.directory.with_suffix(".use"), "another process to start the embedded engine")


def start(variant: Variant = PLAIN, machines: Sequence[str] = (), using: IO[str] | None = None) -> Endpoint:
    """Return the running embedded engine, after installing, building and booting what is missing.

    Safe to call from several processes, and again after an interrupted or killed call.

    Parameters
    ----------
    variant:
        Which one.
    machines:
        The suites of those wanted at once: if they are not in stock, it may be renewed (see `renewal`).
    using:
        From `use`, if the caller uses it from now on.

    Raises
    ------
    LabError
        If this computer cannot run it, or a step fails; with the end of the console log.
    """
    if reason := why_impossible():
        raise LabError("Starting the embedded engine", reason, "Start Docker, and set LAB_ENGINE=docker.")
    with _start_and_stop(variant.directory):
        endpoint = running(variant) or instances.reconnected(variant.directory)
        if endpoint and instances.origin(variant.directory) == entries.place(variant):
            if not (using and machines and _is_to_renew(variant, endpoint, machines, using)):
                return endpoint
        elif endpoint:
            say("The running embedded engine is out of date: replacing it, and the labs on it")
        instances.discard(variant.directory)
        entry = provide(variant)  # what fails here is not KVM's fault
        endpoint = _accelerated(variant, entry) or _booted(variant, entry, TCG)
        if using:
            share(using)
        return endpoint


def provide(variant: Variant = PLAIN) -> Path:
    """Return the entry with kernel, disk and SSH keys, after building it if it is missing."""
    with entries.building(variant):
        return entries.provided(variant)


def build(variant: Variant = PLAIN) -> tuple[Path, Path]:
    """Return the entry and its state for emulation, making what is missing; ends a running engine."""
    with _start_and_stop(variant.directory), entries.building(variant):
        entry = entries.provided(variant)
        if not states.place(entry, TCG).exists():
            instances.discard(variant.directory)
        return entry, states.prepared(variant, entry, TCG)


def stop(names: str = f"{ENGINE}*") -> bool:
    """End the running instances whose names match, and everything in them; return whether one was running."""
    ran = False
    for directory in filter(Path.is_dir, run_dir().glob(names)):
        with _start_and_stop(directory):
            ran |= VirtualMachine(directory).alive()
            instances.discard(directory)
    return ran


def remove() -> None:
    """Stop the embedded engines and delete everything that was built for them."""
    stop()
    entries.remove()


def _start_and_stop(instance: Path) -> AbstractContextManager[None]:
    lock = instance.with_suffix(".lock")
    return exclusive(lock, "another process to start or stop the embedded engine")


def _is_to_renew(variant: Variant, endpoint: Endpoint, machines: Sequence[str], using: IO[str]) -> bool:
    if states.have_stock(entries.place(variant)) and is_alone(using):
        if renewal.is_due(endpoint.url, [images.machine_image(suite) for suite in machines]):
            return True
        share(using)
    return False


def _accelerated(variant: Variant, entry: Path) -> Endpoint | None:
    """Boot with KVM, whatever states there are; None if it is not offered, or has been found not to work."""
    failed = run_dir() / "kvm-failed"  # not to wait for it again: a guest may hang without a word
    if not vm.kvm_is_offered() or failed.exists():
        return None
    try:
        return _booted(variant, entry, KVM)
    except LabError as error:
        failed.touch()
        say(f"KVM cannot run a guest here ({error.gist}): continuing with emulation")
        return None


def _booted(variant: Variant, entry: Path, accelerator: Accelerator) -> Endpoint:
    with entries.building(variant):
        state = states.prepared(variant, entry, accelerator)
    patience_s = states.KVM_PROOF_S if accelerator is KVM else _RESUME_S
    with step("Starting the embedded engine", about="5 s"):
        return instances.boot(variant.directory, entry, state, accelerator, patience_s)
