"""How much the embedded engine takes of a computer, by control groups like those of a container."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from helpers.engine import resources, vm
from helpers.errors import LabError

GIB = 2**30
FILES = {
    "v2": ("0::/room/learner\n", {"room/memory.max": "max", "room/learner/memory.max": "{}"}),
    # Docker shows a container its own group as the root, and tells it a longer name.
    "v1": ("4:cpu,cpuacct:/docker/1a\n3:memory:/docker/1a\n", {"memory/memory.limit_in_bytes": "{}"}),
}
QUOTAS = {
    "v2": {"room/learner/cpu.max": "{} 100000", "cpu.max": "max 100000"},
    "v1": {"cpu/cpu.cfs_quota_us": "{}", "cpu/cpu.cfs_period_us": "100000"},
}


@pytest.fixture(autouse=True)
def _computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in (resources.MEMORY, resources.TRANSLATIONS, resources.PROCESSORS):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(resources, "_CGROUPS", tmp_path)
    monkeypatch.setattr(resources, "_OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=24 * GIB))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(8))
    (tmp_path / "own").touch()


def write(root: Path, own: str, files: dict[str, str], limit: int | str) -> None:
    (root / "own").write_text(own)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text.format(limit)}\n")


def test_without_limits_the_computer_counts() -> None:
    assert (resources.memory_mb(), resources.translations_mb(), resources.processors()) == (3072, 1024, 8)


@pytest.mark.parametrize("version", FILES)
def test_a_limit_of_memory_counts(version: str, tmp_path: Path) -> None:
    write(tmp_path, *FILES[version], limit=4 * GIB)
    assert (resources.memory_mb(), resources.translations_mb()) == (2560, 256)


@pytest.mark.parametrize("version", FILES)
def test_no_limit_is_none(version: str, tmp_path: Path) -> None:
    write(tmp_path, *FILES[version], limit="max" if version == "v2" else 9223372036854771712)
    assert resources.memory_mb() == 3072


@pytest.mark.parametrize("version", FILES)
@pytest.mark.parametrize(("quota", "whole"), [(50000, 1), (250000, 2), (9900000, 8)])
def test_a_quota_of_processor_time_counts(version: str, quota: int, whole: int, tmp_path: Path) -> None:
    write(tmp_path, FILES[version][0], QUOTAS[version], limit=quota)
    assert resources.processors() == whole
    assert vm.hardware(vm.KVM)[5] == str(min(whole, 4))
    assert vm.hardware(vm.TCG)[5] == "1"


def test_what_the_owner_says_counts_most(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, *FILES["v2"], limit=4 * GIB)
    monkeypatch.setenv(resources.MEMORY, "3500")
    assert vm.hardware(vm.TCG)[-1] == "3500"
    monkeypatch.setenv(resources.PROCESSORS, "16")
    assert resources.processors() == 16


@pytest.mark.parametrize("given", ["0", "-1", "2G", "3072.5"])
def test_what_is_no_number_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(resources.MEMORY, given)
    with pytest.raises(LabError, match="positive whole number"):
        resources.memory_mb()
