"""The faults: each is injected into a running lab and returns what the learner then sees."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from random import Random

import psutil

from helpers.engine import embedded, guest
from helpers.engine.refusals import FAILURES
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.paths import PROJECT, engine_dir
from tools.soak import ground, neighbours

Fault = Callable[[Lab, Random], str]

_SETUP_S = 12.0  # set-up is interrupted within this time
_END_S = 90
# All free blocks except 20 MB, including those reserved for root, which `df` does not count.
_ALMOST_ALL = "fallocate -l $(( $(stat -f -c '%f * %S' /) - 20000000 )) /filled"


def qemu_killed(lab: Lab, random: Random) -> str:
    """The virtual machine of the embedded engine is killed."""
    psutil.Process(int((engine_dir() / "qemu.pid").read_text())).kill()
    return _command(lab)


def dockerd_killed(lab: Lab, random: Random) -> str:
    """The Engine of a machine is killed; the machine keeps running."""
    lab["host"].run("pkill -KILL dockerd")
    return _docker(lab)


def machine_paused(lab: Lab, random: Random) -> str:
    """A machine is paused, and its dead man's switch with it."""
    lab.engine.client.api.pause(lab["host"].id)
    return _command(lab)


def lan_cut(lab: Lab, random: Random) -> str:
    """A machine is disconnected from its LAN."""
    lab.engine.client.api.disconnect_container_from_network(lab["host"].id, lab.lan.id, force=True)
    done = lab["host"].run(f"ping -c 1 -W 2 {lab.lan.gateway} 2>&1")
    return f"ping: {done.stdout.strip().splitlines()[-1]}"


def disk_full(lab: Lab, random: Random) -> str:
    """The disk of the virtual machine is full when another lab starts."""
    entry, machine = ground.machine_of_the_engine()
    guest.run(entry, machine, _ALMOST_ALL)
    try:
        with Lab(["a", "b"]) as second:
            # Machines from the stock no longer write anything, so this command does.
            done = second["a"].run("head -c 100M /dev/zero > /var/lib/docker/more", timeout=120)
            return done.stderr.strip() or f"exit code {done.exit_code}"
    except LabError as error:
        return ground.say_of(error)
    finally:
        guest.run(entry, machine, "rm /filled")


def clock_jumped(lab: Lab, random: Random) -> str:
    """The clock jumps backwards or forwards by up to a day, as when a snapshot resumes late."""
    jump = random.choice([-1, 1]) * random.randrange(3600, 86400)
    entry, machine = ground.machine_of_the_engine()
    guest.run(entry, machine, f"date -s @{time.time() + jump:.0f}")
    try:
        return f"{jump:+} s; {_docker(lab)}"
    finally:
        guest.run(entry, machine, f"date -s @{time.time():.0f}")


def set_up_interrupted(lab: Lab, random: Random) -> str:
    """Ctrl-C while the engine and the first lab are starting."""
    lab.close()
    embedded.stop(ground.INSTANCE)
    moment = random.uniform(0.3, _SETUP_S)
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers", "run", "00"],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A campaign that a shell runs in the background ignores SIGINT, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    try:
        said = process.communicate(timeout=_END_S)[0].strip()
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return f"after {moment:.1f} s: {said.splitlines()[-1]} (exit code {process.returncode})"


FAULTS: Mapping[str, Fault] = {
    "QEMU killed (SIGKILL)": qemu_killed,
    "a machine's dockerd killed (SIGKILL)": dockerd_killed,
    "a machine paused": machine_paused,
    "a machine disconnected from its LAN": lan_cut,
    "disk full in the virtual machine": disk_full,
    "the clock jumps": clock_jumped,
    "Ctrl-C during set-up": set_up_interrupted,
    "other owners, who do not see this one": neighbours.neighbour,
    "killed with its watch; the computer renamed": neighbours.renamed,
    "a session with another XDG_RUNTIME_DIR": neighbours.another_session,
}


def _command(lab: Lab) -> str:
    started = time.monotonic()
    try:
        seen = f"exit code {lab['host'].run('true', timeout=20).exit_code}"
    except LabError as error:
        seen = ground.say_of(error)
    return f"{seen} (after {time.monotonic() - started:.0f} s)"


def _docker(lab: Lab) -> str:
    try:
        return "Docker answers" if lab["host"].docker.ping() else "Docker does not answer"
    except FAILURES as error:  # as a notebook would show it
        return f"{type(error).__name__}: {error}"[:90]
