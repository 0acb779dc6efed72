"""Other owners on the same Engine, who see another computer than we do: a living lab is none of theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import psutil

from helpers import programs, scripts
from helpers.engine import Engine
from helpers.lab import Lab, reaper
from helpers.paths import PROJECT, run_dir

_TIMEOUT_S = 300
_OWNER = [sys.executable, "-m", "tools.soak.owner"]
UNSEEN, STEPPED, RENAMED, APART = ELSEWHERE = (
    "in another PID namespace",
    "after a step of the clock",
    "under another host name",
    "with nothing shared but the Engine",
)


def start_lab(engine: Engine, where: str) -> None:
    """Start and close a lab in a process that sees another computer.

    Parameters
    ----------
    engine:
        The Engine that both use; a local one.
    where:
        One of `ELSEWHERE`.

    Raises
    ------
    LabError
        If that fails.
    """
    command = [*_entering(engine, where), *_OWNER]
    programs.run(command, timeout_s=_TIMEOUT_S, cwd=PROJECT, tried=f"Starting another lab {where}")


def _entering(engine: Engine, where: str) -> list[str]:
    """What runs a program there."""
    unseen = "--pid --fork --mount-proc".split()
    if where == UNSEEN:
        return ["unshare", *unseen]
    if where == STEPPED:
        return ["unshare", *"--time --boottime 86400 --monotonic 86400 --fork".split()]
    if where == RENAMED:
        return ["unshare", "--uts", *scripts.argv(__package__, "renamed.sh", "workshop-17")]
    engine_dir = Path(engine.endpoint.url.removeprefix("unix://")).parent
    apart = scripts.argv(__package__, "with_nothing_shared.sh", engine_dir, run_dir())
    return ["unshare", "--mount", *unseen, *apart]


def neighbour(lab: Lab, random: Random) -> str:
    """Another owner starts a lab, in each place from which it cannot see this process."""
    for where in random.sample(ELSEWHERE, len(ELSEWHERE)):
        start_lab(lab.engine, where)
        assert lab["host"].run("docker ps").exit_code == 0, f"a living lab was removed {where}"
    return "the lab runs on"


def renamed(lab: Lab, random: Random) -> str:
    """An owner and its watch are killed; the computer's name changes; another lab starts."""
    owner = subprocess.Popen(_OWNER, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    lab_id = owner.stdout.readline().split()[0]
    for watch in psutil.Process(owner.pid).children():
        watch.kill()
    owner.kill()
    owner.wait()
    start_lab(lab.engine, RENAMED)
    left = reaper.remove_lab(lab.engine.client, lab_id)
    assert not left, f"{left} objects of a killed lab were left after the computer's name had changed"
    return "nothing of the killed lab is left"


def another_session(lab: Lab, random: Random) -> str:
    """A process of a session with another XDG_RUNTIME_DIR looks for the engine."""
    command = ["env", f"XDG_RUNTIME_DIR={run_dir()}", *_OWNER]
    found = programs.run(command, timeout_s=_TIMEOUT_S, cwd=PROJECT).stdout.split()[-1]
    assert found == lab.engine.client.info()["ID"], "a second engine was started"
    return "it found the same engine"
