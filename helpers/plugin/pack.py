"""``python3 pack.py DIRECTORY``, on a machine: makes the root file system of the managed plugin.

A managed plugin contains everything that it needs. Usually that comes from an image; here it comes from the
machine's Python. Only what the driver loads is copied: the interpreter, compiled modules, their libraries.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path("/opt/wire")
LOADED = ["wire.links", "wire.web", "waitress", "encodings.idna", "runpy"]  # and what these load
EMPTY = ["dev", "proc", "run/docker/plugins", "sys", "tmp", "var/log"]


def build(root: Path) -> None:
    """Fill the directory `root`."""
    sys.path.insert(0, str(HOME))
    for name in LOADED:
        importlib.import_module(name)

    programs = {Path(sys.executable).resolve()}
    for module in list(sys.modules.values()):
        source = Path(getattr(module, "__file__", None) or "")
        cached = Path(getattr(module, "__cached__", None) or "")
        if source.name.startswith("_hashlib"):
            continue  # OpenSSL's hashes, 7 MB: Python has implementations without it
        if source.suffix == ".so":
            programs.add(source)
        elif cached.suffix == ".pyc" and cached.exists():
            copy(cached, root, source.with_suffix(".pyc"))
        elif source.suffix == ".py":
            copy(source, root, source)  # built into the interpreter, which locates its home by some of them
    for program in programs | libraries(programs):
        copy(program, root, program)
    for directory in EMPTY:
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "usr/bin/python3").symlink_to(Path(sys.executable).resolve().name)
    shutil.copytree(HOME / "wire", root / "opt/wire/wire", dirs_exist_ok=True)  # the sources, for readers


def libraries(programs: set[Path]) -> set[Path]:
    """The shared libraries that the programs load, as the loader finds them."""
    told = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=True).stdout
    paths = {word for line in told.splitlines() for word in line.split() if word.startswith("/")}
    return {Path(path) for path in paths if not path.endswith(":")}


def copy(source: Path, root: Path, place: Path) -> None:
    """Copy a file to its place below `root`."""
    target = root / place.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
