"""How much of this computer the embedded engine takes: as its owner says, else what the kernel grants us.

In a container, the numbers of the whole computer say nothing: control groups set the limits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from helpers.errors import LabError

MEMORY, TRANSLATIONS, PROCESSORS = "LAB_MEMORY_MB", "LAB_TRANSLATIONS_MB", "LAB_PROCESSORS"

_USUAL_MEMORY_MB = 3072
_USUAL_TRANSLATIONS_MB = 1024
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUPS = Path("/proc/self/cgroup")


def memory_mb() -> int:
    """Return the virtual machine's memory in MiB: LAB_MEMORY_MB, else 3 GiB, or 5/8 of what there is if less.

    The rest is for QEMU itself, kernels and JupyterLab. A saved state works with the same memory only.

    Raises
    ------
    LabError
        If the variable is not a positive whole number.
    """
    return _said(MEMORY) or min(_USUAL_MEMORY_MB, _granted_mb() * 5 // 8)


def translations_mb() -> int:
    """Return the size of QEMU's translation cache in MiB: LAB_TRANSLATIONS_MB, else 1 GiB, or a 16th if less.

    Without being told, QEMU takes up to an eighth of the whole computer's memory.

    Raises
    ------
    LabError
        As `memory_mb`.
    """
    return _said(TRANSLATIONS) or min(_USUAL_TRANSLATIONS_MB, _granted_mb() // 16)


def processors() -> int:
    """Return how many processors can be used at once: LAB_PROCESSORS, else what affinity and quota grant.

    Raises
    ------
    LabError
        As `memory_mb`.
    """
    return _said(PROCESSORS) or max(1, min([len(os.sched_getaffinity(0)), *_quotas()]))


def _said(variable: str) -> int:
    """Return the number in an environment variable; 0 if it is not set."""
    given = os.environ.get(variable)
    if not given:
        return 0
    if not given.isdecimal() or int(given) == 0:
        raise LabError(
            f"Reading {variable}={given}",
            "it is not a positive whole number",
            f"Correct it, or unset {variable}.",
        )
    return int(given)


def _granted_mb() -> int:
    limits = _limits("memory", v2=["memory.max"], v1=["memory.limit_in_bytes"])
    return min([psutil.virtual_memory().total, *(int(limit) for (limit,) in limits)]) >> 20


def _quotas() -> Iterator[int]:
    """Yield the number of processors that each control group's quota amounts to, in whole ones."""
    for quota, period in _limits("cpu", v2=["cpu.max"], v1=["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
        yield max(1, int(quota) // int(period))


def _limits(controller: str, v2: list[str], v1: list[str]) -> Iterator[list[str]]:
    """Yield the words in these files of each control group that this process is in and that sets a limit.

    A container may see its own group as the root, although it is told a longer name.

    Source: cgroups(7); Control Group v2, “Interface Files”, in the kernel's documentation.
    """
    for line in _OWN_CGROUPS.read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root, files = (_CGROUPS / controller, v1) if controllers else (_CGROUPS, v2)
        group = root / name.lstrip("/")
        for directory in (group, *group.parents[: len(group.parents) - len(root.parents)]):
            with suppress(OSError):  # a group without that controller, or one that cannot be seen from here
                words = " ".join((directory / file).read_text() for file in files).split()
                if words[0] not in ("max", "-1"):
                    yield words
