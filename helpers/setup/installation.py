"""Making the Python environment from the lock files, using only the standard library."""

from __future__ import annotations

import importlib
import shutil
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.paths import PROJECT, VENV
from helpers.setup import debian, locks, offline, pip, uv
from helpers.steps import Step, say, step

SIZE_MB, ADDED_MB = 420, 550
_FREE_MB = 600  # in addition to what is installed: the downloads, and the installer
_MARK = VENV / "being-added"
# What the first cell of a chapter imports: it is byte-compiled now, not while a learner waits.
_FIRST_IMPORTS = "jupyterlab.labapp, ipykernel.kernelapp, matplotlib.pyplot, pandas, docker, psutil"
_COMPILE_TIMEOUT_S = 300


def make() -> None:
    """Make the learner's environment from scratch: what an interrupted run left may look complete but not be.

    Raises
    ------
    LabError
        If the disk is too full, the venv module is not available, or an installer fails; with the end of its
        output.
    """
    _announce(locks.LEARNER, "JupyterLab, docker, pandas, matplotlib, …", SIZE_MB)
    _provide_venv_module()
    with step("Making the Python environment", about="30 s") as making:
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, symlinks=True)
        _install([locks.LEARNER], making)
        site_packages = next(VENV.glob("lib/python3*/site-packages"))
        (site_packages / "the-project-itself.pth").write_text(f"{PROJECT}\n")
        making.update("compiling")
        programs.run(
            [str(VENV / "bin" / "python"), "-c", f"import {_FIRST_IMPORTS}"],
            timeout_s=_COMPILE_TIMEOUT_S,
            tried="Importing the packages that have just been installed",
        )


def add() -> None:
    """Add what tests and publishing need to the environment, without changing what is installed already.

    Raises
    ------
    LabError
        As `make`.
    """
    _announce(locks.ADDED, "pytest, Sphinx, mypy, …", ADDED_MB)
    with step("Adding packages to the Python environment", about="30 s") as adding:
        # A package whose installation was interrupted may look installed but be incomplete.
        again = [f"--reinstall-package={name}" for name in locks.names(locks.ADDED)] if _MARK.exists() else []
        _MARK.touch()
        _install([locks.LEARNER, locks.ADDED], adding, *again)
        _MARK.unlink()


def _announce(lock: Path, such_as: str, size_mb: int) -> None:
    count = len(locks.names(lock))
    say(
        f"Set-up: installing about {count} Python packages ({such_as})\n"
        f"        in {VENV} and nowhere else; they take about {size_mb} MB."
    )
    free_mb = shutil.disk_usage(PROJECT).free // 1_000_000
    needed_mb = size_mb + _FREE_MB
    if free_mb < needed_mb:
        raise LabError(
            f"Making the Python environment in {VENV}",
            f"{free_mb} MB free on that disk; {needed_mb} MB are needed",
            "Free some space, or move the project to a larger disk, then repeat.",
        )


def _provide_venv_module() -> None:
    """Install ensurepip if it is missing: Debian ships it in python3.x-venv, not with Python."""
    if find_spec("ensurepip"):
        return
    package = "python{}.{}-venv".format(*sys.version_info)
    if not (debian.is_debian() and sys.base_prefix == "/usr"):
        raise LabError(
            "Making a Python environment",
            f"{sys.executable} has no ensurepip module",
            "Install your system's package of Python's venv module, or Python from python.org or conda.",
        )
    debian.install([package], why="The Python environment")
    importlib.invalidate_caches()


def _install(requirements: list[Path], running: Step, *again: str) -> None:
    """Install with uv, or with pip if uv is not available or fails: pip may get through where uv does not."""
    python = VENV / "bin" / "python"
    if program := uv.provide(running.update):
        running.update("installing")
        try:
            uv.install(program, python, requirements, *again)
            return
        except LabError as error:
            say(f"uv cannot install here ({error.gist}): continuing with pip")
    venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    options = [*offline.index_options(), *(f"--requirement={file}" for file in requirements)]
    pip.install(python, options, "Installing the packages of the lock files with pip", running.update)
