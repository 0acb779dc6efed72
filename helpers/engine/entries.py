"""Entries: what an embedded engine boots. Each is a directory with kernel, disk and SSH keys.

It is named after its inputs, so that whoever has the same inputs uses the same entry. It is in the cache, or
in a store that is only read (`offline.engine_store`). `helpers.engine.states` adds the saved states.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import psutil

from helpers import line_ends, programs
from helpers.engine import builder, images, stock
from helpers.engine.variants import GENERATIONS, Variant
from helpers.errors import LabError
from helpers.file_lock import exclusive
from helpers.paths import ENGINE, cache_dir, run_dir
from helpers.setup import debian, offline
from helpers.steps import say

_RUN = ("openssh-client", "qemu-system-x86", "qemu-utils")
_BUILD = ("debian-archive-keyring", "e2fsprogs", "mmdebstrap")
PACKAGES = (*_BUILD, *_RUN)

_PARTIAL = ".partial"  # what is being built
_OF_STORE = ".states"  # states in the cache of an entry in a store


def building(variant: Variant) -> AbstractContextManager[None]:
    """Return a variant's lock for building: instances share what is built, so one builds, the others wait."""
    return exclusive(
        cache_dir() / f"engine-{variant.name}.lock", "another process to build the embedded engine"
    )


def cached() -> Path:
    """Return the directory of the entries in the cache."""
    directory = cache_dir() / "engine"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def place(variant: Variant) -> Path:
    """Return the place of the entry, which is named after its inputs.

    They are the definitions, the code that builds them, and the code of the stock.
    """
    makers = [Path(builder.__file__), builder.WITH_DOCKERD, Path(stock.__file__)]
    code = b"".join(maker.read_bytes() for maker in makers)
    definitions = images.key("vm", "machine", suite=variant.suites[0])
    digest = hashlib.sha256(definitions.encode() + code).hexdigest()[:12]
    return (offline.engine_store() or cached()) / f"{variant.name}-{digest}"


def is_built(variant: Variant) -> bool:
    """Return whether the entry is there."""
    return (place(variant) / builder.DISK).exists()


def needed(variant: Variant) -> tuple[str, ...]:
    """Return the Debian packages that the next start needs."""
    return _RUN if is_built(variant) else PACKAGES


def size_and_time(variant: Variant) -> tuple[str, str]:
    """Return about how much a build takes, for a reader: of the disk, and of their time."""
    return ("2 GB", "3 min") if len(variant.suites) == 1 else ("3 GB", "6 min")


def places_of_states(entry: Path) -> list[Path]:
    """Return the directories in which there are saved states of an entry; the last one can be written."""
    return [entry] if entry.parent == cached() else [entry, cached() / f"{entry.name}{_OF_STORE}"]


def provided(variant: Variant) -> Path:
    """Return the entry; build it if it is missing in the cache. To be called with the lock for `building`.

    Raises
    ------
    LabError
        If it is missing in the store, this user cannot become root, or a tool fails.
    """
    entry, store = place(variant), offline.engine_store()
    if store and not is_built(variant):
        again = (
            f"{offline.ALL_GENERATIONS}." if variant == GENERATIONS else "python3 -m tools bundle, or image."
        )
        raise LabError(
            f"Looking for the embedded engine {entry.name} in {store}",
            f"it has {', '.join(sorted(one.name for one in store.glob('*'))) or 'none'}",
            f"Use the project that it was made with, or make it again: {again}",
        )
    debian.install(needed(variant), "The embedded engine")
    if not is_built(variant):
        _build(variant, entry)
    states = places_of_states(entry)[-1]
    states.mkdir(mode=0o700, exist_ok=True)
    os.utime(states)  # used now (see `_superseded`)
    return entry


def remove() -> None:
    """Delete everything that has been built."""
    for entry in cached().glob("*"):
        _delete(entry)


def _build(variant: Variant, entry: Path) -> None:
    line_ends.check()
    debian.authenticate(
        "Building the embedded engine",
        "Ask an administrator for the right to use sudo, or for Docker; with Docker, set LAB_ENGINE=docker.",
    )
    for older in _superseded(variant):
        _delete(older)
    size, time = size_and_time(variant)
    what = "the embedded engine" if len(variant.suites) == 1 else "an embedded engine for every generation"
    say(f"Building {what} in {entry}: about {size}, from Debian packages, about {time}")
    partial = entry.with_suffix(_PARTIAL)
    partial.mkdir(mode=0o700)
    try:
        builder.make(partial, variant.suites)
        partial.rename(entry)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _superseded(variant: Variant) -> list[Path]:
    """Return what a build deletes: all of its variant but the entries in use, and the one that was used last.

    Two checkouts of the project can have different definitions: neither deletes what the other uses.
    """
    by_use = sorted(cached().glob(f"{variant.name}-*"), key=lambda entry: entry.stat().st_mtime)
    latest = [entry for entry in by_use if entry.suffix != _PARTIAL][-1:]
    in_use = {Path(origin.read_text()) for origin in run_dir().glob(f"{ENGINE}*/entry")}
    return [entry for entry in by_use if entry not in in_use and entry not in latest]


def _delete(entry: Path) -> None:
    """Delete an entry; a killed build leaves files that root owns, and mounted file systems among them."""
    mounted = [one.mountpoint for one in psutil.disk_partitions(all=True)]
    within = sorted((one for one in mounted if Path(one).is_relative_to(entry)), reverse=True)
    for disk in within:
        programs.run(debian.as_root(["umount", "--lazy", disk]), timeout_s=60, check=False, output=None)
    shutil.rmtree(entry, ignore_errors=True)
    if entry.exists():
        remains = debian.as_root(["rm", "-rf", "--one-file-system", str(entry)])
        programs.run(remains, timeout_s=300, check=False, output=None)
