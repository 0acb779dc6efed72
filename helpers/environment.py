"""The project's own Python environment: made once from requirements.lock, entered by starting again in it.

An interpreter that has all the dependencies already (conda's, made from environment.yml) is used as it is.
Runs on the standard library alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from helpers import installation
from helpers.lock import exclusive
from helpers.paths import PROJECT, VENV, cache_dir, run_dir
from helpers.progress import step

PYTHON = VENV / "bin" / "python"
_STAMP = VENV / "made-from.json"


def enter() -> None:
    """Go on inside an environment with every dependency, making it first where it is missing or stale.

    Returns only if this interpreter is such an environment; otherwise the command starts again inside it.

    Raises
    ------
    LabError
        If the environment cannot be made: no venv module, no network, disk full.
    """
    if _inside():
        if _current(_python_version()):
            return
        leave()
    if not lacking():
        return
    if not made():
        with exclusive(run_dir() / "environment.lock", "another set-up to make the Python environment"):
            if not made():  # whoever held the lock before may have made it
                installation.make()
                _STAMP.write_text(json.dumps(_origin(_python_version())))
    _go_on_with(PYTHON)


def enter_if_made() -> bool:
    """Go on inside the environment if there is one, also a stale one; return whether there is."""
    python = usable()
    if python == PYTHON and not _inside():
        _go_on_with(PYTHON)
    return python is not None


def usable() -> Path | None:
    """Return the interpreter of an environment in which the verbs can run, or None; makes nothing."""
    if _inside() or not lacking():
        return Path(sys.executable)
    return PYTHON if _STAMP.exists() and _version_of(PYTHON) else None


def leave() -> None:
    """Go on with the interpreter that the environment was made with, if this is the environment's."""
    if _inside():
        _go_on_with(Path(sys._base_executable))  # type: ignore[attr-defined]


def made() -> bool:
    """Whether the environment is whole: made from today's lock, at this place, by a Python still there."""
    return _current(_version_of(PYTHON))


def dependencies(project_file: Path = PROJECT / "pyproject.toml") -> list[str]:
    """Return the dependencies in pyproject.toml, each as ``name>=version``, developers' tools last."""
    project = tomllib.loads(project_file.read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


def lacking(wanted: Sequence[str] | None = None) -> list[str]:
    """Return those of the dependencies that the running interpreter does not have."""
    wanted = dependencies() if wanted is None else wanted
    return [requirement for requirement in wanted if not _met(requirement)]


def isolate() -> None:
    """Keep what Jupyter, IPython and matplotlib store, here and in kernels, to the lab's own cache.

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
    """Let matplotlib make its list of fonts now: on a slow machine it would say so in a chapter's outputs."""
    if not any((cache_dir() / "matplotlib").glob("fontlist-*.json")):
        with step("Listing the fonts for figures", about="10 s"):
            import_module("matplotlib.font_manager")


def _inside() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _go_on_with(python: Path) -> None:
    sys.stderr.flush()
    os.execv(python, [str(python), "-m", "helpers", *sys.argv[1:]])


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _version_of(python: Path) -> str | None:
    """Ask an interpreter for its version: its link may dangle, or lead to a newer Python than the venv's."""
    ask = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _origin(python_version: str) -> dict[str, str]:
    lock = hashlib.sha256(installation.LOCK.read_bytes()).hexdigest()
    return {"lock": lock, "place": str(VENV), "python": python_version}


def _current(python_version: str | None) -> bool:
    try:
        return python_version is not None and json.loads(_STAMP.read_text()) == _origin(python_version)
    except (OSError, ValueError):
        return False


def _met(requirement: str) -> bool:
    name, minimum = requirement.split(">=")
    try:
        return _numbers(version(name)) >= _numbers(minimum)
    except PackageNotFoundError:
        return False


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release))
