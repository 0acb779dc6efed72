"""Builds what the embedded engine boots, only from Debian packages: kernel, initial RAM disk and disk."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from helpers import programs
from helpers.engine.images import (
    DEFINITIONS,
    EXPIRED,
    LABEL,
    apt_settings,
    machine_image,
    packages,
)
from helpers.errors import LabError
from helpers.setup.debian import as_root
from helpers.steps import say, step

DISK = "disk.qcow2"
SSH_KEY = "ssh_key"
KNOWN_HOSTS = "known_hosts"
HOST_ALIAS = "lab-engine"
_TO_IMPORT = "to_import"  # this file is there if the machine images could not be imported here

_ALONE = "unshare --mount --net --pid --fork --kill-child sh".split()
WITH_DOCKERD = Path(__file__).resolve().parent / "scripts" / "with_dockerd.sh"
# Where that is refused, a machine does it each time it boots.
_LOAD_ITS_IMAGES = f'{shlex.join([*_ALONE, str(WITH_DOCKERD)])} "$1" import-images || true'

_DISK_SIZE = "16G"
_AT_ONCE = 2  # root file systems: more at a time need more memory, and two processors are busy with these
_NEEDED_BYTES = 5 * 10**9
_FURTHER_IMAGE_BYTES = 2 * 10**9
_COMMAND_TIMEOUT_S = 1200
_HINT = "Fix what it reports, then repeat."
_MIRROR_HINT = (
    "Check that this machine can reach a Debian mirror, or set LAB_DEBIAN_MIRROR to another one, then repeat."
    f" {EXPIRED}"
)


def make(target: Path, suites: Sequence[str]) -> None:
    """Make kernel, initrd, disk.qcow2 and the SSH keys in the directory `target`.

    The disk holds a Debian system with dockerd and machine images; see `are_images_to_import`.

    Parameters
    ----------
    target:
        An empty directory.
    suites:
        Of the machine images; the first is that of the system, too.

    Raises
    ------
    LabError
        If the disk is nearly full, or a tool fails; with the end of its output.
    """
    _check_space(target, suites)
    _make_keys(target)
    root = target / "root"
    archives = {suite: target / _archive(suite) for suite in suites}
    number = len(suites) + 1
    try:
        with step(
            f"Building {number} root file systems from Debian packages with mmdebstrap",
            about=f"{35 * number} s",
        ):
            _make_file_systems(root, archives, target)
        _import(root, archives, target)
        with step("Writing the virtual machine's disk", about=f"{15 * len(suites)} s"):
            boot = [target / "kernel", target / "initrd"]
            for file in boot:
                _run_as_root("mv", root / "boot" / file.name, file)
            _write_disk(root, target)
        _run_as_root("chown", f"{os.getuid()}:{os.getgid()}", *boot)
    finally:
        _run_as_root("rm", "-rf", root, *archives.values())


def are_images_to_import(entry: Path) -> bool:
    """Return whether machine images are still archives on the disk, to be imported after booting it."""
    return (entry / _TO_IMPORT).exists()


def import_command(suites: Sequence[str]) -> str:
    """Return the shell command that imports the machine images of these suites from archives on the disk."""
    label = f"LABEL {LABEL}=image"
    return " && ".join(
        shlex.join(["docker", "import", "--change", label, f"/{_archive(suite)}", machine_image(suite)])
        for suite in suites
    )


def named(suites: Sequence[str]) -> str:
    """Return how to name the machine images of these suites to a reader."""
    return "the machine image" if len(suites) == 1 else f"{len(suites)} machine images"


def _archive(suite: str) -> str:
    return f"machine-{suite}.tar"


def _check_space(target: Path, suites: Sequence[str]) -> None:
    free = shutil.disk_usage(target).free
    needed = _NEEDED_BYTES + (len(suites) - 1) * _FURTHER_IMAGE_BYTES
    if free < needed:
        raise LabError(
            f"Building the embedded engine in {target}",
            f"{free / 1e9:.1f} GB free; {needed / 1e9:.0f} GB are needed",
            "Free some space there, or set XDG_CACHE_HOME to a directory on a larger disk, then repeat.",
        )


def _make_file_systems(root: Path, archives: Mapping[str, Path], target: Path) -> None:
    """Make the system's in the directory `root`, and the machines' as an archive for each suite."""
    system = next(iter(archives))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        builds = [
            pool.submit(_mmdebstrap, "vm", system, root, _key_hooks(target), []),
            *(
                pool.submit(_mmdebstrap, "machine", suite, archive, [], [_LOAD_ITS_IMAGES])
                for suite, archive in archives.items()
            ),
        ]
        try:
            for build in as_completed(builds):
                build.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # those that have not begun
            raise


def _import(root: Path, archives: Mapping[str, Path], entry: Path) -> None:
    """Import the machine images by the dockerd in `root`, run here: under emulation that takes much longer.

    It needs rights that root may lack in a container; the virtual machine then does it when it has booted.
    """
    _run_as_root("mv", *archives.values(), root)
    suites = list(archives)
    try:
        with step(f"Importing {named(suites)}", about=f"{15 * len(suites)} s"):
            _run_as_root(*_ALONE, WITH_DOCKERD, root, "sh", "-c", import_command(suites))
        _run_as_root("rm", *(root / archive.name for archive in archives.values()))
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


def _mmdebstrap(
    definition: str, suite: str, target: Path, before: Sequence[str], after: Sequence[str]
) -> None:
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
        f"--include={','.join(packages(definition, suite))}",
        *(f"--aptopt={setting}" for setting in apt_settings()),
        *(f"--dpkgopt=path-exclude=/usr/share/{junk}/*" for junk in ("doc", "man", "locale")),
        *(f"--customize-hook={hook}" for hook in customize),
        *(suite, target),
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
