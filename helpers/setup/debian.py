"""Debian packages: which are missing, and installing them with the learner's knowledge."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from helpers.errors import LabError
from helpers.paths import cache_dir
from helpers.setup import offline
from helpers.steps import say, step

_APT_TIMEOUT_S = 1800
_EVIDENCE_LINES = 8


def is_debian(os_release: Path = Path("/etc/os-release")) -> bool:
    """Whether this is Debian or one of its descendants (Ubuntu, …) with ``apt-get``.

    Source: os-release(5), fields ``ID`` and ``ID_LIKE``.
    """
    if not os_release.is_file() or not shutil.which("apt-get"):
        return False
    fields = dict(re.findall(r"""^(\w+)=["']?([^"'\n]*)["']?$""", os_release.read_text(), flags=re.MULTILINE))
    return bool({"debian", "ubuntu"} & {fields.get("ID", ""), *fields.get("ID_LIKE", "").split()})


def missing(packages: Sequence[str]) -> list[str]:
    """Return those of `packages` that are not installed, in the order given.

    Source: dpkg-query(1), the status field that every installed package has as ``install ok installed``.
    """
    query = ["dpkg-query", "--show", "--showformat=${Package} ${Status}\n", *packages]
    found = subprocess.run(query, capture_output=True, text=True, timeout=60, check=False).stdout
    installed = {line.split()[0] for line in found.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def as_root(argv: Sequence[str]) -> list[str]:
    """Return the command `argv` as root runs it: as it is for root, behind ``sudo`` for others.

    Raises
    ------
    LabError
        If the user is not root and there is no ``sudo``.
    """
    if os.geteuid() == 0:
        return list(argv)
    if shutil.which("sudo"):
        return ["sudo", *argv]
    raise LabError(
        f"Running {' '.join(argv)} as root",
        f"you are user {os.geteuid()} and there is no sudo on this machine",
        "Run that command as root yourself, then repeat what you did.",
    )


def install(packages: Sequence[str], why: str) -> None:
    """Install those of `packages` that are missing, after saying what, why and how much.

    Parameters
    ----------
    packages:
        Names of Debian packages.
    why:
        What needs them, as the end of a sentence: "the embedded engine".

    Raises
    ------
    LabError
        If the user may not install packages, or apt-get fails; with the end of what it printed.
    """
    wanted = missing(packages)
    if not wanted:
        return
    say(f"{why} needs Debian packages that are not installed yet: {' '.join(wanted)}")
    _authenticate()
    with step("Reading the lists of Debian packages", about="10 s"):
        # One broken third-party source makes update fail although Debian's own lists are fresh:
        # whether the lists are good enough shows when the packages are looked up.
        updated = _apt("update")
    planned = _apt("install", "--simulate", *wanted)
    if planned.returncode:
        raise _failure(wanted, planned.stdout + updated.stdout)
    say(f"Installing {_summary(wanted)}")
    with step("Installing them"):
        done = _apt("install", *wanted)
    if done.returncode:
        raise _failure(wanted, done.stdout)
    _record().write_text("\n".join(dict.fromkeys([*installed_by_us(), *wanted])) + "\n")


def installed_by_us() -> list[str]:
    """Return the packages that `install` has installed on this machine and that are still there."""
    names = _record().read_text().split() if _record().exists() else []
    absent = missing(names) if names else []
    return [name for name in names if name not in absent]


def _record() -> Path:
    return cache_dir() / "debian-packages"


def _authenticate() -> None:
    """Let sudo ask for its password now, where the question can be seen, not under a live line."""
    validate = as_root(["-v"])
    if validate[0] == "sudo" and subprocess.run(validate, check=False).returncode:
        raise LabError(
            "Installing Debian packages with sudo",
            "sudo refused",
            "Ask an administrator to install them, or use a Docker Engine that is already there.",
        )


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    options = ["--yes", "--quiet", "--no-install-recommends", "--option=DPkg::Lock::Timeout=300"]
    options += offline.apt_options()
    environment = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
    command = as_root([*environment, "apt-get", *options, *arguments])
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_APT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise LabError(
            f"apt-get {' '.join(arguments)}",
            f"no end after {_APT_TIMEOUT_S // 60} minutes",
            "Look with `ps aux | grep apt` what holds it up, then repeat what you did.",
        ) from expired


def _summary(wanted: Sequence[str]) -> str:
    """Say how many packages come and how large they are, as apt-get itself reckons."""
    question = _apt("install", "--assume-no", *wanted).stdout
    count = re.search(r"(\d+) newly installed", question)
    download = re.search(r"Need to get ([^/\n]*?)(?:/\S+ \S+)? of archives", question)
    disk = re.search(r"After this operation, (.+?) of additional disk space", question)
    return (
        f"{count.group(1) if count else len(wanted)} packages"
        f": {download.group(1) if download else 'nothing'} to download"
        f", {disk.group(1) if disk else 'little'} of disk space"
    )


def _failure(wanted: Sequence[str], output: str) -> LabError:
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "Err:", "W: Failed"))]
    return LabError(
        f"Installing the Debian packages {' '.join(wanted)}",
        "\n".join((errors or lines)[-_EVIDENCE_LINES:]) or "apt-get failed without a word",
        "Check the network and /etc/apt/sources.list, try `apt-get update`, then repeat what you did.",
    )
