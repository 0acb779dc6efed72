"""Making the Python environment from requirements.lock; with the standard library alone."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from threading import Timer

from helpers import debian, offline
from helpers.errors import LabError
from helpers.paths import PROJECT, VENV
from helpers.progress import Step, say, step

LOCK = PROJECT / "requirements.lock"
SIZE_MB = 900
_FREE_MB = 1400
_PIP_TIMEOUT_S = 1800
_REPEAT = "then repeat what you did."


def make() -> None:
    """Make the environment, from scratch: what an interrupted run left may look installed and not be whole.

    Raises
    ------
    LabError
        If the disk is too full, the venv module cannot be had, or pip fails; with the end of what it printed.
    """
    count = len(set(re.findall(r"^(\S+)==", LOCK.read_text(), flags=re.MULTILINE)))
    say(
        f"Set-up: about {count} Python packages (JupyterLab, docker, pandas, matplotlib, pytest, …)\n"
        f"        are installed in {VENV} and nowhere else; they take about {SIZE_MB} MB."
    )
    _check_space()
    _provide_venv_module()
    with step("Making the Python environment", about="2 min") as making:
        shutil.rmtree(VENV, ignore_errors=True)
        _create_venv()
        _pip_install(making)
        site_packages = next(VENV.glob("lib/python3*/site-packages"))
        (site_packages / "the-project-itself.pth").write_text(f"{PROJECT}\n")


def _check_space() -> None:
    free_mb = shutil.disk_usage(PROJECT).free // 1_000_000
    if free_mb < _FREE_MB:
        raise LabError(
            f"Making the Python environment in {VENV}",
            f"{free_mb} MB free on that disk; {_FREE_MB} MB are needed",
            f"Make room, or move the project to a larger disk, {_REPEAT}",
        )


def _provide_venv_module() -> None:
    """Debian ships Python without ensurepip; python3.x-venv has it."""
    if find_spec("ensurepip"):
        return
    package = "python{}.{}-venv".format(*sys.version_info)
    if not (debian.is_debian() and sys.base_prefix == "/usr"):
        raise LabError(
            "Making a Python environment",
            f"{sys.executable} has no ensurepip module",
            "Install your system's package with Python's venv module, or a Python from python.org or conda.",
        )
    debian.install([package], why="The Python environment")
    importlib.invalidate_caches()


def _create_venv() -> None:
    command = [sys.executable, "-m", "venv", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise LabError(
            " ".join(command),
            (done.stdout + done.stderr).strip()[-1500:],
            f"Mend what it names, {_REPEAT}",
        )


def _pip_install(making: Step) -> None:
    options = "--require-hashes --progress-bar=off --retries=3 --no-input --disable-pip-version-check".split()
    options += [*offline.pip_options(), "--requirement", str(LOCK)]
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", *options]
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    environ |= {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}  # sensible in one's own settings, wrong here
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
    ) as pip:
        timer = Timer(_PIP_TIMEOUT_S, pip.kill)
        timer.start()
        try:
            for line in pip.stdout or ():
                lines.append(line.rstrip())
                if doing := re.match(r"Collecting (\S+)|(Installing) ", line):
                    making.update(f"fetching {doing.group(1)}" if doing.group(1) else "unpacking")
        except BaseException:
            pip.kill()
            raise
        finally:
            timer.cancel()
    if pip.returncode:
        evidence = [line for line in lines if line.startswith(("ERROR", "WARNING: Retrying"))] or lines
        raise LabError(
            "Installing the packages of requirements.lock with pip",
            "\n".join(evidence[-4:]) or f"pip ended with code {pip.returncode} and without a word",
            f"Check the network, the proxy (HTTPS_PROXY) and pip's settings (pip config list), {_REPEAT}",
        )
