"""Making the Python environment from the lock files; with the standard library alone."""

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
_FREE_MB = 600  # beyond what is installed: what is fetched, and the installer
_MARK = VENV / "being-added"
# What the first cell of a chapter imports: its byte code is written now, and not while a learner waits.
_FIRST_IMPORTS = "jupyterlab.labapp, ipykernel.kernelapp, matplotlib.pyplot, pandas, docker, psutil"
_COMPILE_TIMEOUT_S = 300


def make() -> None:
    """Make the learner's environment, from scratch: what an interrupted run left may look whole and not be.

    Raises
    ------
    LabError
        If the disk is too full, the venv module cannot be had, or an installer fails; with the end of what it
        printed.
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
    """Add what tests and publishing need to the environment; nothing that is there already is touched.

    Raises
    ------
    LabError
        As `make`.
    """
    _announce(locks.ADDED, "pytest, Sphinx, mypy, …", ADDED_MB)
    with step("Adding packages to the Python environment", about="30 s") as adding:
        # A package whose installation was interrupted may look installed and not be whole.
        again = [f"--reinstall-package={name}" for name in locks.names(locks.ADDED)] if _MARK.exists() else []
        _MARK.touch()
        _install([locks.LEARNER, locks.ADDED], adding, *again)
        _MARK.unlink()


def _announce(lock: Path, such_as: str, size_mb: int) -> None:
    count = len(locks.names(lock))
    say(
        f"Set-up: about {count} Python packages ({such_as})\n"
        f"        are installed in {VENV} and nowhere else; they take about {size_mb} MB."
    )
    free_mb = shutil.disk_usage(PROJECT).free // 1_000_000
    needed_mb = size_mb + _FREE_MB
    if free_mb < needed_mb:
        raise LabError(
            f"Making the Python environment in {VENV}",
            f"{free_mb} MB free on that disk; {needed_mb} MB are needed",
            "Make room, or move the project to a larger disk, then repeat.",
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


def _install(requirements: list[Path], running: Step, *again: str) -> None:
    """Install with uv; with pip where uv is not to be had, or does not get through where pip may."""
    python = VENV / "bin" / "python"
    if program := uv.provide(running.update):
        running.update("installing")
        try:
            uv.install(program, python, requirements, *again)
            return
        except LabError as error:
            say(f"uv does not install here ({error.gist}): going on with pip")
    venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    options = [*offline.index_options(), *(f"--requirement={file}" for file in requirements)]
    pip.install(python, options, "Installing the packages of the lock files with pip", running.update)
