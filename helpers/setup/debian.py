"""Debian packages: finding which are missing, and installing them after telling the learner."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.paths import cache_dir
from helpers.setup import offline
from helpers.steps import say, step

_APT_TIMEOUT_S = 1800
_ANSWER_S = 60  # sudo may look the user up in a directory service
_SUDO_TIMEOUT_S = 900  # sudo itself waits five minutes for each of three attempts
_ERROR_MARKS = ("E:", "Err:", "W: Failed")


def is_debian() -> bool:
    """Return whether this is Debian or a derivative (Ubuntu, …) with ``apt-get``.

    Source: os-release(5), fields ``ID`` and ``ID_LIKE``.
    """
    try:
        release = platform.freedesktop_os_release()
    except OSError:  # no such file: not a Linux distribution
        return False
    kin = {release["ID"], *release.get("ID_LIKE", "").split()}
    return bool({"debian", "ubuntu"} & kin) and shutil.which("apt-get") is not None


def missing(packages: Sequence[str]) -> list[str]:
    """Return those of `packages` that are not installed, in the order given.

    Source: dpkg-query(1): the status field of every installed package is ``install ok installed``.
    """
    query = ["dpkg-query", "--show", "--showformat=${Package} ${Status}\n", *packages]
    found = programs.run(query, timeout_s=60, check=False).stdout
    installed = {line.split()[0] for line in found.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def as_root(argv: Sequence[str]) -> list[str]:
    """Return the command that runs `argv` as root: `argv` itself for root, with ``sudo`` for other users.

    Where no terminal could show sudo's question for the password, sudo fails instead of asking.

    Raises
    ------
    LabError
        If the user is not root and there is no ``sudo``.
    """
    if os.geteuid() == 0:
        return list(argv)
    if shutil.which("sudo"):
        return ["sudo", *([] if _has_terminal() else ["-n"]), *argv]
    raise LabError(
        f"Running {' '.join(argv)} as root",
        f"you are user {os.geteuid()} and there is no sudo on this machine",
        "Run that command as root, then try again.",
    )


def authenticate(tried: str, next_step: str) -> None:
    """Make sure that commands can be run as root; where sudo wants a password, it asks for it now.

    Called before a long step: under its live line the question could not be seen.

    Parameters
    ----------
    tried, next_step:
        The first and the last line of the error.

    Raises
    ------
    LabError
        If the user is not root and has no sudo, may not use it, or is asked for a password where there is no
        terminal.
    """
    if os.geteuid() == 0:
        return
    needs = f"it takes the rights of root; you are user {os.geteuid()}, and"
    if not shutil.which("sudo"):
        raise LabError(tried, f"{needs} there is no sudo on this machine", next_step)
    # Not `sudo -v`: that asks for a password unless every rule of the user's goes without one.
    at_once = programs.run(
        ["sudo", "-n", "true"], timeout_s=_ANSWER_S, tried=tried, next_step=next_step, check=False
    )
    if at_once.returncode == 0:
        return
    if not _has_terminal():
        seen = f"{needs} sudo cannot ask for a password here\n{programs.evidence(at_once)}"
        raise LabError(tried, seen, next_step)
    asked = programs.run(
        ["sudo", "-v"],
        timeout_s=_SUDO_TIMEOUT_S,
        tried=tried,
        next_step=next_step,
        check=False,
        output=None,
    )
    if asked.returncode:
        raise LabError(tried, f"{needs} sudo refuses, in the words above", next_step)


def install(packages: Sequence[str], why: str) -> None:
    """Install those of `packages` that are missing, after announcing which, why, and their size.

    Parameters
    ----------
    packages:
        Names of Debian packages.
    why:
        What needs them, as the beginning of a sentence: "The embedded engine".

    Raises
    ------
    LabError
        If the user may not install packages, or apt-get fails; with the end of its output.
    """
    wanted = missing(packages)
    if not wanted:
        return
    say(f"{why} needs Debian packages that are not installed yet: {' '.join(wanted)}")
    authenticate(
        f"Installing the Debian packages {' '.join(wanted)}",
        "Ask an administrator to install them, or use an existing Docker Engine.",
    )
    with step("Updating the lists of Debian packages", about="10 s"):
        # One broken third-party source makes the update fail although Debian's own lists are fresh:
        # whether the lists are good enough shows when the packages are looked up.
        updated = _apt("update")
    planned = _apt("install", "--simulate", *wanted)
    if planned.returncode:
        planned.stdout += updated.stdout
        planned.stderr += updated.stderr
        raise _failure(wanted, planned)
    say(f"Installing {_summary(wanted)}")
    with step("Installing the packages"):
        done = _apt("install", *wanted)
    if done.returncode:
        raise _failure(wanted, done)
    _record().write_text("\n".join(dict.fromkeys([*installed_by_us(), *wanted])) + "\n")


def installed_by_us() -> list[str]:
    """Return the packages that `install` has installed on this machine and that are still installed."""
    names = _record().read_text().split() if _record().exists() else []
    absent = missing(names) if names else []
    return [name for name in names if name not in absent]


def _record() -> Path:
    return cache_dir() / "debian-packages"


def _has_terminal() -> bool:
    """Whether sudo could ask: it does so on the terminal, wherever its input and output go."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    options = ["--yes", "--quiet", "--no-install-recommends", "--option=DPkg::Lock::Timeout=300"]
    options += offline.apt_options()
    environment = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
    return programs.run(
        as_root([*environment, "apt-get", *options, *arguments]),
        timeout_s=_APT_TIMEOUT_S,
        tried=f"Running apt-get {' '.join(arguments)}",
        next_step="Use `ps aux | grep apt` to see what is blocking it, then try again.",
        check=False,
    )


def _summary(wanted: Sequence[str]) -> str:
    """Return how many packages will be installed and how large they are, as apt-get computes it."""
    question = _apt("install", "--assume-no", *wanted).stdout
    count = re.search(r"(\d+) newly installed", question)
    download = re.search(r"Need to get ([^/\n]*?)(?:/\S+ \S+)? of archives", question)
    disk = re.search(r"After this operation, (.+?) of additional disk space", question)
    return (
        f"{count.group(1) if count else len(wanted)} packages"
        f": {download.group(1) if download else 'nothing'} to download"
        f", {disk.group(1) if disk else 'little'} of disk space"
    )


def _failure(wanted: Sequence[str], done: subprocess.CompletedProcess[str]) -> LabError:
    return LabError(
        f"Installing the Debian packages {' '.join(wanted)}",
        programs.evidence(done, _ERROR_MARKS),
        "Check the network and /etc/apt/sources.list, run `apt-get update`, then try again.",
    )
