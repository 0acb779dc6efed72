"""The project's own Python environment: made once from the lock files, and entered by re-executing in it.

An interpreter that already has all dependencies (conda's, made from environment.yml) is used as it is.
Runs on the standard library alone.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.file_lock import exclusive
from helpers.paths import PROJECT, VENV, cache_dir, run_dir
from helpers.setup import installation, locks
from helpers.steps import step

PYTHON = VENV / "bin" / "python"
_STAMP, _ADDED_STAMP = VENV / "made-from.json", VENV / "added-from.json"
_ANSWER_S = 30


def enter(*, everything: bool = False) -> None:
    """Continue in an environment with every dependency, making it first if it is missing or out of date.

    Returns only if this interpreter already has them; otherwise the command is executed again inside it.

    Parameters
    ----------
    everything:
        Whether tests or publishing will run in it. What they need is then added, which does not disturb
        anything that is running in the environment.

    Raises
    ------
    LabError
        If the environment cannot be made: no venv module, no network, disk full.
    """
    inside = _inside()
    if inside and not made():
        leave()
    if not inside:
        if not lacking(dependencies(everything=everything)):
            return
        _once(made, installation.make, _STAMP, [locks.LEARNER])
    if everything:
        _once(complete, installation.add, _ADDED_STAMP, [locks.LEARNER, locks.ADDED])
    if not inside:
        _go_on_with(PYTHON)


def enter_if_made() -> bool:
    """Continue in the environment if there is one, even one that is out of date; return whether there is."""
    python = usable()
    if python == PYTHON and not _inside():
        _go_on_with(PYTHON)
    return python is not None


def usable() -> Path | None:
    """Return the interpreter of an existing environment in which the verbs can run, or None."""
    if _inside() or not lacking(dependencies()):
        return Path(sys.executable)
    return PYTHON if _STAMP.exists() and _version_of(PYTHON) else None


def leave() -> None:
    """If this is the environment's interpreter, continue with the one that the environment was made with."""
    if _inside():
        _go_on_with(Path(sys._base_executable))  # type: ignore[attr-defined]


def made() -> bool:
    """Return whether the environment is valid: made from the current lock, here, by a Python that exists."""
    return _is_from(_STAMP, [locks.LEARNER])


def complete() -> bool:
    """Return whether the environment also has what tests and publishing add, as the current locks pin it."""
    return _is_from(_ADDED_STAMP, [locks.LEARNER, locks.ADDED])


def dependencies(project_file: Path = PROJECT / "pyproject.toml", *, everything: bool = False) -> list[str]:
    """Return what pyproject.toml lists, each as ``name>=version``; with `everything` also the group dev."""
    project = tomllib.loads(project_file.read_text())["project"]
    return [*project["dependencies"], *(project["optional-dependencies"]["dev"] if everything else ())]


def lacking(wanted: Sequence[str]) -> list[str]:
    """Return those of the `wanted` dependencies that the running interpreter does not have."""
    return [requirement for requirement in wanted if not _met(requirement)]


def isolate() -> None:
    """Make Jupyter, IPython and matplotlib, here and in kernels, store their files in the lab's own cache.

    A learner's own profile would change what cells print, and `clean` has to find every file.
    """
    cache = cache_dir()
    os.environ["IPYTHONDIR"] = str(cache / "ipython")
    os.environ["MPLCONFIGDIR"] = str(cache / "matplotlib")
    for kind in ("CONFIG", "DATA"):
        os.environ[f"JUPYTER_{kind}_DIR"] = str(cache / "jupyter" / kind.lower())
    os.environ["JUPYTER_RUNTIME_DIR"] = str(run_dir() / "jupyter")
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    paths = [str(PROJECT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))


def list_fonts() -> None:
    """Let matplotlib list the fonts now: on a slow machine, a message about it would appear in a chapter."""
    if not any((cache_dir() / "matplotlib").glob("fontlist-*.json")):
        with step("Listing the fonts for figures", about="10 s"):
            import_module("matplotlib.font_manager")


def _once(done: Callable[[], bool], make: Callable[[], None], stamp: Path, files: Sequence[Path]) -> None:
    """Make what is not made yet, while no other set-up does so, and record what it was made from."""
    if done():
        return
    with exclusive(run_dir() / "environment.lock", "another set-up to make the Python environment"):
        if not done():  # the previous holder of the lock may have made it
            make()
            stamp.write_text(json.dumps(_origin(files, _version_of(PYTHON))))


def _inside() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _go_on_with(python: Path) -> None:
    sys.stderr.flush()
    os.execv(python, [str(python), *sys.orig_argv[1:]])


def _version_of(python: Path) -> str | None:
    """Ask an interpreter for its version: its link may be broken, or point to a newer Python."""
    if python == PYTHON and _inside():
        return "{}.{}".format(*sys.version_info)
    ask = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return programs.run(ask, timeout_s=_ANSWER_S).stdout.strip()
    except LabError:
        return None


def _origin(files: Sequence[Path], python_version: str | None) -> dict[str, str | None]:
    return {"lock": locks.digest(files), "place": str(VENV), "python": python_version}


def _is_from(stamp: Path, files: Sequence[Path]) -> bool:
    try:
        noted = json.loads(stamp.read_text())
    except (OSError, ValueError):
        return False
    python_version = _version_of(PYTHON)
    return python_version is not None and bool(noted == _origin(files, python_version))


def _met(requirement: str) -> bool:
    name, minimum = requirement.split(">=")
    try:
        return _numbers(version(name)) >= _numbers(minimum)
    except PackageNotFoundError:
        return False


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release))
