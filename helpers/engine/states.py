"""Saved states of an entry: memory and disk of an engine that has booted, with machines in stock.

There is one for each accelerator. An engine that starts from it answers within seconds.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from helpers.engine import builder, entries, guest, instances, stock, vm
from helpers.engine.variants import Variant
from helpers.engine.vm import KVM, Accelerator, VirtualMachine
from helpers.errors import LabError
from helpers.steps import say, step

KVM_PROOF_S = 20  # a guest that KVM really runs prints its first line, or goes on, within 2 s
_BOOT_S = 300
_IMPORT_S = 900
_STOCKED = "stocked"  # an empty file beside a saved state that has machines in stock


def place(entry: Path, accelerator: Accelerator) -> Path:
    """Return a state's directory, named after what it depends on: QEMU's version, the virtual hardware."""
    depends = [vm.qemu_version(), repr(accelerator), *vm.hardware(accelerator)]
    if accelerator is KVM:
        depends.append(vm.host_processor())
    code = Path(vm.__file__).read_bytes()
    digest = hashlib.sha256(code + "\n".join(depends).encode()).hexdigest()[:8]
    places = [one / f"prepared-{accelerator.name}-{digest}" for one in entries.places_of_states(entry)]
    return next(filter(Path.exists, places), places[-1])


def have_stock(entry: Path) -> bool:
    """Return whether there is a state of this entry with machines in stock."""
    return any(stocked for one in entries.places_of_states(entry) for stocked in one.glob(f"*/{_STOCKED}"))


def prepared(variant: Variant, entry: Path, accelerator: Accelerator) -> Path:
    """Return the directory with the saved disk and memory; make it if it is missing.

    To be called with the lock for building, while the variant's engine is not running.

    Raises
    ------
    LabError
        If the guest does not boot; with the end of the console log.
    """
    directory = place(entry, accelerator)
    return directory if directory.exists() else _prepare(variant, entry, accelerator)


def _prepare(variant: Variant, entry: Path, accelerator: Accelerator) -> Path:
    """Boot once, see to the machine images, boot a stock of machines, and save disk and memory."""
    final = place(entry, accelerator)
    partial = final.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    disk = partial / "disk.qcow2"
    inside = final.parent == entry  # then the entry may be copied, as into a kit
    instances.overlay(disk, f"../{builder.DISK}" if inside else str(entry / builder.DISK))
    machine = VirtualMachine(variant.directory)
    try:
        with step(f"Booting the embedded engine ({accelerator.name})", about="30 s"):
            machine.start(accelerator, disk, entry / "kernel", entry / "initrd")
            machine.wait_for_line("engine: kernel", KVM_PROOF_S if accelerator is KVM else _BOOT_S)
            machine.wait_for_line("engine: ready", _BOOT_S)
        if builder.are_images_to_import(entry):
            number = len(variant.suites)
            with step(f"Importing {builder.named(variant.suites)}", about=f"{60 * number} s"):
                command = builder.import_command(variant.suites)
                guest.run(entry, machine, command, timeout_s=_IMPORT_S * number)
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
        instances.discard(variant.directory)
        shutil.rmtree(partial, ignore_errors=True)
    return final
