"""The next build of the embedded engine cleans up what a killed build has left behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from helpers.engine import entries


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
def test_mounts_of_a_killed_build_are_unmounted_before_files_are_deleted(tmp_path: Path) -> None:
    entry, outside = tmp_path / "trixie-0.partial", tmp_path / "outside"
    inside = entry / "root" / "dev"
    inside.mkdir(parents=True)
    outside.mkdir()
    (outside / "kept").touch()
    (entry / "file").touch()
    subprocess.run(["mount", "--bind", outside, inside], check=True)
    try:
        entries._delete(entry)
        mounted = [one.mountpoint for one in psutil.disk_partitions(all=True)]
    finally:
        subprocess.run(["umount", inside], check=False, stderr=subprocess.DEVNULL)
    assert str(inside) not in mounted
    assert not entry.exists()
    assert (outside / "kept").exists()
