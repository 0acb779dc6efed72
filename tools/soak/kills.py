"""Kernels are killed at a random moment of their chapter, several at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from random import Random

import docker
import psutil

from helpers import notebooks
from helpers.errors import LabError
from helpers.paths import PROJECT, chapter_number
from helpers.waiting import NotYet, wait_until
from tools.soak import ground, lab_objects
from tools.soak.ground import Outcome

AT_ONCE = 5
EARLIEST_S, LATEST_S = 20, 90  # after a kernel's start: while its lab starts or its experiments run
_START_S = 60
_TRIES = 4  # per kernel to kill with a lab: some are killed before they have one, some chapters end earlier


class Reader:
    """A process that executes a chapter, as `python3 -m helpers run` does."""

    def __init__(self, chapter: Path) -> None:
        self.chapter = chapter
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.soak.reader", str(chapter)],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kernel(self) -> psutil.Process | None:
        """Wait for the kernel and return it; None if none starts in time, or the chapter has ended."""

        def look() -> psutil.Process | NotYet | None:
            with suppress(psutil.Error):
                for child in psutil.Process(self.process.pid).children(recursive=True):
                    if "ipykernel_launcher" in child.cmdline():
                        return child
            return NotYet() if self.process.poll() is None else None

        with suppress(LabError):
            return wait_until(
                look, tried="Waiting for a kernel", within_s=_START_S, next_step="", every_s=0.1
            )
        return None

    def end(self) -> None:
        """Let the process finish, and kill it if it does not."""
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def kill_kernels(random: Random, kills: int) -> Iterator[list[Outcome]]:
    """Kill that many kernels that have a lab, chapter by chapter, some at a time; yield each round."""
    order = cycle(notebooks.find([]))
    done = tried = 0
    while done < kills and tried < _TRIES * kills:
        wave = list(islice(order, min(AT_ONCE, kills - done)))
        ground.settle_user()
        before = ground.belongings()
        with ThreadPoolExecutor(len(wave)) as pool:
            moments = [random.uniform(EARLIEST_S, LATEST_S) for _ in wave]
            found = [one for one in pool.map(_kill, wave, moments) if one]
        next_lab_s = ground.seconds_of_next_lab()
        intact = ground.intact(before)
        tried += len(wave)
        done += sum(objects > 0 for _, objects, _ in found)  # a kernel that had no lab yet proves nothing
        yield [Outcome(name, objects, gone_s, next_lab_s, intact) for name, objects, gone_s in found]


def _kill(chapter: Path, moment_s: float) -> tuple[str, int, float] | None:
    reader = Reader(chapter)
    try:
        if (kernel := reader.kernel()) is None:
            return None
        known: set[str] = set()

        def labs(client: docker.DockerClient) -> set[str]:
            known.update(lab_objects.labs_of(client, kernel.pid))
            return known

        time.sleep(moment_s)
        objects = ground.count(labs)
        if not kernel.is_running():  # a short chapter that has already ended
            return None
        kernel.kill()
        return f"kernel killed, chapter {chapter_number(chapter)}", objects, ground.seconds_until_gone(labs)
    finally:
        reader.end()
