"""Builds what the embedded engine boots, only from Debian packages: kernel, initial RAM disk and disk."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from helpers import programs
from helpers.engine.images import (
    DEFINITIONS,
    EXPIRED,
    LABEL,
    MACHINE_IMAGE,
    SUITE,
    apt_settings,
    packages,
)
from helpers.errors import LabError
from helpers.setup.debian import as_root
from helpers.steps import say, step

DISK = "disk.qcow2"
SSH_KEY = "ssh_key"
KNOWN_HOSTS = "known_hosts"
HOST_ALIAS = "lab-engine"
MACHINE_ARCHIVE = "/machine.tar"  # on the disk, if the machine image could not be imported here
IMPORT = ["docker", "import", "--change", f"LABEL {LABEL}=image", MACHINE_ARCHIVE, MACHINE_IMAGE]
_TO_IMPORT = "to_import"  # and then there is this file

_ALONE = "unshare --mount --net --pid --fork --kill-child sh".split()
WITH_DOCKERD = Path(__file__).resolve().parent / "scripts" / "with_dockerd.sh"
# Where that is refused, a machine does it each time it boots.
_LOAD_ITS_IMAGES = f'{shlex.join([*_ALONE, str(WITH_DOCKERD)])} "$1" import-images || true'

_DISK_SIZE = "16G"
_NEEDED_BYTES = 5 * 10**9
_COMMAND_TIMEOUT_S = 1200
_HINT = "Fix what it reports, then repeat."
_MIRROR_HINT = (
    "Check that this machine can reach a Debian mirror, or set LAB_DEBIAN_MIRROR to another one, then repeat."
    f" {EXPIRED}"
)


def make(target: Path) -> None:
    """Make kernel, initrd, disk.qcow2 and the SSH keys in the directory `target`.

    The disk holds a Debian system with dockerd and the machine image; see `is_image_to_import`.

    Raises
    ------
    LabError
        If the disk is nearly full, or a tool fails; with the end of its output.
    """
    free = shutil.disk_usage(target).free
    if free < _NEEDED_BYTES:
        raise LabError(
            f"Building the embedded engine in {target}",
            f"{free / 1e9:.1f} GB free; {_NEEDED_BYTES / 1e9:.0f} GB are needed",
            "Free some space there, or set XDG_CACHE_HOME to a directory on a larger disk, then repeat.",
        )
    _make_keys(target)
    root, machine = target / "root", target / "machine.tar"
    try:
        with (
            step("Building two root file systems from Debian packages with mmdebstrap", about="70 s"),
            ThreadPoolExecutor() as pool,
        ):
            builds = [
                pool.submit(_mmdebstrap, "machine", machine, [], [_LOAD_ITS_IMAGES]),
                pool.submit(_mmdebstrap, "vm", root, _key_hooks(target), []),
            ]
            for build in builds:
                build.result()
        _import(root, machine, target)
        with step("Writing the virtual machine's disk", about="15 s"):
            boot = [target / "kernel", target / "initrd"]
            for file in boot:
                _run_as_root("mv", root / "boot" / file.name, file)
            _write_disk(root, target)
        _run_as_root("chown", f"{os.getuid()}:{os.getgid()}", *boot)
    finally:
        _run_as_root("rm", "-rf", root, machine)


def is_image_to_import(entry: Path) -> bool:
    """Return whether the machine image is still an archive on the disk, to be imported after booting it."""
    return (entry / _TO_IMPORT).exists()


def _import(root: Path, archive: Path, entry: Path) -> None:
    """Import the machine image by the dockerd in `root`, run here: under emulation that takes much longer.

    It needs rights that root may lack in a container; the virtual machine then does it when it has booted.
    """
    _run_as_root("mv", archive, f"{root}{MACHINE_ARCHIVE}")
    try:
        with step("Importing the machine image", about="15 s"):
            _run_as_root(*_ALONE, WITH_DOCKERD, root, *IMPORT)
        _run_as_root("rm", f"{root}{MACHINE_ARCHIVE}")
    except LabError as error:
        say(f"Leaving that to the virtual machine: {error.gist}")
        (entry / _TO_IMPORT).touch()


def _make_keys(target: Path) -> None:
    for name in (SSH_KEY, "host_key"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", HOST_ALIAS, "-f", target / name)
    public = (target / "host_key.pub").read_text()
    (target / KNOWN_HOSTS).write_text(f"{HOST_ALIAS} {public}")


def _key_hooks(target: Path) -> list[str]:
    return [
        "mkdir -p $1/root/.ssh",
        _upload(target / f"{SSH_KEY}.pub", "/root/.ssh/authorized_keys"),
        _upload(target / "host_key", "/etc/ssh/ssh_host_ed25519_key"),
        _upload(target / "host_key.pub", "/etc/ssh/ssh_host_ed25519_key.pub"),
    ]


def _upload(source: Path, inside: str) -> str:
    return f"upload {shlex.quote(str(source))} {inside}"


def _mmdebstrap(definition: str, target: Path, before: Sequence[str], after: Sequence[str]) -> None:
    source = DEFINITIONS / definition
    customize = [
        f"sync-in {shlex.quote(str(source / 'rootfs'))} /",
        *before,
        _upload(source / "customize.sh", "/tmp/customize.sh"),
        'chroot "$1" sh /tmp/customize.sh',
        'rm "$1/tmp/customize.sh"',
        *after,
    ]
    mirror = os.environ.get("LAB_DEBIAN_MIRROR")
    _run_as_root(
        *("env", f"TMPDIR={target.parent}", "mmdebstrap", "--variant=minbase"),
        f"--include={','.join(packages(definition))}",
        *(f"--aptopt={setting}" for setting in apt_settings()),
        *(f"--dpkgopt=path-exclude=/usr/share/{junk}/*" for junk in ("doc", "man", "locale")),
        *(f"--customize-hook={hook}" for hook in customize),
        *(SUITE, target),
        *([mirror] if mirror else []),
        next_step=_MIRROR_HINT,
    )


def _write_disk(root: Path, target: Path) -> None:
    """Make the disk with ``mke2fs -d``: its ext4 has the ``filetype`` feature that overlay2 requires.

    It has no journal: what a guest writes is discarded when it ends, so nothing has to survive a power cut.
    """
    raw = target / "disk.raw"
    _run("truncate", "--size", _DISK_SIZE, raw)
    options = "-q -F -t ext4 -O filetype,^has_journal -E lazy_itable_init=0".split()
    try:
        _run_as_root("/sbin/mke2fs", *options, "-d", root, raw)
        _run("qemu-img", "convert", "-O", "qcow2", raw, target / DISK)
    finally:
        raw.unlink(missing_ok=True)


def _run_as_root(*argv: str | Path, next_step: str = _HINT) -> None:
    _run(*as_root([*map(str, argv)]), next_step=next_step)


def _run(*argv: str | Path, next_step: str = _HINT) -> None:
    programs.run([*map(str, argv)], timeout_s=_COMMAND_TIMEOUT_S, next_step=next_step)
